from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from scrapy.settings import Settings
from twisted.internet.defer import Deferred

from crawler.middlewares import RobotsMiddleware


@pytest.mark.parametrize(
    ("rules", "age", "kept"),
    [("rules", 3500, True), ("rules", 3700, False), (None, 200, True), (None, 400, False), (Deferred(), 9000, True)],
    ids=["rules", "old rules", "none", "none for long", "under way"],
)
def test_rules_are_asked_for_again_when_they_are_old(monkeypatch, rules, age, kept):
    middleware = RobotsMiddleware(
        SimpleNamespace(settings=Settings({"ROBOTSTXT_OBEY": True}), stats=None, spider=None)  # type: ignore[arg-type]
    )
    middleware._forget_old("example.iq")  # asks now
    middleware._parsers["example.iq"] = rules
    now = time.monotonic()
    monkeypatch.setattr("crawler.middlewares.time.monotonic", lambda: now + age)
    middleware._forget_old("example.iq")
    assert ("example.iq" in middleware._parsers) is kept
