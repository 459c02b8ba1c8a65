from __future__ import annotations

from service.bench.crawl import measure_crawl


def test_both_crawls_get_every_page_and_are_compared():
    speed = measure_crawl(latency=0.0, per_host=4, pages=24, rounds=1)
    assert len(speed.ours) == len(speed.plain) == 1
    assert speed.ratio > 0
    assert "24 pages on 8 hosts" in str(speed)
