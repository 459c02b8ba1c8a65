"""Triage: decisions on cases, each on what who decides has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import Field

from service import triage
from service.api.answers import UNFIT, fails, tagged
from service.api.cases import LAST_EVENTS, CaseHistory, CasePath, events, history
from service.api.deciding import decided
from service.api.problems import PREFIX, Problem
from service.api.shapes import CaseId, CaseState, DocumentId, Given, Moment, Number, Prose, Text, Told
from service.api.tags import IfMatch, Seen, value_of
from service.database import case_reading
from service.desk.access import allow, viewer_of
from service.errors import Conflict
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.database.cases import Dues
    from service.desk.parts import Desk
    from service.triage import Decision

Name = Annotated[Text, Field(max_length=200)]


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, when, on which revision of the case, and how soon cases are due."""

    actor: str
    now: datetime
    revision: int
    dues: Dues

    @property
    def seen(self) -> dict[str, Any]:
        """Return what every decision on a revision takes."""
        return {"actor": self.actor, "now": self.now, "revision": self.revision}


class NewState(Given):
    """Give the case another state; where it is `referred`, say to whom."""

    kind: Literal["state"]
    state: CaseState
    referred_to: Name = ""
    reason: Prose = ""

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.set_state(
            connection,
            case,
            self.state,
            dues=by.dues,
            referred_to=self.referred_to,
            reason=self.reason,
            **by.seen,
        )


class Assignment(Given):
    """Give the case to a user; "" takes it away from who has it."""

    kind: Literal["assign"]
    assignee: Name

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.assign(connection, case, self.assignee, **by.seen)


class DueTime(Given):
    """Say until when the case must be answered; null goes back to what its urgency says."""

    kind: Literal["due"]
    due: Moment | None

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.set_due(connection, case, self.due, dues=by.dues, **by.seen)


class Note(Given):
    """Write a note into the history; it conflicts with nothing, so that If-Match may be left out."""

    kind: Literal["note"]
    text: Annotated[Prose, Field(min_length=1)]

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.add_note(connection, case, self.text, actor=by.actor, now=by.now)


class Merger(Given):
    """Let another case take over all that tells this one."""

    kind: Literal["merge"]
    into: CaseId
    reason: Prose = ""

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.merge(connection, case, self.into, dues=by.dues, reason=self.reason, **by.seen)


class Splitting(Given):
    """Make a case of its own of some items of this one."""

    kind: Literal["split"]
    documents: Annotated[list[DocumentId], Field(min_length=1, max_length=1000)]
    reason: Prose = ""

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.split(connection, case, self.documents, dues=by.dues, reason=self.reason, **by.seen)


class Acceptance(Given):
    """Give the case the state that the machine proposes."""

    kind: Literal["accept"]

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.accept(connection, case, dues=by.dues, **by.seen)


class Dismissal(Given):
    """Leave the case as it is in spite of what the machine proposes."""

    kind: Literal["dismiss"]

    def take(self, connection: sa.Connection, case: str, by: By) -> Decision:
        """Decide so."""
        return triage.dismiss(connection, case, **by.seen)


Decided = NewState | Assignment | DueTime | Note | Merger | Splitting | Acceptance | Dismissal


class DecisionTaken(Told):
    """The event that the decision made, by which it is taken back, and the case on which it is seen, as it is now.

    That is the case itself, but for a merger the one that took it over, and for a split the new one.
    """

    event: int
    case: CaseHistory


_REFUSALS = fails(404, 409, 412, 428) | UNFIT


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations that decide on cases."""

    @router.post(
        "/cases/{case}/decisions", tags=["triage"], response_model=DecisionTaken, responses=tagged() | _REFUSALS
    )
    @allow(Role.EDITOR)
    def decide(
        request: Request,
        case: CasePath,
        decision: Annotated[Decided, Body(discriminator="kind")],
        if_match: IfMatch = None,
    ) -> Response:
        """Decide on a case as it was seen: If-Match bears its ETag, or its revision in quotes.

        Where somebody decided meanwhile, nothing is written: the problem tells the present `revision` and the last
        `events`.
        """
        with desk.database.write() as connection, decided():
            revision = _revision(connection, case, if_match, needed=not isinstance(decision, Note))
            by = By(viewer_of(request).name, desk.clock(), revision, desk.dues)
            try:
                taken = decision.take(connection, case, by)
            except Conflict as error:
                raise _conflict(connection, case, error.held) from error
            return _answer(desk, connection, request, taken)

    @router.post(
        "/cases/{case}/events/{event}/undo",
        tags=["triage"],
        response_model=DecisionTaken,
        responses=tagged() | fails(400, 404, 409, 412),
    )
    @allow(Role.EDITOR)
    def take_back(
        request: Request, case: CasePath, event: Annotated[Number, Path()], if_match: IfMatch = None
    ) -> Response:
        """Take a decision back, unless a later one stands on it; with If-Match only where the case is as seen."""
        with desk.database.write() as connection, decided():
            revision = _revision(connection, case, if_match, needed=False)
            held = case_reading.find(connection, case)
            if held is not None and if_match is not None and held.revision != revision:
                raise _conflict(connection, case, held.revision)
            if event not in {told.id for told in case_reading.events(connection, case)}:
                raise Problem(404, "There is no such event of this case.")
            actor, now = viewer_of(request).name, desk.clock()
            taken = triage.undo(connection, event, actor=actor, now=now, dues=desk.dues)
            return _answer(desk, connection, request, taken)


def _revision(connection: sa.Connection, case: str, if_match: str | None, *, needed: bool) -> int:
    """Return the revision that was seen: the present one where it is among those named, or where none need be.

    Raises Problem 404, 428 where If-Match is needed and missing, 400 where it names nothing.
    """
    held = case_reading.find(connection, case)
    if held is None:
        raise Problem(404, "There is no such case.")
    if if_match is None:
        if needed:
            raise Problem(428, "Send the ETag of the case as it was seen by If-Match.")
        return held.revision
    if '"' not in if_match and if_match.strip() != "*":
        raise Problem(400, "If-Match bears an ETag in quotes, or *.")
    seen = Seen.read(if_match)
    named = seen.revisions()
    return held.revision if seen.anything or held.revision in named else max(named, default=0)


def _conflict(connection: sa.Connection, case: str, held: int) -> Problem:
    last = [event.model_dump(mode="json") for event in events(connection, case, None)[:LAST_EVENTS]]
    return Problem(
        412, "Somebody decided on the case meanwhile: nothing was written.", kind="conflict", revision=held, events=last
    )


def _answer(desk: Desk, connection: sa.Connection, request: Request, taken: Decision) -> Response:
    told = history(desk, connection, request, taken.case)
    value = value_of(told.model_dump_json().encode(), told.revision)
    return Response(
        DecisionTaken(event=taken.event, case=told).model_dump_json(),
        media_type="application/json",
        headers={
            "ETag": f'"{value}"',
            "Content-Location": f"{desk.pages.links.base}{PREFIX}/cases/{taken.case}",
        },
    )
