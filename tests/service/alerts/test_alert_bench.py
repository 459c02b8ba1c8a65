from __future__ import annotations

import time
import urllib.request

import feedparser
import pytest

from service.bench.alerts import bench_matching
from service.bench.feeding import ASKING, OUTLETS, Feeds, asks, text


def test_the_feeds_grow_with_time_and_their_pages_can_be_had():
    with Feeds(per_second=100, items=12) as feeds:

        def listed(outlet: int) -> list[str]:
            address = f"http://127.0.0.1:{feeds.port}/rss.xml"
            request = urllib.request.Request(address, headers={"Host": f"outlet-{outlet}.localhost:{feeds.port}"})
            with urllib.request.urlopen(request) as answer:
                return [str(entry.link) for entry in feedparser.parse(answer.read()).entries]

        assert not listed(0)
        feeds.begin()
        time.sleep(0.2)
        assert sorted(link for outlet in range(OUTLETS) for link in listed(outlet)) == sorted(map(feeds.url, range(12)))
        assert feeds.appeared(10) - feeds.appeared(0) == pytest.approx(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{feeds.port}/news/9") as page:
            assert text(9)[1] in page.read().decode()


def test_one_item_in_nine_asks_and_no_two_ask_the_same():
    asking = [text(number)[0] for number in range(100 * ASKING) if asks(number)]
    assert len(set(asking)) == len(asking) == 100


def test_a_thousand_subscriptions_are_matched_at_once():
    matched = bench_matching(rounds=1)
    assert (matched.subscriptions, matched.documents) == (1000, 100)
    assert matched.found > 1000
    assert matched.processor > 0
