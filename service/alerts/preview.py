"""What a subscription would have told in the last week: counted by the index, so that it is there while one waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from index.protocol import Field, Sort
from service.alerts.schedule import Cadence
from service.alerts.subscriptions import search_of
from service.labels import BAGHDAD

if TYPE_CHECKING:
    from index.protocol import Hit, Query
    from service.alerts.schedule import Schedule
    from service.masking import Readable

DAYS = 7
"""Days that are looked back on, today among them."""

TOO_BROAD = 30
"""Cases a day, on the average, above which nobody reads what is told."""

ROWS = 20
"""Cases that are shown."""

_HITS = 60
"""Hits among which they are found: several may tell of one case."""

_MOST_CASES = 500
"""Cases that are counted one by one; more are too many in any case."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a search found in a week.

    Attributes:
        days: number of items on each day in Baghdad, the oldest first, days without any too.
        items: all of them.
        cases: what they tell of; an item of no case counts for itself. With `more` there are more than these.
        rows: the newest item of each of the first cases.

    """

    days: tuple[tuple[str, int], ...]
    items: int
    cases: int
    more: bool
    rows: tuple[Hit, ...]

    @property
    def empty(self) -> bool:
        """Whether the search found nothing."""
        return self.items == 0

    @property
    def broad(self) -> bool:
        """Whether it found more than anybody reads."""
        return self.cases > TOO_BROAD * DAYS

    def messages(self, schedule: Schedule) -> int:
        """Return how many messages it would have been to each recipient, at the most."""
        busy = sum(1 for _, count in self.days if count)
        most = {Cadence.HOURLY: busy * 24, Cadence.DAILY: busy, Cadence.WEEKLY: min(busy, 1)}
        told = self.items if self.more else self.cases
        return min(told, most.get(schedule.cadence, told))


def preview(index: Readable, query: str, now: datetime) -> Preview:
    """Return what the query of a list's URL found in the week until now. Raises what `Index.search` raises."""
    today = now.astimezone(BAGHDAD).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), BAGHDAD).astimezone(UTC)
    asked = replace(
        search_of(query),
        since=since,
        sort=Sort.NEWEST,
        size=_HITS,
        facets=(Field.DAY, Field.CASE),
        facet_size=_MOST_CASES,
    )
    page = index.search(asked)
    counted = dict(page.facets.get(Field.DAY, ()))
    days = (first + timedelta(days=place) for place in range(DAYS))
    told = _cases(page.facets.get(Field.CASE, ()), asked)
    more = len(told) >= _MOST_CASES
    rows: dict[str, Hit] = {}
    for hit in page.hits:
        rows.setdefault(hit.document.case or hit.document.id, hit)
    return Preview(
        days=tuple((day.isoformat(), counted.get(day.isoformat(), 0)) for day in days),
        items=page.total,
        cases=len(told) if more else min(len(told) + max(page.total - sum(told.values()), 0), page.total),
        more=more,
        rows=tuple(rows.values())[:ROWS],
    )


def _cases(counted: tuple[tuple[str, int], ...], asked: Query) -> dict[str, int]:
    """Return how many items tell of each case; the count of a field leaves out the filter by it."""
    wanted = asked.filters.get(Field.CASE, ())
    return {case: count for case, count in counted if count and (not wanted or case in wanted)}
