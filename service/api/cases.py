"""Cases: one need of one group of people, with its state and its history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as InQuery
from pydantic import Field

from nlp.analysis import Urgency
from service.api.answers import fails, paged, tagged
from service.api.items import Counted, next_link
from service.api.problems import PREFIX, Problem
from service.api.shapes import CaseId, CaseState, Given, Sentence, Text, Told, Words
from service.api.tags import IfNoneMatch
from service.api.tags import tagged as answer
from service.database import case_reading
from service.database.case_query import CaseQuery, CaseSort
from service.database.cases import OPEN_STATES
from service.desk.access import allow, viewer_of
from service.errors import BadCursor
from service.masking import mask_text
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Collection

    import sqlalchemy as sa

    from service.database.case_reading import CaseRow
    from service.desk.parts import Desk

MOST = 100
"""Cases of the largest page."""

LAST_EVENTS = 10
"""Events that are told to who meets a conflict."""


def _waiting() -> list[CaseState]:
    return cast("list[CaseState]", list(OPEN_STATES))


class CasesQuery(Given):
    """Which cases. Several values of one name are joined by OR, several names by AND."""

    q: Sentence = Field("", description="Words that stand in title, summary or facility.")
    state: list[CaseState] = Field(
        default_factory=_waiting, description="Those in which a case waits for somebody, if not given."
    )
    governorate: Words = Field(default_factory=list, description="ISO 3166-2 codes.")
    need: Words = Field(default_factory=list)
    urgency: list[Urgency] = Field(default_factory=list)
    outlet: Words = Field(default_factory=list)
    assignee: list[Annotated[Text, Field(max_length=200)]] = Field(
        default_factory=list, description='Names of users; "" for nobody.', max_length=64
    )
    due: Literal["overdue", "today"] | None = None
    sort: CaseSort = CaseSort.DUE
    size: int = Field(20, ge=1, le=MOST)
    after: Annotated[Text, Field(max_length=500)] = ""
    facets: bool = Field(False, description="Whether to count what each other choice would give.")

    def query(self) -> CaseQuery:
        """Return what the database is asked."""
        return CaseQuery(
            states=tuple(self.state),
            governorates=tuple(self.governorate),
            needs=tuple(self.need),
            urgencies=tuple(self.urgency),
            outlets=tuple(self.outlet),
            assignees=tuple(self.assignee),
            due=self.due or "",
            text=self.q,
            sort=self.sort,
            after=self.after,
            size=self.size,
        )


class Case(Told):
    """A case: what people decided on it, and what its items say together."""

    id: str
    state: CaseState
    opened: datetime
    revision: int = Field(description="Grows with every decision.")
    assignee: str = Field(description='Name of a user, or "".')
    referred_to: str
    due: datetime | None
    due_by: str = Field(description='Who set the due time; "" where the urgency did.')
    overdue: bool
    merged_into: str | None
    proposal: dict[str, Any] | None = Field(description="What the machine proposes: a state, and why.")
    title: str
    summary: str
    facility: str
    urgency: str
    documents: int
    first_seen: datetime | None
    last_seen: datetime | None
    governorates: list[str]
    needs: list[str]
    facility_types: list[str]
    outlets: list[str]


class Event(Told):
    """Something that happened to a case; the actor is "rasid" where no person acted."""

    id: int
    at: datetime
    actor: str
    kind: str
    document: str | None
    reason: str
    detail: dict[str, Any] | None
    undone: datetime | None


class CaseItem(Told):
    """An item that tells the case; `/items/{id}` has all of it."""

    id: str
    title: str
    outlet: str
    outlet_name: str
    published: datetime | None
    fetched: datetime
    stance: str
    group: str


class CaseHistory(Case):
    """A case with its events, the newest first, and its items, in the order in which they came."""

    events: list[Event]
    items: list[CaseItem]


class CasePage(Told):
    """One page of cases; `next` is the `after` of the next one, null on the last."""

    cases: list[Case]
    total: int
    next: str | None
    facets: dict[str, list[Counted]]


CasePath = Annotated[CaseId, Path()]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations that read cases."""

    @router.get("/cases", tags=["cases"], responses=paged() | fails(400))
    @allow(Role.READER)
    def list_cases(request: Request, response: Response, asked: Annotated[CasesQuery, InQuery()]) -> CasePage:
        """List the cases, overdue ones first unless another order is asked for, a page at a time."""
        now = desk.clock()
        with desk.database.read() as connection:
            try:
                page = case_reading.listed(connection, asked.query(), now, counted=asked.facets)
            except BadCursor as error:
                raise Problem(400, "No page of this list gave this cursor: ask again without `after`.") from error
            hidden = _hidden(connection, request, [row.id for row in page.rows])
        if page.next:
            response.headers["Link"] = next_link(desk.pages.links.base, f"{PREFIX}/cases", request, page.next)
        return CasePage(
            cases=[Case(**_fields(row, now, hidden and hidden[row.id])) for row in page.rows],
            total=page.total,
            next=page.next or None,
            facets={
                facet: [Counted(value=value, count=count) for value, count in counts]
                for facet, counts in page.facets.items()
            },
        )

    @router.get(
        "/cases/{case}",
        tags=["cases"],
        response_model=CaseHistory,
        responses=tagged() | {304: {"description": "It is as it was."}} | fails(404),
    )
    @allow(Role.READER)
    def read_case(request: Request, case: CasePath, if_none_match: IfNoneMatch = None) -> Response:
        """Read a case with its events and items. Below the role editor, private numbers and names are masked.

        The ETag begins with the revision that decisions give back by If-Match, and changes with whatever is told.
        """
        with desk.database.read() as connection:
            return case_answer(desk, connection, request, case, held=if_none_match)


