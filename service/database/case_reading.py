"""Reading Cases: the list that an editor works through, and all that is known of one of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.case_counting import Counts, Facet, facets
from service.database.case_query import (
    CaseQuery,
    CaseSort,
    conditions,
    cursor_of,
    ordered,
)
from service.database.cases import OPEN_STATES, STATES, listable
from service.database.tables import analyses, articles, case_events, case_labels, cases, documents
from service.masking import private_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

__all__ = [
    "STATES",
    "CaseEvent",
    "CasePage",
    "CaseQuery",
    "CaseRow",
    "CaseSort",
    "Counts",
    "Facet",
    "Told",
    "event",
    "events",
    "facets",
    "find",
    "listed",
    "named",
    "private",
    "referrals",
    "similar",
    "titles",
    "told",
]

SIMILAR = 20
"""Most Cases that are offered to be merged with another."""

_LATELY = 3_000
"""Cases, the newest, among which those are sought to whom Cases were referred before."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A Case: what people decided on it, and what its Documents say together (see `tables.cases`)."""

    id: str
    state: str
    opened: datetime
    revision: int
    assignee: str
    referred_to: str
    due: datetime | None
    due_by: str
    merged_into: str | None
    proposal: Mapping[str, Any] | None
    title: str
    summary: str
    facility: str
    urgency: str
    urgency_rank: int
    documents: int
    first_seen: datetime | None
    last_seen: datetime | None
    governorates: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    facility_types: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody must still do something."""
        return self.state in OPEN_STATES and self.merged_into is None

    def late(self, now: datetime) -> bool:
        """Tell whether somebody should have answered by now."""
        return self.waits and self.due is not None and self.due < now


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of the list; `facets` count what each value would give, `next` is "" on the last page."""

    rows: tuple[CaseRow, ...]
    total: int
    facets: Mapping[Facet, Counts]
    next: str


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a Case (see `tables.case_events`)."""

    id: int
    case: str
    at: datetime
    actor: str
    kind: str
    document: str | None
    reason: str
    detail: Mapping[str, Any] | None
    undone: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A Document that tells a Case."""

    id: str
    title: str
    outlet: str
    published: datetime | None
    fetched: datetime
    stance: str
    group: str
    opening: str
    analysis: Mapping[str, Any]


def find(connection: sa.Connection, id: str) -> CaseRow | None:  # noqa: A002 - the column's name
    """Return a Case, one that was merged into another or that nothing tells any more too, or None."""
    if not id.isprintable():  # PostgreSQL refuses to look for some of what a URL can hold
        return None
    found = _with_labels(connection, connection.execute(_ROW.where(cases.c.id == id)).all())
    return found[0] if found else None


def listed(connection: sa.Connection, query: CaseQuery, now: datetime, *, counted: bool = True) -> CasePage:
    """Return a page of the list; without `counted` it has no facets. Raises BadCursor."""
    kept = sa.and_(*conditions(query, now))
    # The ids first: an index holds all that decides on them, and only the rows of this page are read.
    ids = connection.scalars(ordered(sa.select(cases.c.id).where(kept), query).limit(query.size + 1)).all()
    rows = {row.id: row for row in connection.execute(_ROW.where(cases.c.id.in_(ids[: query.size])))}
    found = _with_labels(connection, [rows[id_] for id_ in ids[: query.size]])
    return CasePage(
        rows=found,
        total=connection.scalar(sa.select(sa.func.count()).select_from(cases).where(kept)) or 0,
        facets=facets(connection, query, now) if counted else {},
        next=cursor_of(query.sort, found[-1]) if 0 < query.size < len(ids) else "",
    )


def events(connection: sa.Connection, id: str) -> list[CaseEvent]:  # noqa: A002 - the column's name
    """Return the history of a Case, the newest first."""
    rows = connection.execute(
        sa.select(case_events)
        .where(case_events.c.case == id)
        .order_by(case_events.c.at.desc(), case_events.c.id.desc())
    )
    return [CaseEvent(**row) for row in rows.mappings()]


def event(connection: sa.Connection, id: int) -> CaseEvent | None:  # noqa: A002 - the column's name
    """Return one event, or None."""
    row = connection.execute(sa.select(*_EVENT).where(case_events.c.id == id)).mappings().first()
    return None if row is None else CaseEvent(**row)


