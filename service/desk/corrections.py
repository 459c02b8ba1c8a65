"""Correcting an item's labels where they are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from service.correcting import correct, withdraw
from service.database import corrections, documents
from service.desk.access import allow, viewer_of, way_back
from service.desk.address import Address
from service.desk.labelling import Form as Drawn
from service.desk.labelling import Values, governorates_in_order
from service.desk.opening import opened
from service.desk.parts import by_script
from service.errors import DecisionRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from service.database.documents import Record
    from service.desk.parts import Desk


class _Filled(BaseModel):
    """The form as it comes: of each facility that it was drawn with the type, or "" for one that is none."""

    seen: str = ""
    stance: str = ""
    urgency: str = ""
    need: tuple[str, ...] = ()
    governorate: tuple[str, ...] = ()
    facility: tuple[str, ...] = ()
    added: str = ""
    added_type: str = ""
    here: str = "/"

    def drawn(self) -> Values:
        """Return what it was drawn with. Raises DecisionRefused."""
        return Values.read(self.seen)

    def given(self) -> Values:
        """Return what stands in it. Raises DecisionRefused."""
        named = zip(self.drawn().facilities, self.facility, strict=False)
        facilities = tuple((name, kind) for (name, _), kind in named)
        return Values(self.stance, self.urgency, self.need, self.governorate, facilities)

    def wanted(self, record: Record) -> list[tuple[str, object]]:
        """Return (field, value) of each correction that it asks for. Raises DecisionRefused."""
        drawn = self.drawn()
        wanted = drawn.changed(self.given())
        added = [(self.added, self.added_type)]
        named = drawn.facilities_changed(self.facility, added, record.analysis, record.text)
        return wanted if named is None else [*wanted, ("facility", named)]


def routes(desk: Desk) -> APIRouter:
    """Return the routes that correct an item and take corrections back."""
    router = APIRouter()

    @router.post("/items/{item}/corrections")
    @allow(Role.EDITOR)
    def save(request: Request, item: str, filled: Annotated[_Filled, Form()]) -> Response:
        try:
            with desk.database.write() as connection:
                record = _record(connection, item)
                made = _corrected(desk, request, connection, item, filled.wanted(record))
        except DecisionRefused as refused:
            form = _again(desk, request, item, filled, filled.here)
            return _answer(desk, request, item, filled.here, form=form, refused=refused.key)
        return _answer(desk, request, item, filled.here, made=made)

    @router.post("/items/{item}/corrections/withdrawals")
    @allow(Role.EDITOR)
    def take_back(
        request: Request,
        item: str,
        correction: Annotated[tuple[int, ...], Form()] = (),
        here: Annotated[str, Form()] = "/",
    ) -> Response:
        with desk.database.write() as connection:
            _record(connection, item)
            held = {one.id: one.field for one in corrections.history(connection, item)}
            fields = [held[number] for number in sorted(correction, reverse=True) if number in held]
            for number in sorted(held.keys() & set(correction), reverse=True):
                withdraw(connection, number, actor=viewer_of(request).name, now=desk.clock(), dues=desk.dues)
        return _answer(desk, request, item, here, taken_back=fields)

    return router


def _record(connection: sa.Connection, item: str) -> Record:
    for record in documents.records(connection, [item]):
        return record
    raise HTTPException(404, "not_found")


def _corrected(
    desk: Desk, request: Request, connection: sa.Connection, item: str, wanted: Sequence[tuple[str, object]]
) -> list[tuple[int, str]]:
    """Put corrections in force and return (number, field) of each. Raises DecisionRefused where none was needed."""
    made: list[tuple[int, str]] = []
    for field, value in wanted:
        try:
            actor = viewer_of(request).name
            number = correct(connection, item, field, value, actor=actor, now=desk.clock(), dues=desk.dues)
        except DecisionRefused as refused:
            if refused.key != "unchanged":  # somebody corrected it so meanwhile
                raise
        else:
            made.append((number, field))
    if not made:
        raise DecisionRefused("unchanged", "nothing was changed")
    return made


def _again(desk: Desk, request: Request, item: str, filled: _Filled, here: str) -> Drawn | None:
    """Return the form as it was filled in, or None where it cannot be read."""
    try:
        given = filled.given()
    except DecisionRefused:
        return None
    with desk.database.read() as connection:
        analysis = _record(connection, item).analysis
    return Drawn(
        values=given,
        seen=filled.seen,
        governorates=governorates_in_order(analysis, desk.words(request)),
        csrf=viewer_of(request).csrf,
        here=here,
        added=(filled.added, filled.added_type),
    )


def _answer(
    desk: Desk,
    request: Request,
    item: str,
    here: str,
    *,
    made: Sequence[tuple[int, str]] = (),
    taken_back: Sequence[str] = (),
    form: Drawn | None = None,
    refused: str = "",
) -> Response:
    """Show the item as it is now: its pane to a script, the page that was left to a browser without one."""
    desk.counter.forget()
    here = way_back(here)
    if not refused and not by_script(request):
        return desk.go(request, here)
    address = Address.read(QueryParams(urlsplit(here).query))
    reading = opened(desk, request, item, searched=address.asks(), here=here, form=form, refused=refused)
    if reading is None:
        raise HTTPException(404, "not_found")
    if reading.labelling is not None and reading.labelling.form is not None and not refused:
        drawn = replace(reading.labelling.form, focused=True)
        reading = replace(reading, labelling=replace(reading.labelling, form=drawn))
    values = {"reading": reading, "address": address, "made": made, "taken_back": taken_back}
    template = "corrected.html" if by_script(request) else "item.html"
    return desk.draw(request, template, status=422 if refused else 200, here=here, **values)
