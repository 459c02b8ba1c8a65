"""The two kinds of index answer the same queries over the same Documents alike.

RASID_TEST_PARITY sets how many Documents; 20000 makes the table of docs/benchmarks.md (run with -s).
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
from index_corpus import corpus

from index import Query, Sort, open_index

COUNT = int(os.environ.get("RASID_TEST_PARITY", "2000"))
LEAST_ALIKE = 0.9
"""Share of the first ten hits that both have, on the average of all queries that find anything."""


def _queries() -> list[tuple[str, str]]:
    kind, read = "", []
    for line in Path(__file__).with_name("queries.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            kind = line.strip("[]")
        elif line and not line.startswith("# "):
            read.append((kind, line))
    return read


@pytest.mark.timeout(1800)
def test_both_find_the_same_and_put_nearly_the_same_first(tmp_path, elasticsearch_url):
    queries = _queries()
    assert len(queries) >= 300
    alike = defaultdict(list)
    with open_index(f"sqlite:///{tmp_path}/index.db") as file, open_index(elasticsearch_url) as server:
        assert file.write(corpus(COUNT)).stored == server.write(corpus(COUNT)).stored == COUNT
        server.refresh()
        for kind, text in queries:
            here, there = (_found(index, text) for index in (file, server))
            assert here == there, text
            if here:
                best = [_best(index, text) for index in (file, server)]
                alike[kind].append(len(best[0] & best[1]) / max(len(best[0]), 1))
    for kind, shares in alike.items():
        print(f"| {kind} | {len(shares)} | {sum(shares) / len(shares):.3f} | {min(shares):.1f} |")
    every = [share for shares in alike.values() for share in shares]
    print(f"| all that find anything | {len(every)} | {sum(every) / len(every):.3f} | {min(every):.1f} |")
    assert len(every) > 240
    assert sum(every) / len(every) >= LEAST_ALIKE


def _found(index, text):
    return {document.id for document in index.scan(Query(text=text))}


def _best(index, text):
    return {hit.document.id for hit in index.search(Query(text=text, sort=Sort.RELEVANCE, size=10)).hits}
