"""The facets of a search, and its total: requests without hits, which the server keeps until something is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.elasticsearch.compiling import NAMES, all_of
from index.protocol import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from index.elasticsearch.asking import Answer
    from index.elasticsearch.compiling import Clause
    from index.protocol import Query

_MOST_BUCKETS = 10_000

_COMMONEST = [{"_count": "desc"}, {"_key": "asc"}]
_DAYS = [{"_key": "desc"}]

Counted = dict[Field, tuple[tuple[str, int], ...]]


def countings(query: Query, by_text: Clause, wanted: Mapping[Field, Clause]) -> list[dict[str, Any]]:
    """Return the requests that count what a query finds: the first one the total, and the fields without a filter.

    Each of the others is of a field whose own filter is left out. Counting within the query is faster than by a filter
    for each facet, which the server would try on every Document that the text finds.
    """
    fields = [Field(field) for field in query.facets] if query.facet_size > 0 else []
    requests = [_counting(query, [by_text, *wanted.values()], [field for field in fields if field not in wanted])]
    for own in fields:
        if own in wanted:
            others = [clause for field, clause in wanted.items() if field != own]
            requests.append(_counting(query, [by_text, *others], [own]))
    return requests


def read_counts(query: Query, answers: Sequence[Answer]) -> tuple[int, Counted]:
    """Return the total, and the values of the facets with counts, from the answers to `countings`."""
    counted: dict[str, Any] = {}
    for answer in answers:
        counted |= answer.get("aggregations", {})
    values = {
        Field(field): tuple(
            (bucket["key"], bucket["doc_count"]) for bucket in counted.get(Field(field).value, {}).get("buckets", ())
        )
        for field in query.facets
    }
    return answers[0]["hits"]["total"]["value"], values


def _counting(query: Query, clauses: list[Clause], fields: Iterable[Field]) -> dict[str, Any]:
    return {
        "query": all_of(clauses),
        "size": 0,
        "track_total_hits": True,
        "aggregations": {
            field.value: {
                "terms": {
                    "field": NAMES[field],
                    "exclude": [""],
                    "size": min(query.facet_size, _MOST_BUCKETS),
                    "shard_size": _MOST_BUCKETS,
                    "order": _DAYS if field is Field.DAY else _COMMONEST,
                }
            }
            for field in fields
        },
    }
