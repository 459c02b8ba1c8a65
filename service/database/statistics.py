"""What the overview tells: Cases by day, need and governorate, how long people waited. Each function is one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.cases import MACHINE, OPEN_STATES, listable
from service.database.tables import case_events, case_labels, cases
from service.labels import BAGHDAD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from typing import Any

KINDS = ("need", "governorate")
"""The labels of Cases by which they are counted."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Baghdad, up to and with today. `since` is midnight before the first of them."""

    first: date
    last: date
    since: datetime

    @classmethod
    def of(cls, days: int, now: datetime) -> Period:
        """Return the last `days` days, today among them."""
        last = now.astimezone(BAGHDAD).date()
        first = last - timedelta(days=days - 1)
        return cls(first, last, datetime.combine(first, time(), BAGHDAD))

    def days(self) -> tuple[date, ...]:
        """Return the days from the first to the last."""
        return tuple(self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many Cases, by their urgency; `other` are the normal ones and those that say none."""

    critical: int = 0
    high: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.critical + self.high + self.other


@dataclass(frozen=True, slots=True)
class Standing:
    """How Cases of one state and urgency stand now: how many, and how many of them should have been answered."""

    state: str
    urgency: str
    count: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How long Cases waited for something: half of `count` at most `median`, nine in ten at most `most`.

    Both are None where nothing has come yet.
    """

    count: int = 0
    median: timedelta | None = None
    most: timedelta | None = None


def opened_by_day(connection: sa.Connection, period: Period) -> dict[date, Tally]:
    """Count the Cases opened on each day of the period in Baghdad; a day without any has none."""
    day = _day(connection).label("day")
    query = sa.select(day, cases.c.urgency_rank, sa.func.count()).where(*_opened(period))
    found = _tallies((row[0], *row[1:]) for row in connection.execute(query.group_by("day", cases.c.urgency_rank)))
    return {each: found.get(each.isoformat(), Tally()) for each in period.days()}


def opened_by_label(connection: sa.Connection, period: Period) -> dict[str, dict[str, Tally]]:
    """Count the Cases opened in the period by kind and value of their labels: need and governorate.

    A Case may have several of a kind, or none.
    """
    # An outer join, so that SQLite begins with the Cases of the period: it cannot know how few they are.
    joined = cases.outerjoin(case_labels, sa.and_(case_labels.c.case == cases.c.id, case_labels.c.kind.in_(KINDS)))
    key = (case_labels.c.kind, case_labels.c.value, cases.c.urgency_rank)
    query = sa.select(*key, sa.func.count()).select_from(joined).where(*_opened(period)).group_by(*key)
    rows = connection.execute(query).all()
    return {kind: _tallies(tuple(row[1:]) for row in rows if row.kind == kind) for kind in KINDS}


def standings(connection: sa.Connection, now: datetime) -> tuple[Standing, ...]:
    """Count all Cases by state and urgency, and the overdue ones among them."""
    late = sa.and_(cases.c.state.in_(OPEN_STATES), cases.c.due < now)
    query = (
        sa.select(cases.c.state, cases.c.urgency, sa.func.count(), sa.func.sum(sa.case((late, 1), else_=0)))
        .where(listable())
        .group_by(cases.c.state, cases.c.urgency)
        .order_by(cases.c.state, cases.c.urgency)
    )
    return tuple(Standing(*tuple(row)) for row in connection.execute(query))


def responses(connection: sa.Connection, period: Period) -> tuple[Waits, Waits]:
    """Tell how long the Cases opened in the period waited for people.

    First until somebody moved them on from "new", then until somebody called them answered or resolved; decisions
    that were taken back do not count.
    """
    before, after = (case_events.c.detail[side]["state"].as_string() for side in ("before", "after"))
    decided = sa.and_(
        case_events.c.kind == "state",
        case_events.c.actor != MACHINE,
        case_events.c.undone.is_(None),
    )
    waits = (
        sa.select(
            _seconds(connection, sa.and_(decided, before == "new")).label("looked"),
            _seconds(connection, sa.and_(decided, after.in_(("answered", "resolved")))).label("answered"),
        )
        # As in opened_by_label; the kind is no part of the join, for which SQLite would take the index of kinds.
        .select_from(cases.outerjoin(case_events, case_events.c.case == cases.c.id))
        .where(*_opened(period))
        .group_by(cases.c.id, cases.c.opened)
        .subquery()
    )
    columns = (waits.c.looked, waits.c.answered)
    ranked = sa.select(
        *columns, *(_place(column) for column in columns), *(_of(column) for column in columns)
    ).subquery()
    told = [told for name in ("looked", "answered") for told in _shares(ranked, name)]
    row = connection.execute(sa.select(*told)).one()
    return _waits(*row[:3]), _waits(*row[3:])


def _opened(period: Period) -> tuple[sa.ColumnElement[bool], ...]:
    return (cases.c.opened >= period.since, listable())


def _tallies(rows: Iterable[tuple[str, int, int]]) -> dict[str, Tally]:
    """Return the tally of each value, from rows of value, `urgency_rank` and count."""
    found: dict[str, list[int]] = {}
    for value, rank, count in rows:
        found.setdefault(value, [0, 0, 0])[min(rank, 2)] += count
    return {value: Tally(*counts) for value, counts in found.items()}


def _day(connection: sa.Connection) -> sa.ColumnElement[str]:
    """Return the day in Baghdad on which a Case was opened, as YYYY-MM-DD. Iraq has changed no clock since 2008."""
    if connection.dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone(BAGHDAD.key, cases.c.opened), "YYYY-MM-DD")
    return sa.func.date(cases.c.opened, "+3 hours")


def _seconds(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[float]:
    """Return how long after a Case was opened the first of its events came that is wanted."""
    first = sa.func.min(sa.case((wanted, case_events.c.at)))
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", first - cases.c.opened), sa.Float)
    return (sa.func.julianday(first) - sa.func.julianday(cases.c.opened)) * 86400.0


def _place(waits: sa.ColumnElement[float]) -> sa.Label[int]:
    """Return the place of a wait among all, the shortest first; those that still go on are counted apart."""
    return sa.func.row_number().over(partition_by=waits.is_(None), order_by=waits).label(f"{waits.key}_place")


def _of(waits: sa.ColumnElement[float]) -> sa.Label[int]:
    return sa.func.count(waits).over().label(f"{waits.key}_of")


def _shares(ranked: sa.Subquery, name: str) -> tuple[sa.ColumnElement[Any], ...]:
    """Return how many waits ended, and their median and 90th percentile: by the nearest rank, a wait that was."""
    waits, place, of = ranked.c[name], ranked.c[f"{name}_place"], ranked.c[f"{name}_of"]
    reached = (sa.and_(waits.is_not(None), place * 10 >= of * tenths) for tenths in (5, 9))
    return sa.func.max(of), *(sa.func.min(sa.case((which, waits))) for which in reached)


def _waits(count: int | None, median: float | None, most: float | None) -> Waits:
    shown = (None if value is None else timedelta(seconds=round(value)) for value in (median, most))
    return Waits(count or 0, *shown)
