"""Three workers, two crawlers and two mailers on one PostgreSQL and one Elasticsearch, killed at random.

RASID_TEST_MANY=ITEMS,SECONDS sets how many items flow and for how long somebody is killed: 5000,300 is the long run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from end_to_end.conftest import clean_environment
from end_to_end.settled import items_told, let_time_pass, quiet, until

from index import open_index
from service.bench.pages import HOSTS, host
from service.database.engine import Database
from service.database.tables import articles, documents
from service.demo.catcher import catching_mail

ITEMS, SECONDS = (int(part) for part in os.environ.get("RASID_TEST_MANY", "160,12").split(","))
ROLES = ("crawl", "crawl", "work", "work", "work", "deliver", "deliver")
REST_SECONDS = 120 + ITEMS // 2
"""Longest wait for what is left when the killing ends: two cores read some five of these texts a second."""
SEED = 20261124


def _registry(port: int) -> str:
    return "".join(
        f"""
[[outlet]]
id = "outlet-{number}"
name = "المنفذ {number}"
url = "http://{host(number)}:{port}/"
home = ""
verified = false

[[outlet.source]]
id = "feed-{number}"
kind = "feed"
url = "http://{host(number)}:{port}/rss.xml"
interval = 1
"""
        for number in range(HOSTS)
    )


class Crowd:
    """The processes, each started again when it was killed."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder, self._settings = folder, settings
        self._running = [self._start(role) for role in ROLES]

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{role}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "service", role],
                cwd=self._folder,
                env=clean_environment() | self._settings,
                stdout=log,
                stderr=log,
            )

    def kill_one(self, chance: random.Random) -> None:
        place = chance.randrange(len(ROLES))
        self._running[place].kill()
        self._running[place].wait()
        self._running[place] = self._start(ROLES[place])

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.mark.timeout(SECONDS + REST_SECONDS + 300)
def test_killed_at_random_nothing_is_lost_stored_twice_or_told_twice(
    tmp_path: Path, postgresql_url: str, elasticsearch_url: str
) -> None:
    chance = random.Random(SEED)
    kept = tmp_path / "mail"
    with ExitStack() as stack:
        site = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "service.bench.pages", "0.02", str(ITEMS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert site.stdout is not None
        port = int(site.stdout.readline())
        smtp_port = stack.enter_context(catching_mail(kept))
        (tmp_path / "sources.toml").write_text(_registry(port), encoding="utf-8")
        settings = {
            "RASID_DATABASE": postgresql_url,
            "RASID_INDEX": elasticsearch_url,
            "RASID_CRAWL_DELAY": "0.02",
            "RASID_CRAWL_PRIVATE_HOSTS": ",".join(host(number) for number in range(HOSTS)),
            "RASID_ALERT_TO": "editor@newsroom.example",
            "RASID_ALERT_INTERVAL": "1",
            "RASID_SMTP_HOST": "127.0.0.1",
            "RASID_SMTP_PORT": str(smtp_port),
        }
        database = stack.enter_context(Database.open(postgresql_url, create=True))
        crowd = Crowd(tmp_path, settings)
        stack.callback(crowd.end)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.5, 3.0))
            crowd.kill_one(chance)
            if chance.random() < 0.3:
                let_time_pass(database)
        let_time_pass(database)
        rested = until(lambda: quiet(database, ITEMS), REST_SECONDS)
        assert rested, "".join(log.read_text()[-1500:] for log in tmp_path.glob("*.log"))
        with database.read() as connection:
            urls = Counter(connection.scalars(sa.select(articles.c.url)))
            held = {row.id: row.revision for row in connection.execute(sa.select(documents.c.id, documents.c.revision))}
            cases = set(connection.scalars(sa.select(documents.c.case).where(documents.c.case.is_not(None))))
        assert set(urls.values()) == {1}
        assert len(urls) == len(held) == ITEMS
        with open_index(elasticsearch_url) as index:
            assert index.count() == ITEMS
            assert all((found := index.get(id_)) and found.version == held[id_] for id_ in held)
        told = items_told(kept)
        assert len(told) == len(set(told))
        assert bool(told) == bool(cases)
        site.stdin.close() if site.stdin else None
