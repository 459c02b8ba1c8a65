from __future__ import annotations

from itertools import islice

from index import Field, ServerOptions, open_index
from index.elasticsearch.server import connect
from service.bench.documents import documents, vocabulary
from service.bench.search import DESK_FACETS, bench_export, bench_index, bench_search, queries
from service.bench.server import bench_bulk


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


def test_an_index_is_written_searched_and_read_out(tmp_path):
    told = []
    with open_index(f"sqlite:///{tmp_path}/bench.db") as index:
        indexing = bench_index(index, 700, progress=lambda done, of: told.append((done, of)))
        searching = bench_search(index, searches=40)
        exporting = bench_export(index)
    assert (indexing.documents, told) == (700, [(500, 700), (700, 700)])
    assert indexing.per_second > 0
    assert (searching.searches, searching.documents) == (40, 700)
    assert 0 < searching.p50 <= searching.p95 <= searching.highest
    assert searching.mean_total > 1
    assert len(searching.slowest) == 5
    assert exporting.documents == 700
    assert exporting.growth < 50_000_000


def test_our_index_is_compared_with_the_client_and_leaves_nothing_behind(elasticsearch_url):
    url = elasticsearch_url.partition("?")[0]
    client = connect(url, ServerOptions())
    bulk = bench_bulk(url, ServerOptions(), client, 600)
    assert (bulk.documents, bulk.ratio > 0) == (400, True)
    assert not list(client.indices.get(index="rasid-bench-*"))
    client.close()


def test_the_mix_of_queries_has_all_that_editors_ask():
    asked = list(islice(queries(1), 300))
    assert {len(query.text.split()) for query in asked} >= {0, 1, 2, 3}
    assert any('"' in query.text for query in asked)
    assert any(query.filters.get(Field.STANCE) for query in asked)
    assert {query.facets for query in asked} == {DESK_FACETS}
