"""A cluster of three nodes on loopback loses one of them under load. `make test-cluster` runs it."""

from __future__ import annotations

import os
import threading
import time

import pytest
from servers.elasticsearch import NoServer, start_cluster

from index import IndexUnavailable, Query, ServerOptions, Sort, open_index

pytestmark = pytest.mark.skipif(
    not os.environ.get("RASID_TEST_CLUSTER"), reason="three nodes take a minute and 3 GB: RASID_TEST_CLUSTER=1 runs it"
)


@pytest.mark.timeout(600)
def test_a_lost_node_loses_no_acknowledged_document_and_searches_go_on(make):
    try:
        cluster = start_cluster(3)
    except NoServer as error:
        pytest.skip(str(error))
    try:
        first = cluster.nodes[0]
        with open_index(first.url, ServerOptions(replicas=1)) as index:
            index.write([make("start", title="الماء")])
            first.ask("/_cluster/health/rasid-items?wait_for_status=green&timeout=60s")
            # The node that holds the primary shard is lost, unless it is the one that is spoken to.
            (shard,) = [each for each in first.ask("/_cat/shards/rasid-items-v2?format=json") if each["prirep"] == "p"]
            holder = next(node for node in cluster.nodes if node.settings["node.name"] == shard["node"])
            victim = holder if holder is not first else cluster.nodes[1]
            acknowledged, unavailable, stop = [], [], threading.Event()

            def write():
                batch = 0
                while not stop.is_set():
                    documents = [make(f"{batch}-{number}", title="الماء", minutes=batch) for number in range(40)]
                    try:
                        index.write(documents)
                    except IndexUnavailable as error:
                        unavailable.append(error)
                        time.sleep(0.2)
                        continue
                    acknowledged.extend(document.id for document in documents)
                    batch += 1

            writer = threading.Thread(target=write)
            writer.start()
            while len(acknowledged) < 800:
                time.sleep(0.05)
            victim.kill()
            before = len(acknowledged)
            end = time.monotonic() + 90
            while len(acknowledged) < before + 800 and time.monotonic() < end:
                time.sleep(0.1)
            assert index.search(Query(text="ماء")).total > 0
            stop.set()
            writer.join()
            assert len(acknowledged) >= before + 800, unavailable[-1:]
            index.refresh()
            held = {document.id for document in index.scan(Query(sort=Sort.NEWEST))}
            assert set(acknowledged) <= held
            assert index.count() == len(held)
    finally:
        cluster.remove()
