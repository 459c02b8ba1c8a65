"""Requests of a search: each answered in whole and in time, or an error; several of them in one round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.elasticsearch.failing import PartFailed
from index.elasticsearch.server import SEARCH_SECONDS
from index.errors import IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from elasticsearch import Elasticsearch

Answer = dict[str, Any]
_SOUND = 200


def ask(client: Elasticsearch, alias: str, request: Mapping[str, Any]) -> Answer:
    """Return the whole answer. Raises IndexUnavailable where it did not end in time; lacking a shard is an error.

    A point in time names its index itself.
    """
    where: dict[str, Any] = {} if "pit" in request else {"index": alias, "allow_partial_search_results": False}
    return _whole(client.search(**where, **request, timeout=f"{SEARCH_SECONDS}s").body)


def ask_all(client: Elasticsearch, alias: str, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the answers to several requests in the language of the server, as `ask` does."""
    if not requests:
        return []
    head = {"index": alias, "allow_partial_search_results": False}
    lines = [line for request in requests for line in (head, {**request, "timeout": f"{SEARCH_SECONDS}s"})]
    answers: list[Answer] = client.msearch(searches=lines).body["responses"]
    for answer in answers:
        if answer["status"] != _SOUND:
            raise PartFailed(answer["status"], answer)
    return [_whole(answer) for answer in answers]


def _whole(answer: Answer) -> Answer:
    if answer["timed_out"]:
        raise IndexUnavailable(f"the search did not end within {SEARCH_SECONDS} seconds: ask for less")
    return answer
