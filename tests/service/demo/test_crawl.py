from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CRAWL = Path(__file__).with_name("crawl_newsroom.py")


@pytest.fixture
def found(fresh_visit):
    done = subprocess.run(
        [sys.executable, str(CRAWL), str(fresh_visit.room.port)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_crawl_finds_what_the_newsroom_says_that_it_must(fresh_visit, found) -> None:
    room = fresh_visit.room
    known = room.expected
    articles = {each["url"]: each for each in found if "reason" not in each}
    assert articles.keys() == known.articles.keys()
    assert {each["url"]: each["reason"] for each in found if "reason" in each} == known.rejected
    assert len(found) == len(known.articles) + len(known.rejected)
    assert room.served == dict.fromkeys(known.articles, 1)
    forbidden = [url for url, reason in known.rejected.items() if reason == "robots"]
    assert not room.requests.keys() & set(forbidden)
    for url, item in known.articles.items():
        article = articles[url]
        assert article["title"] == item.title
        assert article["published"] == item.published_utc.isoformat()
        assert article["language"].partition("-")[0] == item.language
        if item.language == "ar":
            assert article["body"] == item.body
