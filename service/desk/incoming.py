"""What the list shows: rows, facets with counts, chosen filters, orders and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.protocol import Field, Sort
from service.database.cases import STATES, URGENCIES
from service.desk.choosing import Chip, Choice, Facet
from service.desk.marks import Run, matches, runs, snippet
from service.desk.reading import analysis_of
from service.labels import BAGHDAD

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from index.document import Document
    from index.protocol import Hit
    from service.desk.address import Address
    from service.labels import Group, Labels
    from service.masking import Readable

ROWS = 30
"""Rows a page: what one looks through before resting; the next is one key away."""

SNIPPET = 140
"""Characters of a row's snippet: about two lines of the list at its narrowest."""

FACETS = (
    Field.STANCE,
    Field.URGENCY,
    Field.NEED,
    Field.PRIMARY,
    Field.FACILITY_TYPE,
    Field.OUTLET,
    Field.CASE_STATE,
    Field.CORRECTED,
    Field.DAY,
)

_CHOICES = 60
"""Most values of a facet: the commonest, or the newest days. What lies further back is had by first and last day."""

_ORDERS: Mapping[Field, tuple[str, ...]] = {
    Field.URGENCY: URGENCIES,
    Field.CASE_STATE: STATES,
}
"""The order of values that have one; others stand by their count."""

_NAMED: Mapping[Field, Group] = {
    Field.STANCE: "stance",
    Field.URGENCY: "urgency",
    Field.NEED: "need",
    Field.GOVERNORATE: "governorate",
    Field.PRIMARY: "governorate",
    Field.FACILITY_TYPE: "facility_type",
    Field.CASE_STATE: "case_state",
    Field.CORRECTED: "corrected",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One Document in the list. `spoken` is what a screen reader says of it; `outlets` is 0 where it is not known."""

    hit: Hit
    address: Address
    open: bool
    title: tuple[Run, ...]
    snippet: tuple[Run, ...]
    facility: str
    outlets: int
    spoken: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """The list, ready to be drawn.

    `next` is None on the last page, `held` 0 where the index holds nothing at all. `address` is in whole words where it
    finds the same, though it came while it was typed. `today` is the day in Baghdad, for a choice of days.
    """

    address: Address
    rows: tuple[Row, ...]
    total: int
    facets: tuple[Facet[Address], ...]
    chips: tuple[Chip[Address], ...]
    sorts: tuple[tuple[Sort, Address], ...]
    next: Address | None
    held: int
    today: str

    def row(self, item: str) -> Row | None:
        """Return the row of a Document where it is on this page."""
        return next((row for row in self.rows if row.hit.document.id == item), None)


@dataclass(frozen=True, slots=True)
class Namer:
    """Calls the values of fields by their names, at one moment in one language."""

    words: Labels
    outlets: Mapping[str, str]
    now: datetime

    def name(self, field: Field, value: str) -> str:
        """Return what people call the value."""
        if field is Field.OUTLET:
            return self.outlets.get(value, value)
        if field is Field.DAY:
            return self.words.day(value, self.now)
        group = _NAMED.get(field)
        return self.words.name(group, value) if group else value[:12]


def incoming(
    index: Readable, address: Address, namer: Namer, outlets: Callable[[Collection[str]], Mapping[str, int]]
) -> Incoming:
    """Return the list at an address; `outlets` tells on how many outlets each of some cases was told.

    Raises what `Index.search` raises.
    """
    page = index.search(address.asks(size=ROWS, after=address.after, facets=FACETS, facet_size=_CHOICES))
    if address.typing and index.search(address.settled().asks(size=0)).total == page.total:
        address = address.settled()
    told = outlets({hit.document.case for hit in page.hits if hit.document.case})
    return Incoming(
        address=address,
        rows=tuple(_row(hit, address, told, namer) for hit in page.hits),
        total=page.total,
        facets=tuple(_facet(name, page.facets.get(name, ()), address, namer) for name in FACETS),
        chips=(*_chips(address, namer), *_bounds(address, namer)),
        sorts=tuple((sort, address.sorted_by(sort)) for sort in Sort if address.text or sort is not Sort.RELEVANCE),
        next=address.next_page(page.next) if page.next else None,
        held=page.total or index.count(),
        today=namer.now.astimezone(BAGHDAD).date().isoformat(),
    )


def _chips(address: Address, namer: Namer) -> list[Chip[Address]]:
    return [
        Chip(namer.words.name("field", name.value), namer.name(name, value), address.toggled(name, value))
        for name, values in address.filters.items()
        for value in values
    ]


def _bounds(address: Address, namer: Namer) -> list[Chip[Address]]:
    """Return the chips of first and last day."""
    words, kind = namer.words, namer.words.name("field", "day")
    chips = []
    if address.since:
        day = words.day(address.since, namer.now)
        chips.append(Chip(kind, words.text("since_day", day=day), address.between("", address.until)))
    if address.until:
        day = words.day(address.until, namer.now)
        chips.append(Chip(kind, words.text("until_day", day=day), address.between(address.since, "")))
    return chips


def _facet(name: Field, counted: tuple[tuple[str, int], ...], address: Address, namer: Namer) -> Facet[Address]:
    counts = dict.fromkeys(address.filters.get(name, ()), 0) | dict(counted)
    values = [value for value in counts if value]
    if name is Field.DAY:
        values.sort(reverse=True)
    elif name in _ORDERS:
        order = _ORDERS[name]
        values.sort(key=lambda value: order.index(value) if value in order else len(order))
    else:
        values.sort(key=lambda value: -counts[value])
    choices = tuple(
        Choice(namer.name(name, value), counts[value], address.has(name, value), address.toggled(name, value))
        for value in values
    )
    return Facet(name, namer.words.name("field", name.value), choices)


def _row(hit: Hit, address: Address, told: Mapping[str, int], namer: Namer) -> Row:
    document = hit.document
    analysis = analysis_of(document.analysis)
    asked = [span.text for appeal in analysis.appeals for span in appeal.facilities] if analysis else []
    named = [facility.text for facility in analysis.facilities] if analysis else []
    return Row(
        hit=hit,
        address=address.opened(document.id),
        open=document.id == address.item,
        title=_title(hit, namer.words),
        snippet=snippet(document.body, matches(hit.body_marks), SNIPPET),
        facility=next(iter(asked + named), ""),
        outlets=told.get(document.case, 0),
        spoken=_spoken(document, namer),
    )


def _title(hit: Hit, words: Labels) -> tuple[Run, ...]:
    document = hit.document
    if document.title.strip():
        return runs(document.title, matches(hit.title_marks))
    opening = document.body[:SNIPPET].replace("\n", " ").strip()
    return (Run(opening or words.text("untitled")),)


def _spoken(document: Document, namer: Namer) -> str:
    words = namer.words
    parts = [
        words.name("stance", document.stance),
        words.name("urgency", document.urgency) if document.urgency else "",
        document.title or document.body[:SNIPPET],
        words.listed("governorate", document.primary),
        words.listed("need", document.needs),
        words.ago(document.published, namer.now),
    ]
    return words.text("list_separator").join(part for part in parts if part)