def case_answer(
    desk: Desk, connection: sa.Connection, request: Request, case: str, *, held: str | None = None
) -> Response:
    """Return the answer that tells a case, with its ETag. Raises Problem 404."""
    told = history(desk, connection, request, case)
    return answer(told, revision=told.revision, held=held)


def history(desk: Desk, connection: sa.Connection, request: Request, case: str) -> CaseHistory:
    """Return a case as who asks may read it. Raises Problem 404."""
    row = case_reading.find(connection, case)
    if row is None:
        raise Problem(404, "There is no such case.")
    hidden = _hidden(connection, request, [case])
    names = hidden and hidden[case]
    return CaseHistory(
        **_fields(row, desk.clock(), names),
        events=events(connection, case, names),
        items=[
            CaseItem(
                id=told.id,
                title=_masked(told.title, names),
                outlet=told.outlet,
                outlet_name=desk.outlets.get(told.outlet, told.outlet),
                published=told.published,
                fetched=told.fetched,
                stance=told.stance,
                group=told.group,
            )
            for told in case_reading.told(connection, case)
        ],
    )


def events(connection: sa.Connection, case: str, names: Collection[str] | None) -> list[Event]:
    """Return the events of a case, the newest first; what they say is masked unless `names` is None."""
    return [
        Event(
            id=event.id,
            at=event.at,
            actor=event.actor,
            kind=event.kind,
            document=event.document,
            reason=_masked(event.reason, names),
            detail=_covered(event.detail, names),
            undone=event.undone,
        )
        for event in case_reading.events(connection, case)
    ]


def _hidden(connection: sa.Connection, request: Request, ids: list[str]) -> dict[str, Collection[str]] | None:
    """Return the private names of each case that are to be masked, or None for who may read them."""
    if viewer_of(request).edits:
        return None
    found = case_reading.private(connection, ids)
    return {id_: found.get(id_, ()) for id_ in ids}


def _fields(row: CaseRow, now: datetime, names: Collection[str] | None) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in Case.model_fields if name != "overdue"}
    told |= {name: _masked(told[name], names) for name in ("title", "summary", "facility", "referred_to")}
    return told | {"proposal": _covered(row.proposal, names), "overdue": row.late(now)}


def _masked(text: str, names: Collection[str] | None) -> str:
    return text if names is None else mask_text(text, names)


def _covered(value: Any, names: Collection[str] | None, key: str = "") -> Any:
    """Return a JSON value whose words, told from ids and codes by their keys, are masked unless `names` is None."""
    if isinstance(value, dict):
        return {inner: _covered(held, names, inner) for inner, held in value.items()}
    return _masked(value, names) if isinstance(value, str) and key in _WORDS else value


_WORDS = frozenset({"reason", "referred_to"})
