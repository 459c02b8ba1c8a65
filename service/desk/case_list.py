"""What the list of Cases shows: rows, facets with counts, chosen filters, orders and pages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from service.database import case_reading
from service.database.case_query import CaseQuery, CaseSort
from service.database.cases import OPEN_STATES
from service.desk.case_address import DUES, FILTERS, ME, NOBODY, CaseAddress
from service.desk.choosing import Chip, Choice, Facet
from service.desk.sections import FRESH
from service.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import sqlalchemy as sa

    from service.database.case_reading import CaseRow, Counts
    from service.desk.access import Viewer
    from service.labels import Group, Labels

_NAMED: Mapping[str, Group] = {
    "state": "case_state",
    "due": "case_due",
    "urgency": "urgency",
    "need": "need",
    "governorate": "governorate",
}

_KEPT = 64
"""Most lists whose facets are remembered."""


@dataclass(frozen=True, slots=True)
class Row:
    """One Case in the list; `clock` tells where it is due, `spoken` is what a screen reader says of it."""

    case: CaseRow
    address: CaseAddress
    open: bool
    clock: str
    late: bool
    spoken: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The list, ready to be drawn; `next` is None on the last page."""

    address: CaseAddress
    rows: tuple[Row, ...]
    total: int
    facets: tuple[Facet[CaseAddress], ...]
    chips: tuple[Chip[CaseAddress], ...]
    sorts: tuple[tuple[CaseSort, CaseAddress], ...]
    next: CaseAddress | None


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells Cases to one viewer, at one moment in one language; who is no editor is told private data masked."""

    words: Labels
    outlets: Mapping[str, str]
    now: datetime
    viewer: Viewer

    def name(self, filter_: str, value: str) -> str:
        """Return what people call a value of a filter."""
        if filter_ == "outlet":
            return self.outlets.get(value, value)
        if filter_ == "assignee":
            return self.person(value)
        group = _NAMED.get(filter_)
        return self.words.name(group, value) if group else value

    def person(self, name: str) -> str:
        """Return how an assignee is called: who looks is "me", and nobody is said so."""
        if name in {"", NOBODY}:
            return self.words.text("unassigned")
        return self.words.text("assigned_to_me") if name in {ME, self.viewer.name} else name

    def clock(self, case: CaseRow) -> str:
        """Return how long is left to answer, or how late it is; "" where nothing is due."""
        if not case.waits or case.due is None:
            return ""
        if not case.late(self.now):
            return self.words.until(case.due, self.now)
        late = max(self.now - case.due, timedelta(minutes=1))
        for noun, unit in (("late_day", timedelta(days=1)), ("late_hour", timedelta(hours=1))):
            if late >= unit:
                return self.words.count(noun, late // unit)
        return self.words.count("late_minute", late // timedelta(minutes=1))

    def covered(self, connection: sa.Connection, cases: Iterable[CaseRow]) -> list[CaseRow]:
        """Return the Cases as the viewer may read them."""
        rows = list(cases)
        if self.viewer.edits or not rows:
            return rows
        names = case_reading.private(connection, [row.id for row in rows])
        return [cover(row, names.get(row.id, ())) for row in rows]


def cover(case: CaseRow, names: Iterable[str]) -> CaseRow:
    """Return a Case whose texts have private numbers and these names masked."""
    hidden = list(names)
    return replace(
        case,
        title=mask_text(case.title, hidden),
        summary=mask_text(case.summary, hidden),
        facility=mask_text(case.facility, hidden),
    )


@dataclass(slots=True)
class Facets:
    """Remembers the facets of lists for a moment: many look at the same ones, and counting takes longest."""

    _held: OrderedDict[CaseQuery, tuple[datetime, Mapping[case_reading.Facet, Counts]]] = field(
        default_factory=OrderedDict
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, connection: sa.Connection, query: CaseQuery, now: datetime) -> Mapping[case_reading.Facet, Counts]:
        """Return the facets of a list, at most `FRESH` old."""
        key = replace(query, sort=CaseSort.DUE, after="")
        with self._lock:
            at, held = self._held.get(key, (None, {}))
        if at is not None and timedelta(0) <= now - at < FRESH:
            return held
        counted = case_reading.facets(connection, key, now)
        with self._lock:
            self._held[key] = now, counted
            self._held.move_to_end(key)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return counted

    def forget(self) -> None:
        """Count anew next time."""
        with self._lock:
            self._held.clear()


def listing(connection: sa.Connection, address: CaseAddress, teller: Teller, facets: Facets) -> Listing:
    """Return the list at an address. Raises BadCursor."""
    query = address.query_of(teller.viewer.name)
    page = case_reading.listed(connection, query, teller.now, counted=False)
    counted = {str(name): counts for name, counts in facets.of(connection, query, teller.now).items()}
    return Listing(
        address=address,
        rows=tuple(row_of(case, address, teller) for case in teller.covered(connection, page.rows)),
        total=page.total,
        facets=tuple(_facet(name, counted.get(name, ()), address, teller) for name in FILTERS),
        chips=tuple(_chips(address, teller)),
        sorts=tuple((sort, address.sorted_by(sort)) for sort in CaseSort),
        next=address.next_page(page.next) if page.next else None,
    )


def row_of(case: CaseRow, address: CaseAddress, teller: Teller) -> Row:
    """Return the row of a Case, already covered, in the list at an address."""
    words = teller.words
    clock = teller.clock(case)
    spoken = [
        words.text("case_spoken"),
        words.name("urgency", case.urgency) if case.urgency else "",
        case.title,
        words.name("case_state", case.state),
        clock,
        words.listed("governorate", case.governorates),
        words.listed("need", case.needs),
        words.ago(case.last_seen, teller.now) if case.last_seen else "",
    ]
    return Row(
        case=case,
        address=address.opened(case.id),
        open=case.id == address.case,
        clock=clock,
        late=case.late(teller.now),
        spoken=words.text("list_separator").join(part for part in spoken if part),
    )


def _chips(address: CaseAddress, teller: Teller) -> Iterable[Chip[CaseAddress]]:
    for name in FILTERS:
        values = address.filters.get(name, ())
        field_name = teller.words.name("case_filter", name)
        if name == "state" and set(values) == set(OPEN_STATES):
            yield Chip(field_name, teller.words.text("open_cases"), address.with_values("state", ()))
            continue
        for value in values:
            yield Chip(field_name, teller.name(name, value), address.toggled(name, value))


def _facet(name: str, counts: Counts, address: CaseAddress, teller: Teller) -> Facet[CaseAddress]:
    if name == "due":
        counts = tuple((due, dict(counts).get(due, 0)) for due in DUES)
    if name == "assignee":
        in_url = {"": NOBODY, teller.viewer.name: ME}
        counts = tuple((in_url.get(value, value), number) for value, number in counts)
    missing = [(value, 0) for value in address.filters.get(name, ()) if value not in dict(counts)]
    return Facet(
        name,
        teller.words.name("case_filter", name),
        tuple(
            Choice(
                teller.name(name, value) or teller.words.text("urgency_none"),
                number,
                address.has(name, value),
                address.toggled(name, value),
            )
            for value, number in (*counts, *(missing if name != "state" or counts else ()))
            if value
        ),
    )