def told(connection: sa.Connection, id: str) -> list[Told]:  # noqa: A002 - the column's name
    """Return the Documents that tell a Case, in the order in which they came."""
    rows = connection.execute(
        sa.select(
            documents.c.id,
            articles.c.title,
            articles.c.outlet,
            articles.c.published,
            articles.c.fetched,
            documents.c.stance,
            documents.c.group,
            sa.func.substr(articles.c.body, 1, 140).label("opening"),
            analyses.c.analysis,
        )
        .join(articles, sa.and_(articles.c.document == documents.c.id, articles.c.version == documents.c.version))
        .join(analyses, sa.and_(analyses.c.document == documents.c.id, analyses.c.version == documents.c.version))
        .where(documents.c.case == id)
        .order_by(articles.c.fetched, documents.c.id)
    )
    return [Told(*tuple(row)) for row in rows]


def titles(connection: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the titles of Documents by id, of those that are known."""
    rows = connection.execute(
        sa.select(documents.c.id, articles.c.title)
        .join(articles, sa.and_(articles.c.document == documents.c.id, articles.c.version == documents.c.version))
        .where(documents.c.id.in_(tuple(ids)))
    )
    return {row.id: row.title for row in rows}


def similar(connection: sa.Connection, id: str) -> list[CaseRow]:  # noqa: A002 - the column's name
    """Return open Cases that share a governorate and a need with this one, the newest first."""
    held = connection.execute(
        sa.select(case_labels.c.kind, case_labels.c.value).where(
            case_labels.c.case == id, case_labels.c.kind.in_(("governorate", "need"))
        )
    ).all()
    governorates = [row.value for row in held if row.kind == "governorate"]
    needs = [row.value for row in held if row.kind == "need"]
    where, what = case_labels.alias(), case_labels.alias()
    shared = (
        sa.select(where.c.case)
        .join(what, what.c.case == where.c.case)
        .where(where.c.kind == "governorate", where.c.value.in_(governorates))
        .where(what.c.kind == "need", what.c.value.in_(needs))
    )
    rows = connection.execute(
        _ROW.where(cases.c.id.in_(shared), cases.c.id != id, listable(), cases.c.state.in_(OPEN_STATES))
        .order_by(cases.c.last_seen.desc(), cases.c.id)
        .limit(SIMILAR)
    ).all()
    return list(_with_labels(connection, rows))


def referrals(connection: sa.Connection) -> list[str]:
    """Return to whom Cases were referred lately, in alphabetical order."""
    lately = sa.select(cases.c.referred_to).order_by(cases.c.opened.desc()).limit(_LATELY).subquery()
    found = connection.scalars(sa.select(lately.c.referred_to).where(lately.c.referred_to != "").distinct())
    return sorted(found)


def private(connection: sa.Connection, ids: Sequence[str]) -> dict[str, set[str]]:
    """Return the names of private persons in the Documents of each of these Cases."""
    rows = connection.execute(
        sa.select(documents.c.case, analyses.c.analysis)
        .join(analyses, sa.and_(analyses.c.document == documents.c.id, analyses.c.version == documents.c.version))
        .where(documents.c.case.in_(ids))
    )
    found: dict[str, set[str]] = {}
    for case, analysis in rows:
        found.setdefault(case, set()).update(private_names(analysis))
    return found


def named(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Return the names of private persons in these Documents."""
    rows = connection.scalars(
        sa.select(analyses.c.analysis)
        .join(documents, sa.and_(documents.c.id == analyses.c.document, documents.c.version == analyses.c.version))
        .where(documents.c.id.in_(tuple(ids)))
    )
    return {name for analysis in rows for name in private_names(analysis)}


_EVENT = tuple(case_events.c[field.name] for field in fields(CaseEvent))
_LABELS = frozenset({"governorates", "needs", "facility_types", "outlets"})
_ROW = sa.select(*(cases.c[field.name] for field in fields(CaseRow) if field.name not in _LABELS))


def _with_labels(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> tuple[CaseRow, ...]:
    held: dict[tuple[str, str], list[str]] = {}
    if rows:
        wanted = case_labels.c.case.in_([row.id for row in rows])
        for case, kind, value in connection.execute(
            sa.select(case_labels.c.case, case_labels.c.kind, case_labels.c.value)
            .where(wanted)
            .order_by(case_labels.c.value)
        ):
            held.setdefault((case, kind), []).append(value)
    return tuple(
        CaseRow(
            **row._mapping,  # noqa: SLF001 - SQLAlchemy's public name for it
            governorates=tuple(held.get((row.id, "governorate"), ())),
            needs=tuple(held.get((row.id, "need"), ())),
            facility_types=tuple(held.get((row.id, "facility_type"), ())),
            outlets=tuple(held.get((row.id, "outlet"), ())),
        )
        for row in rows
    )
