"""One search: text, filters and times to a page of hits with marks, the exact total and the facets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyroaring import BitMap

from index.cursor import seal, unseal
from index.errors import BadQuery, IndexBroken
from index.marking import mark_parsed
from index.moments import baghdad_day, to_micros
from index.protocol import MAXIMUM_PAGE, Field, Hit, Page, Sort
from index.query import parse
from index.refusal import encodable
from index.sqlite.facets import COLUMNS
from index.sqlite.matching import matching, scores
from index.sqlite.numbers import numbers
from index.sqlite.ordering import by_relevance, by_time, places, places_of
from index.sqlite.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from index.document import Document
    from index.protocol import Query
    from index.query import Parsed
    from index.sqlite.session import Session
    from index.synonyms import Synonyms

_FETCHED = 64
"""Documents that a scan holds at a time."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a query finds: by its text and times alone, and what each filter allows."""

    unfiltered: BitMap
    allowed: Mapping[Field, BitMap]

    def all(self, *, but: Field | None = None) -> BitMap:
        """Return what passes every filter, but for the one of the field `but`."""
        return BitMap.intersection(
            self.unfiltered, *(allowed for field, allowed in self.allowed.items() if field != but)
        )


def search(session: Session, query: Query, synonyms: Synonyms) -> Page:
    """Return one page. Raises BadQuery for a size out of range and for a cursor that no page of this query gave."""
    if not 0 <= query.size <= MAXIMUM_PAGE:
        raise BadQuery(f"a page of {query.size} hits was asked for: 0 to {MAXIMUM_PAGE} can be had")
    position = unseal(query)
    parsed = parse(query.text, synonyms, typing=query.typing)
    found = _find(session, query, parsed)
    matches = found.all()
    hits, following = _page(session, query, parsed, matches, position) if query.size else ((), "")
    facets = {
        field: _counted(session, field, found.all(but=field), query.facet_size) for field in map(Field, query.facets)
    }
    return Page(hits, len(matches), following, facets)


def scan(session: Session, query: Query, synonyms: Synonyms) -> Iterator[Document]:
    """Yield every Document that matches, newest first, as they are in the session's transaction."""
    waiting: list[int] = []
    for place in places(session.connection, session.facets, _matches(session, query, synonyms)):
        waiting.append(place.docnum)
        if len(waiting) == _FETCHED:
            yield from _documents(session, waiting)
            waiting.clear()
    yield from _documents(session, waiting)


def found_ids(session: Session, queries: Iterable[Query], synonyms: Synonyms) -> Iterator[frozenset[str]]:
    """Yield for each query the ids of the Documents that match. Keeps the ids of all: meant for a small index."""
    ids: dict[int, str] = dict(session.connection.execute("SELECT docnum, id FROM document"))
    for query in queries:
        yield frozenset(ids[docnum] for docnum in _matches(session, query, synonyms))


def _matches(session: Session, query: Query, synonyms: Synonyms) -> BitMap:
    return _find(session, query, parse(query.text, synonyms, typing=query.typing)).all()


def _find(session: Session, query: Query, parsed: Parsed) -> _Found:
    found = matching(session.connection, session.facets, parsed)
    if query.since is not None or query.until is not None:
        found = found & _published(session, query)
    allowed = {
        Field(field): _having(session, Field(field), values) for field, values in query.filters.items() if values
    }
    return _Found(found, allowed)


def _having(session: Session, field: Field, values: tuple[str, ...]) -> BitMap:
    if field not in COLUMNS:
        return BitMap.union(BitMap(), *(session.facets.having(field, value) for value in values if value))
    rows = session.connection.executemany(
        f'SELECT docnum FROM document WHERE "{field.value}" = ? AND "{field.value}" <> \'\'',  # noqa: S608 - a Field
        ((value,) for value in set(values) if encodable(value)),
    )
    return BitMap([docnum for (docnum,) in rows])


def _published(session: Session, query: Query) -> BitMap:
    """Return what was published in the query's time: whole days by their bitmaps, the days at its ends one by one."""
    since = None if query.since is None else to_micros(query.since)
    until = None if query.until is None else to_micros(query.until)
    first = "" if since is None else baghdad_day(since)
    last = "~" if until is None else baghdad_day(until)
    days = session.facets.values(Field.DAY)
    whole = BitMap.union(BitMap(), *(docnums for day, docnums in days.items() if first < day < last))
    ends = BitMap.union(BitMap(), *(days[day] for day in {first, last} if day in days))
    return whole | BitMap(
        place.docnum
        for place in places_of(session.connection, ends)
        if (since is None or place.published >= since) and (until is None or place.published < until)
    )


def _page(
    session: Session, query: Query, parsed: Parsed, matches: BitMap, position: bytes | None
) -> tuple[tuple[Hit, ...], str]:
    if query.sort is Sort.RELEVANCE and parsed.required:
        scored = scores(session.connection, parsed, matches, len(session.facets.everything()))
        ordered = by_relevance(session.connection, session.facets, scored, matches, size=query.size, position=position)
    else:
        ordered = by_time(
            session.connection, session.facets, matches, sort=query.sort, size=query.size, position=position
        )
    documents = _documents(session, [docnum for docnum, _ in ordered.hits])
    hits = tuple(
        Hit(document, score, mark_parsed(document.title, parsed, title=True), mark_parsed(document.body, parsed))
        for document, (_, score) in zip(documents, ordered.hits, strict=True)
    )
    return hits, "" if ordered.position is None else seal(query, ordered.position)


def _documents(session: Session, docnums: list[int]) -> list[Document]:
    packed = dict(
        session.connection.execute(
            "SELECT docnum, packed FROM document WHERE docnum IN (SELECT value FROM carray(?))", (numbers(docnums),)
        )
    )
    if len(packed) < len(docnums):
        raise IndexBroken("Documents are missing that are counted: delete the index, run `rasid reindex`")
    return [unpack(packed[docnum]) for docnum in docnums]


def _counted(session: Session, field: Field, found: BitMap, most: int) -> tuple[tuple[str, int], ...]:
    counts: Mapping[str, int]
    if field in COLUMNS:
        rows = session.connection.execute(
            f'SELECT "{field.value}", docnum FROM document WHERE "{field.value}" <> \'\''  # noqa: S608 - a Field
        )
        counts = Counter(value for value, docnum in rows if docnum in found)
    else:
        counts = {value: found.intersection_cardinality(has) for value, has in session.facets.values(field).items()}
    counted = [(value, count) for value, count in counts.items() if count]
    if field is Field.DAY:
        counted.sort(reverse=True)
    else:
        counted.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(counted[: max(most, 0)])
