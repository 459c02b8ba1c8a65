"""One search on Elasticsearch: a page of hits with marks, the exact total, the facets; and whole results by scan."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.cursor import seal, unseal
from index.elasticsearch.asking import ask, ask_all
from index.elasticsearch.compiling import all_of, filters, matching, scoring
from index.elasticsearch.counting import countings, read_counts
from index.elasticsearch.documents import FIELDS, from_source
from index.errors import BadQuery
from index.marking import mark_parsed
from index.protocol import MAXIMUM_PAGE, Hit, Page, Sort
from index.query import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from elasticsearch import Elasticsearch

    from index.document import Document
    from index.elasticsearch.compiling import Clause
    from index.protocol import Field, Query
    from index.query import Parsed
    from index.synonyms import Synonyms

_SERIAL_BYTES = 6
_TIME = struct.Struct(">Bq")
_REMEMBERED = 1000
"""Hits by relevance that a cursor remembers, the latest; see `_relevance`."""

_SCANNED = 200
"""Documents that a scan asks for at a time."""

_KEPT = "2m"
"""How long a scan's point in time outlives the last request."""

_ORDERS: Mapping[Sort, list[dict[str, str]]] = {
    Sort.NEWEST: [{"published_micros": "desc"}, {"id": "asc"}],
    Sort.OLDEST: [{"published_micros": "asc"}, {"id": "asc"}],
    Sort.URGENCY: [{"urgency_rank": "asc"}, {"published_micros": "desc"}, {"id": "asc"}],
}
_BY_RELEVANCE = [{"_score": "desc"}, *_ORDERS[Sort.NEWEST]]


