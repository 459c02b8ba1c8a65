"""What measures the desk and the alerts still measures them: on little, and whatever the figures are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from index import open_index
from service.bench.alerts import bench_latency
from service.bench.desk import bench_crowd, bench_pages, serving
from service.bench.newsroom import fill
from service.database.engine import Database


@pytest.mark.skipif(sys.platform != "linux", reason="reads the server's processor time in /proc, as Linux has it")
def test_every_page_of_a_filled_desk_is_measured_and_none_fails(tmp_path: Path) -> None:
    urls = f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/rasid-index.db"
    with Database.open(urls[0], create=True) as database, open_index(urls[1]) as index:
        room = fill(database, index, 300)
        assert room.documents == index.count() == 300
    with serving(tmp_path, *urls) as served:
        measured = list(bench_pages(served, room, requests=1))
        crowd = bench_crowd(served, room, editors=3, seconds=8.0)
    assert len(measured) == 14
    assert all(page.highest > 0 and page.bytes > 0 for page in measured)
    assert (crowd.errors, crowd.editors) == (0, 3)
    assert crowd.requests > 0


def test_the_way_from_the_feed_to_the_mail_is_measured() -> None:
    seen = bench_latency(seconds=1.0)
    assert (seen.items, seen.fetched, seen.appeals) == (20, 20, 3)
    assert 0 < seen.told <= seen.appeals
    assert 0 < seen.p50 <= seen.p95 <= seen.highest
