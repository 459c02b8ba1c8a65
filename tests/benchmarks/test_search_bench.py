from __future__ import annotations

from itertools import islice

from index import Field, open_index
from service.bench.documents import documents, vocabulary
from service.bench.search import DESK_FACETS, bench_index, bench_search, queries


def test_generated_documents_are_the_same_for_the_same_seed():
    first = list(documents(30, seed=4))
    assert first == list(documents(30, seed=4))
    assert first != list(documents(30, seed=5))
    assert len({document.id for document in first}) == 30


def test_generated_news_has_the_shares_that_it_claims():
    made = list(documents(1500))
    asked = [document for document in made if document.stance in {"appeal", "complaint"}]
    assert 0.07 < len(asked) / len(made) < 0.16
    assert all(document.needs and document.urgency and document.case for document in asked)
    assert (made[-1].published - made[0].published).days > 700
    assert len(vocabulary().words) > 50_000


def test_an_index_is_written_and_searched(tmp_path):
    told = []
    indexing = bench_index(tmp_path / "bench.db", 700, progress=lambda done, of: told.append((done, of)))
    assert (indexing.documents, told) == (700, [(500, 700), (700, 700)])
    assert indexing.per_second > 0
    assert indexing.bytes > 100_000
    with open_index(f"sqlite:///{tmp_path}/bench.db") as index:
        searching = bench_search(index, searches=40)
    assert (searching.searches, searching.documents) == (40, 700)
    assert 0 < searching.p50 <= searching.p95 <= searching.highest
    assert searching.mean_total > 1
    assert len(searching.slowest) == 5


def test_the_mix_of_queries_has_all_that_editors_ask():
    asked = list(islice(queries(1), 300))
    assert {len(query.text.split()) for query in asked} >= {0, 1, 2, 3}
    assert any('"' in query.text for query in asked)
    assert any(query.filters.get(Field.STANCE) for query in asked)
    assert {query.facets for query in asked} == {DESK_FACETS}
