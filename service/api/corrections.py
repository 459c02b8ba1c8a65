"""Corrections: what is right of an item, where the model is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import Field

from nlp.analysis import Stance, Urgency
from service import correcting
from service.api.answers import UNFIT, fails
from service.api.deciding import decided
from service.api.problems import PREFIX, Problem
from service.api.shapes import DocumentId, Given, Number, Prose, Told, Word
from service.database import corrections, documents
from service.desk.access import allow, viewer_of
from service.masking import mask_analysis, private_names
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.database.corrections import Correction as Held
    from service.desk.parts import Desk


class FacilityWords(Given):
    """The words that name a facility, where they stand in the analysed text, and its type."""

    text: Prose
    start: Annotated[int, Field(ge=0, lt=2**31)]
    end: Annotated[int, Field(ge=0, lt=2**31)]
    type: Word


class RightStance(Given):
    """What the text does."""

    field: Literal["stance"]
    value: Stance


class RightUrgency(Given):
    """How urgent the appeals of the text are."""

    field: Literal["urgency"]
    value: Urgency


class RightGovernorate(Given):
    """ISO 3166-2 codes of where the event or the need is; none for a national or foreign item."""

    field: Literal["governorate"]
    value: Annotated[list[Word], Field(max_length=64)]


class RightNeed(Given):
    """What is needed."""

    field: Literal["need"]
    value: Annotated[list[Word], Field(min_length=1, max_length=64)]


class RightFacility(Given):
    """All public facilities that the text names."""

    field: Literal["facility"]
    value: Annotated[list[FacilityWords], Field(max_length=200)]


Right = Annotated[
    RightStance | RightUrgency | RightGovernorate | RightNeed | RightFacility, Body(discriminator="field")
]


class Correction(Told):
    """One field of an item as a person says it is right; `before` is what the model had said."""

    id: int
    document: str
    version: int = Field(description="Of the text that was read.")
    field: Literal["stance", "urgency", "governorate", "need", "facility"]
    value: Any
    before: Any
    actor: str
    at: datetime
    withdrawn: datetime | None
    withdrawn_by: str


class Corrections(Told):
    """All corrections of an item, the newest first; those that were taken back bear when."""

    corrections: list[Correction]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations on corrections."""

    @router.get("/items/{item}/corrections", tags=["corrections"], responses=fails(404))
    @allow(Role.READER)
    def list_corrections(request: Request, item: Annotated[DocumentId, Path()]) -> Corrections:
        """Tell what people corrected of an item."""
        with desk.database.read() as connection:
            names = _private(connection, item)
            held = corrections.history(connection, item)
        edits = viewer_of(request).edits
        return Corrections(corrections=[_told(one, None if edits else names) for one in held])

    @router.post("/items/{item}/corrections", tags=["corrections"], status_code=201, responses=fails(404, 409) | UNFIT)
    @allow(Role.EDITOR)
    def correct(request: Request, response: Response, item: Annotated[DocumentId, Path()], right: Right) -> Correction:
        """Say what is right of one field; it holds for every later analysis, until it is taken back."""
        value = right.model_dump()["value"]
        with desk.database.write() as connection, decided():
            actor, now = viewer_of(request).name, desk.clock()
            number = correcting.correct(connection, item, right.field, value, actor=actor, now=now, dues=desk.dues)
            made = corrections.find(connection, number)
        if made is None:
            raise Problem(404, "There is no such correction.")
        response.headers["Location"] = f"{desk.pages.links.base}{PREFIX}/items/{item}/corrections"
        return _told(made, None)

    @router.delete("/corrections/{correction}", tags=["corrections"], status_code=204, responses=fails(404))
    @allow(Role.EDITOR)
    def withdraw(request: Request, correction: Annotated[Number, Path()]) -> None:
        """Take a correction back: what was said before of the field holds again."""
        with desk.database.write() as connection, decided():
            actor, now = viewer_of(request).name, desk.clock()
            correcting.withdraw(connection, correction, actor=actor, now=now, dues=desk.dues)


def _private(connection: sa.Connection, item: str) -> list[str]:
    """Return the private names of an item. Raises Problem 404 where there is none."""
    for record in documents.records(connection, [item]):
        return private_names(record.analysis)
    raise Problem(404, "There is no such item.")


def _told(held: Held, names: list[str] | None) -> Correction:
    told = Correction.model_validate(held)
    if names is None:
        return told
    return told.model_copy(update=mask_analysis({"value": held.value, "before": held.before}, names))
