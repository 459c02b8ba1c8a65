"""From a Query to Elasticsearch's query DSL.

What matches is decided by terms that `index.arabic` made, as in the SQLite index; how well it matches is scored by
`combined_fields`, which is BM25 over title and body together, as FTS5's bm25 is. (The title counts eight times: its
analyzer gives each word eight times at one place, which its length does not show.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.moments import to_micros
from index.protocol import Field
from index.refusal import encodable
from index.terms import Beginning, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from index.protocol import Query
    from index.query import Parsed
    from index.terms import Term

Clause = dict[str, Any]

NAMES: Mapping[Field, str] = {
    Field.STANCE: "stance",
    Field.URGENCY: "urgency",
    Field.NEED: "needs",
    Field.GOVERNORATE: "governorates",
    Field.PRIMARY: "primary",
    Field.FACILITY_TYPE: "facility_types",
    Field.OUTLET: "outlet",
    Field.CASE: "case",
    Field.CASE_STATE: "case_state",
    Field.GROUP: "group",
    Field.CORRECTED: "corrected",
    Field.DAY: "day",
}
"""The field of the mapping behind each field of the protocol."""

_STEMS, _EXACT = ("title", "body"), ("title.exact", "body.exact")
_TYPED = "title.typed"
_LONGEST_BEGINNING = 12
"""Letters of the longest beginning that the filter `rasid_typed` stores; few words begin with a longer one."""

_AS_IT_IS = "rasid_words"


def matching(query: Query, parsed: Parsed) -> Clause:
    """Return what text and times ask for, without the filters, as one clause that scores nothing."""
    required = [_any(term for group_term in group for term in _plain(group_term)) for group in parsed.required]
    excluded = [clause for term in parsed.excluded for clause in _plain(term)]
    bounds: dict[str, int] = {}
    if query.since is not None:
        bounds["gte"] = to_micros(query.since)
    if query.until is not None:
        bounds["lt"] = to_micros(query.until)
    if bounds:
        required.append({"range": {"published_micros": bounds}})
    return {"bool": {"filter": required or [{"match_all": {}}], "must_not": excluded}}


def scoring(parsed: Parsed) -> list[Clause]:
    """Return the clauses whose scores add up to that of a hit; an exact form counts beside its stem."""
    return [clause for group in parsed.required for term in group for clause in _scored(term)]


def filters(query: Query) -> dict[Field, Clause]:
    """Return the clause of each filter that has values."""
    return {
        Field(field): {"terms": {NAMES[Field(field)]: [value for value in values if value and encodable(value)]}}
        for field, values in query.filters.items()
        if values
    }


def all_of(clauses: Iterable[Clause], but: Iterable[Clause] = ()) -> Clause:
    """Return what matches every clause and none of `but`, unscored."""
    return {"bool": {"filter": list(clauses) or [{"match_all": {}}], "must_not": list(but)}}


def _plain(term: Term) -> list[Clause]:
    """Return the alternatives by which a term matches."""
    if isinstance(term, Beginning):
        longer = len(term.exact) > _LONGEST_BEGINNING
        return [{"prefix": {_EXACT[0]: term.exact}} if longer else {"term": {_TYPED: term.exact}}]
    if not isinstance(term, Word):
        return [{"match_phrase": {field: {"query": " ".join(term.exact), "analyzer": _AS_IT_IS}}} for field in _EXACT]
    if term.stem is None:
        return [{"term": {field: term.exact}} for field in _EXACT]
    return [{"term": {field: term.stem}} for field in _STEMS]


def _scored(term: Term) -> list[Clause]:
    if isinstance(term, Beginning):
        return []
    if not isinstance(term, Word):
        return _plain(term)
    exact = {"combined_fields": {"query": term.exact, "fields": list(_EXACT)}}
    if term.stem is None:
        return [exact]
    return [{"combined_fields": {"query": term.exact, "fields": list(_STEMS)}}, exact]


def _any(clauses: Any) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}
