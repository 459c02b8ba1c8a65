from __future__ import annotations

import signal
import threading
import time

import pytest
from servers.elasticsearch import NoServer, make_node

from index import IndexBroken, IndexUnavailable, Query, Sort, open_index


@pytest.fixture(scope="module")
def node():
    """A node that tests may stop, freeze and fill."""
    try:
        made = make_node()
        made.start()
    except NoServer as error:
        pytest.skip(str(error))
    yield made
    made.signal(signal.SIGCONT)
    made.remove()


@pytest.fixture
def index(node, request):
    """An index of its own on that node."""
    prefix = f"faults-{abs(hash(request.node.name)) % 10**9}"
    opened = open_index(f"{node.url}?prefix={prefix}")
    yield opened
    opened._unseen = False
    opened.close()


def test_a_field_that_the_mapping_does_not_know_is_refused(node, index, make):
    index.write([make("a")])
    with pytest.raises(OSError, match="400"):
        node.ask(f"/{index._names.write}/_doc/x", "POST", {"surprise": 1})


def test_one_refused_item_stops_no_other_and_tells_its_reason(index, make):
    deep = {}
    for _ in range(1200):
        deep = {"inner": deep}
    good = [make(str(number), title="الماء") for number in range(20)]
    refused = [make("points", points=((200.0, 500.0),)), make("deep", analysis={"deep": deep})]
    written = index.write([*good[:10], *refused, *good[10:]])
    index.refresh()
    assert written.stored == index.count() == 20
    assert written.refused.keys() <= {"points", "deep"}
    assert "points" in written.refused
    assert "longitude" in written.refused["points"] or "latitude" in written.refused["points"]


def test_a_late_older_text_never_overwrites_a_newer_one(index, make):
    def write(versions):
        for version in versions:
            index.write([make("a", version=version, title=f"نسخة {version}")])

    index.write([make("start")])
    threads = [threading.Thread(target=write, args=(range(first, 60, 4),)) for first in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.get("a").version == 59


def test_a_full_disk_blocks_writing_with_a_clear_message_and_goes_on_when_lifted(node, index, make):
    index.write([make("a", title="الماء")])
    index.refresh()
    (physical,) = node.ask(f"/_alias/{index._names.read}")
    node.ask(f"/{physical}/_settings", "PUT", {"index.blocks.read_only_allow_delete": True})
    with pytest.raises(IndexUnavailable, match=r"blocked writing .*: free disk space"):
        index.write([make("b", title="الماء")])
    assert index.search(Query(text="ماء")).total == 1
    node.ask(f"/{physical}/_settings", "PUT", {"index.blocks.read_only_allow_delete": None})
    assert index.write([make("b", title="الماء")]).stored == 1


def test_an_index_that_was_deleted_is_told_and_never_made_by_chance(node, index, make):
    index.write([make("a")])
    (physical,) = node.ask(f"/_alias/{index._names.read}")
    node.ask(f"/{physical}", "DELETE")
    with pytest.raises(IndexBroken, match="rasid reindex"):
        index.write([make("b")])
    with pytest.raises(IndexBroken, match="rasid reindex"):
        index.search(Query())
    with index.rebuilt() as filled:
        filled.write([make("b")])
    assert index.search(Query()).total == 1


def test_a_failed_rebuild_leaves_everything_as_it_was(node, index, make):
    index.write([make("a")])
    index.refresh()
    before = node.ask("/_alias")

    def fail():
        with index.rebuilt() as filled:
            filled.write([make("b")])
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert node.ask("/_alias") == before
    assert [hit.document.id for hit in index.search(Query()).hits] == ["a"]


def test_an_index_of_another_schema_is_told_and_made_anew_by_a_rebuild(node, index, make):
    index.write([make("a")])
    (physical,) = node.ask(f"/_alias/{index._names.read}")
    node.ask(f"/{physical}/_mapping", "PUT", {"_meta": {"program": "rasid", "schema": 99}})
    with open_index(f"{node.url}?prefix={index._names.read.removesuffix('-items')}") as later:
        with pytest.raises(IndexBroken, match="schema 99"):
            later.search(Query())
        with later.rebuilt() as filled:
            filled.write([make("b")])
        assert later.search(Query()).total == 1


def test_a_frozen_server_ends_the_call_within_its_limit(node, index, monkeypatch):
    index.count()
    monkeypatch.setattr("index.elasticsearch.server._REQUEST_SECONDS", 1)
    with open_index(f"{node.url}?prefix=frozen") as frozen:
        node.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(IndexUnavailable, match=r"did not answer in time|cannot be reached"):
                frozen.count()
            assert time.monotonic() - began < 10
        finally:
            node.signal(signal.SIGCONT)


def test_killed_in_mid_bulk_and_started_again_nothing_acknowledged_is_lost(node, index, make):
    acknowledged = []
    failed = threading.Event()

    def write():
        for batch in range(400):
            documents = [make(f"{batch}-{number}", title="الماء", minutes=batch) for number in range(50)]
            try:
                index.write(documents)
            except IndexUnavailable:
                failed.set()
                return
            acknowledged.extend(document.id for document in documents)

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 500:
        time.sleep(0.01)
    node.kill()
    writer.join()
    assert failed.is_set()
    with pytest.raises(IndexUnavailable, match="cannot be reached"):
        index.search(Query())
    node.start()
    index.refresh()
    held = {document.id for document in index.scan(Query(sort=Sort.NEWEST))}
    assert set(acknowledged) <= held
    # The same batches again store only what was lost on the way, and double nothing.
    index.write(make(f"{batch}-{number}", title="الماء") for batch in range(30) for number in range(50))
    index.refresh()
    assert index.count() == len(held | {f"{batch}-{number}" for batch in range(30) for number in range(50)})
