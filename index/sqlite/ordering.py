"""The order of hits and the cursors that continue it.

By time (newest, oldest, urgency) a cursor names the last hit: (rank, published, id), so that whatever is written
between two pages, none is shown twice and none passed over.

By relevance that would not hold: every write shifts all bm25 scores a little, and hits change places around the last
one. So the cursor carries the Document numbers that were shown (two bytes each); the next page holds the best of the
others. Of more than `_REMEMBERED` only the latest are carried, and what scores above all of these counts as shown too.
"""

from __future__ import annotations

import heapq
import struct
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from pyroaring import BitMap

from index.errors import BadQuery
from index.protocol import Field, Sort
from index.sqlite.numbers import numbers, read_numbers, write_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

    from index.sqlite.facets import Facets

_URGENCIES = ("critical", "high", "normal")
_REMEMBERED = 1000
_TIME = struct.Struct(">Bq")
_EPOCH = 8


class Place(NamedTuple):
    """Where a Document stands by time; `published` in microseconds."""

    published: int
    id: str
    docnum: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """One page of hits as (Document number, score), and the position after it, None on the last page."""

    hits: list[tuple[int, float]]
    position: bytes | None


def by_time(
    connection: apsw.Connection, facets: Facets, found: BitMap, *, sort: Sort, size: int, position: bytes | None
) -> Ordered:
    """Return the page of `found` after `position`, newest first but for `Sort.OLDEST` and `Sort.URGENCY`."""
    first, last = (0, None) if position is None else _read_time(position)
    segments = _segments(facets, found, sort)
    ahead = chain.from_iterable(
        ((rank, place) for place in places(connection, facets, segment, sort, last if rank == first else None))
        for rank, segment in enumerate(segments)
        if rank >= first
    )
    page = list(islice(ahead, size + 1))
    hits = [(place.docnum, 0.0) for _, place in page[:size]]
    if len(page) <= size:
        return Ordered(hits, None)
    rank, place = page[size - 1]
    return Ordered(hits, _TIME.pack(rank, place.published) + place.id.encode())


def places(
    connection: apsw.Connection, facets: Facets, found: BitMap, sort: Sort = Sort.NEWEST, after: Place | None = None
) -> Iterator[Place]:
    """Yield where each of `found` stands, newest first or, for `Sort.OLDEST`, oldest first; by id at one moment.

    Reads a day at a time, so that the first page of a large result costs no more than that of a small one.
    """
    direction = 1 if sort is Sort.OLDEST else -1
    for day in sorted(facets.values(Field.DAY), reverse=direction < 0):
        here = found & facets.having(Field.DAY, day)
        if here:
            key = sorted((direction * place.published, place.id, place) for place in places_of(connection, here))
            for published, id_, place in key:
                if after is None or (published, id_) > (direction * after.published, after.id):
                    yield place


def places_of(connection: apsw.Connection, docnums: Iterable[int]) -> list[Place]:
    """Return where each of the Documents stands, in no order."""
    rows = connection.execute(
        "SELECT published, id, docnum FROM document WHERE docnum IN (SELECT value FROM carray(?))", (numbers(docnums),)
    )
    return [Place(*row) for row in rows]


def by_relevance(
    connection: apsw.Connection,
    facets: Facets,
    scored: list[tuple[int, float]],
    found: BitMap,
    *,
    size: int,
    position: bytes | None,
) -> Ordered:
    """Return the page of `found` after `position`: the best first, then the newest.

    `scored` has (Document number, score) of those that have a score; the others come after them.
    """
    epoch = facets.epoch  # tells whether Document numbers still mean what they meant when `position` was given
    shown = BitMap() if position is None else _read_shown(position, epoch)
    unscored = found - BitMap([docnum for docnum, _ in scored])
    left = [hit for hit in scored if hit[0] not in shown]
    if len(shown) >= _REMEMBERED:
        # Some that were shown are no longer remembered; they scored above those that are.
        otherwise = 0.0 if shown & unscored else float("inf")
        ceiling = max((score for docnum, score in scored if docnum in shown), default=otherwise)
        left = [hit for hit in left if hit[1] <= ceiling]
    page = _best(connection, facets, left, size)
    behind = unscored - shown
    page += [(one.docnum, 0.0) for one in islice(places(connection, facets, behind), size - len(page))]
    if len(left) + len(behind) <= size:
        return Ordered(page, None)
    shown.update(docnum for docnum, _ in page)
    return Ordered(page, epoch + write_numbers(_latest(shown, scored, unscored)))


def _best(
    connection: apsw.Connection, facets: Facets, scored: list[tuple[int, float]], size: int
) -> list[tuple[int, float]]:
    best = heapq.nlargest(size, (score for _, score in scored))
    if not best:
        return []
    above = {docnum: score for docnum, score in scored if score > best[-1]}
    standing = sorted(
        (-above[place.docnum], -place.published, place.id, place.docnum) for place in places_of(connection, above)
    )
    # All with the last score that gets in compete by time, however many they are.
    last = BitMap([docnum for docnum, score in scored if score == best[-1]])
    newest = islice(places(connection, facets, last), size - len(standing))
    return [*((docnum, -negated) for negated, _, _, docnum in standing), *((one.docnum, best[-1]) for one in newest)]


def _latest(shown: BitMap, scored: list[tuple[int, float]], unscored: BitMap) -> BitMap:
    if len(shown) <= _REMEMBERED:
        return shown
    last = shown & unscored
    if len(last) >= _REMEMBERED:
        return last
    lowest = heapq.nsmallest(_REMEMBERED - len(last), (score for docnum, score in scored if docnum in shown))
    # Never a part of those with one score: what is dropped must score above all that is kept.
    return last | BitMap(docnum for docnum, score in scored if docnum in shown and lowest and score <= lowest[-1])


def _segments(facets: Facets, found: BitMap, sort: Sort) -> list[BitMap]:
    if sort is not Sort.URGENCY:
        return [found]
    levels = [facets.having(Field.URGENCY, urgency) for urgency in _URGENCIES]
    return [*(found & level for level in levels), found - BitMap.union(*levels)]


def _read_time(position: bytes) -> tuple[int, Place]:
    try:
        rank, published = _TIME.unpack_from(position)
        return rank, Place(published, position[_TIME.size :].decode(), 0)
    except (struct.error, UnicodeDecodeError) as error:
        raise BadQuery("no page gave this cursor: ask again from the first page") from error


def _read_shown(position: bytes, epoch: bytes) -> BitMap:
    if position[:_EPOCH] != epoch:
        raise BadQuery("the index was made anew since the page that gave this cursor: ask again from the first page")
    return read_numbers(position[_EPOCH:])
