"""What comes in: how much each outlet and each of its sources gave, what was rejected, and who has fallen silent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.tables import articles, rejections, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
USUAL = timedelta(days=30)
"""Over which it is found out how much an outlet usually gives."""

PATIENCE = timedelta(hours=24)
"""How long any outlet may give nothing: a small one has no news at night, and on holidays."""

GAPS = 4
"""How many times its usual gap an outlet may give nothing; of a thing that comes by chance, one gap in 55 is longer."""


@dataclass(frozen=True, slots=True)
class SourceIntake:
    """What one Source gave.

    Attributes:
        id: of the Source; one that no longer is in the registry is told of as long as the database knows it.
        day, week: Articles of the last 24 hours and 7 days; a changed text of a known Article is not counted.
        usual: Articles of the last 30 days.
        first, last: when the first and the last Article came.
        rejected: addresses of the last 7 days by the reason why they gave none.
        finished: when its last crawl ended.
        failures: crawls in a row whose list could not be read.
        report: counts of the last crawl (`crawls.record`).

    """

    id: str
    day: int = 0
    week: int = 0
    usual: int = 0
    first: datetime | None = None
    last: datetime | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    finished: datetime | None = None
    failures: int = 0
    report: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OutletIntake:
    """What an Outlet gave by all its Sources; `id` is "" for Sources that never said whose they are."""

    id: str
    sources: tuple[SourceIntake, ...] = ()

    @property
    def day(self) -> int:
        """Articles of the last 24 hours."""
        return sum(source.day for source in self.sources)

    @property
    def week(self) -> int:
        """Articles of the last 7 days."""
        return sum(source.week for source in self.sources)

    @property
    def last(self) -> datetime | None:
        """When the last Article came."""
        return max((source.last for source in self.sources if source.last), default=None)

    def gap(self, now: datetime) -> timedelta | None:
        """Return the time that usually passes between two Articles; None where none came in the last 30 days.

        Only the time until the last one counts: what came after is the silence that is compared with it.
        """
        count = sum(source.usual for source in self.sources)
        known = min((source.first for source in self.sources if source.first), default=now)
        return max((self.last or now) - max(known, now - USUAL), DAY) / count if count else None

    def usual_a_day(self, now: datetime) -> str:
        """Return how many Articles usually come in a day, with a digit after the point where that is few."""
        gap = self.gap(now)
        many = DAY / gap if gap else 0.0
        return f"{many:.0f}" if many >= 3 else f"{many:.1f}"

    def silent(self, now: datetime) -> bool:
        """Return whether nothing came for longer than this outlet usually takes; not for one that never gave any."""
        gap = self.gap(now)
        return self.last is not None and (gap is None or now - self.last > max(PATIENCE, GAPS * gap))

    @property
    def failing(self) -> bool:
        """Whether a list of it cannot be read."""
        return any(source.failures for source in self.sources)


def intake(connection: sa.Connection, now: datetime) -> tuple[OutletIntake, ...]:
    """Return what every Outlet that the database knows gave, by its id; its Sources by theirs."""
    gave = _given(connection, now)
    rejected = _rejected(connection, now - WEEK)
    crawled = {row.id: row for row in connection.execute(sa.select(sources))}
    whose = {source: outlet for outlet, source in (*rejected, *gave)}
    found: dict[str, list[SourceIntake]] = defaultdict(list)
    for source in sorted({*whose, *crawled}):
        outlet, row = whose.get(source, ""), crawled.get(source)
        told: dict[str, Any] = {**gave.get((outlet, source), {}), "rejected": rejected.get((outlet, source), {})}
        if row is not None:
            told |= {"finished": row.finished, "failures": row.failures, "report": row.report}
        found[outlet].append(SourceIntake(source, **told))
    return tuple(OutletIntake(outlet, tuple(found[outlet])) for outlet in sorted(found))


def _given(connection: sa.Connection, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    def since(age: timedelta) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((articles.c.fetched >= now - age, 1), else_=0))

    rows = connection.execute(
        sa.select(
            articles.c.outlet,
            articles.c.source,
            since(DAY).label("day"),
            since(WEEK).label("week"),
            since(USUAL).label("usual"),
            sa.func.min(articles.c.fetched).label("first"),
            sa.func.max(articles.c.fetched).label("last"),
        )
        .where(articles.c.version == 1)
        .group_by(articles.c.outlet, articles.c.source)
        .order_by("last")  # a Source that changed hands belongs to whom it gave last
    )
    return {
        (row.outlet, row.source): {name: row._mapping[name] for name in ("day", "week", "usual", "first", "last")}  # noqa: SLF001 - SQLAlchemy's public name
        for row in rows
    }


def _rejected(connection: sa.Connection, since: datetime) -> dict[tuple[str, str], dict[str, int]]:
    """Count the addresses rejected since then: by the crawler, and by the worker, which only finds the language."""
    fetched = sa.select(rejections.c.outlet, rejections.c.source, rejections.c.reason, sa.func.count()).where(
        rejections.c.last_seen >= since
    )
    read = sa.select(articles.c.outlet, articles.c.source, sa.literal_column("'language'"), sa.func.count()).where(
        articles.c.state == "rejected", articles.c.fetched >= since
    )
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for query, by in (
        (fetched, (rejections.c.outlet, rejections.c.source, rejections.c.reason)),
        (read, (articles.c.outlet, articles.c.source)),
    ):
        for outlet, source, reason, count in connection.execute(query.group_by(*by)):
            found[outlet, source][reason] = count
    return found