@dataclass(frozen=True, slots=True)
class _Order:
    """The part of a search request that orders the hits and continues after those that were shown."""

    sort: list[dict[str, str]]
    should: list[Clause]
    after: list[Any] | None = None
    shown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches what stands behind one alias or index."""

    client: Elasticsearch
    alias: str
    synonyms: Synonyms

    def search(self, query: Query) -> Page:
        """Return one page. Raises BadQuery for a size out of range and a cursor that no page of this query gave."""
        if not 0 <= query.size <= MAXIMUM_PAGE:
            raise BadQuery(f"a page of {query.size} hits was asked for: 0 to {MAXIMUM_PAGE} can be had")
        position = unseal(query)
        parsed = parse(query.text, self.synonyms, typing=query.typing)
        by_text, wanted = matching(query, parsed), filters(query)
        order = self._order(query, parsed, all_of([by_text, *wanted.values()]), position)
        counting = countings(query, by_text, wanted)
        if not query.size:
            total, facets = read_counts(query, ask_all(self.client, self.alias, counting))
            return Page((), total, "", facets)
        page, *counted = ask_all(self.client, self.alias, [self._paging(query, by_text, wanted, order), *counting])
        found = page["hits"]["hits"]
        total, facets = read_counts(query, counted)
        following = seal(query, _position(order, found[: query.size])) if len(found) > query.size else ""
        return Page(tuple(_hit(hit, parsed) for hit in found[: query.size]), total, following, facets)

    def _paging(self, query: Query, by_text: Clause, wanted: Mapping[Field, Clause], order: _Order) -> dict[str, Any]:
        """Return the request of the hits alone: that they need not be counted lets the server skip most of them."""
        matching_all = all_of([by_text, *wanted.values()], but=_remembered(order.shown))
        return {
            "query": {"bool": {"filter": [matching_all], "should": order.should}},
            "sort": order.sort,
            "size": query.size + 1,
            "_source": {"includes": [*FIELDS, "serial", "urgency_rank", "published_micros"]},
            "track_total_hits": False,
            **({} if order.after is None else {"search_after": order.after}),
        }

    def scan(self, query: Query) -> Iterator[Document]:
        """Yield every Document that matches, newest first, as they are at the moment of the first one."""
        parsed = parse(query.text, self.synonyms, typing=query.typing)
        everything = all_of([matching(query, parsed), *filters(query).values()])
        moment = self.client.open_point_in_time(index=self.alias, keep_alive=_KEPT)["id"]
        after: dict[str, Any] = {}
        try:
            while True:
                request = {
                    "query": everything,
                    "pit": {"id": moment, "keep_alive": _KEPT},
                    "sort": _ORDERS[Sort.NEWEST],
                    "size": _SCANNED,
                    "source_includes": FIELDS,
                    "track_total_hits": False,
                    **after,
                }
                answer = ask(self.client, self.alias, request)
                moment = answer.get("pit_id", moment)
                hits = answer["hits"]["hits"]
                for hit in hits:
                    yield from_source(hit["_source"])
                if len(hits) < _SCANNED:
                    return
                # A point in time adds a tie-breaker of its own, which must be given back.
                after = {"search_after": hits[-1]["sort"]}
        finally:
            self.client.options(ignore_status=404).close_point_in_time(id=moment)

    def _order(self, query: Query, parsed: Parsed, everything: Clause, position: bytes | None) -> _Order:
        """Return the order that the query asks for, after `position`.

        By time a cursor names the last hit. By relevance that would not do, since every write shifts all scores a
        little: the cursor carries 48 bits of each hit that was shown. Of more than `_REMEMBERED` the latest are
        carried, and what stands before the best of these counts as shown too.
        """
        if query.sort is not Sort.RELEVANCE or not parsed.required:
            sort = Sort.NEWEST if query.sort is Sort.RELEVANCE else query.sort
            return _Order(_ORDERS[sort], [], None if position is None else _read_time(position, sort))
        should = scoring(parsed)
        if position is None:
            return _Order(_BY_RELEVANCE, should)
        shown = _read_serials(position)
        after: list[Any] | None = None
        if len(shown) >= _REMEMBERED:
            latest = {"bool": {"filter": [everything, *_remembered(shown)], "should": should}}
            request = {"query": latest, "sort": _BY_RELEVANCE, "size": 1, "source": False}
            best = ask(self.client, self.alias, request)["hits"]["hits"]
            if best:
                after = best[0]["sort"]
        return _Order(_BY_RELEVANCE, should, after, shown)


def _position(order: _Order, shown: list[Mapping[str, Any]]) -> bytes:
    """Return where the next page begins, after the hits `shown` on this one."""
    sources = [hit["_source"] for hit in shown]
    if order.sort is _BY_RELEVANCE:
        # The latest that were shown score lowest; they stand at the end.
        serials = [*order.shown, *(source["serial"] for source in sources)][-_REMEMBERED:]
        return b"".join(serial.to_bytes(_SERIAL_BYTES) for serial in serials)
    last = sources[-1]
    return _TIME.pack(last["urgency_rank"], last["published_micros"]) + str(last["id"]).encode()


def _remembered(shown: tuple[int, ...]) -> list[Clause]:
    return [{"terms": {"serial": list(shown)}}] if shown else []


def _hit(hit: Mapping[str, Any], parsed: Parsed) -> Hit:
    document = from_source(hit["_source"])
    title_marks = mark_parsed(document.title, parsed, title=True)
    return Hit(document, hit["_score"] or 0.0, title_marks, mark_parsed(document.body, parsed))


def _read_time(position: bytes, sort: Sort) -> list[Any]:
    try:
        rank, published = _TIME.unpack_from(position)
        id_ = position[_TIME.size :].decode()
    except (struct.error, UnicodeDecodeError) as error:
        raise BadQuery("no page gave this cursor: ask again from the first page") from error
    return [rank, published, id_] if sort is Sort.URGENCY else [published, id_]


def _read_serials(position: bytes) -> tuple[int, ...]:
    if len(position) % _SERIAL_BYTES:
        raise BadQuery("no page gave this cursor: ask again from the first page")
    return tuple(
        int.from_bytes(position[start : start + _SERIAL_BYTES]) for start in range(0, len(position), _SERIAL_BYTES)
    )
