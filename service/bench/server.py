"""How fast an Elasticsearch is written: our index beside the client's `parallel_bulk`, in turns on one server."""

from __future__ import annotations

import time
import uuid
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from elasticsearch.helpers import parallel_bulk

from index.elasticsearch.documents import to_source
from index.elasticsearch.index import ElasticsearchIndex
from index.elasticsearch.schema import mapping, settings
from service.bench.documents import documents

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from index import ServerOptions

ROUNDS = 6
"""Turns of each; the first two warm the server up and are not counted."""

_WARMING = 2


@dataclass(frozen=True, slots=True)
class Bulk:
    """Documents a second of our index and of `parallel_bulk` given ready dictionaries, and the ratio of the two."""

    documents: int
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours to theirs."""
        return self.ours / self.theirs


def bench_bulk(url: str, options: ServerOptions, client: Elasticsearch, count: int) -> Bulk:
    """Write `count` Documents by both, in turns with other Documents; what was made is deleted afterwards."""
    name = f"rasid-bench-{uuid.uuid4().hex[:8]}"
    share = count // ROUNDS
    source = documents(share * ROUNDS * 2)
    seconds = {"ours": 0.0, "theirs": 0.0}
    client.indices.create(index=f"{name}-plain", settings=settings(replicas=0), mappings=mapping())
    try:
        with ElasticsearchIndex(f"{url}?prefix={name}", options) as index:
            for turn in range(ROUNDS):
                ours = list(islice(source, share))
                started = time.perf_counter()
                index.write(ours)
                took = time.perf_counter() - started
                ready = [
                    {"_index": f"{name}-plain", "_id": one.id, "_source": to_source(one)}
                    for one in islice(source, share)
                ]
                started = time.perf_counter()
                deque(parallel_bulk(client, ready), maxlen=0)
                if turn >= _WARMING:
                    seconds["theirs"] += time.perf_counter() - started
                    seconds["ours"] += took
    finally:
        drop(client, name)
    counted = share * (ROUNDS - _WARMING)
    return Bulk(counted, counted / seconds["ours"], counted / seconds["theirs"])


def drop(client: Elasticsearch, prefix: str) -> None:
    """Delete every index whose name begins with a prefix."""
    for name in client.indices.get(index=f"{prefix}-*"):
        client.indices.delete(index=name)
