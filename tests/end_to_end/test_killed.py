"""`rasid up` is killed with SIGKILL, anywhere, again and again: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from end_to_end.conftest import clean_environment
from end_to_end.settled import items_told, let_time_pass, mail, quiet, until

from index import open_index
from service.database.engine import Database
from service.database.tables import articles, documents, outbox, told
from service.demo import Newsroom
from service.demo.catcher import catching_mail
from service.demo.sources import registry_text

KILLS = 8
SEED = 20261124
TO = "editor@newsroom.example"


@contextmanager
def _up(folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = clean_environment() | settings
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service", "up"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for task in path.parent.parent.glob("*/children") for child in task.read_text().split()]


def _kill(process: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Kill the whole, or the crawl alone, where there is one."""
    crawls = _children(process.pid)
    if crawls and chance.random() < 0.5:
        os.kill(chance.choice(crawls), signal.SIGKILL)
        time.sleep(chance.uniform(0.0, 1.0))
    process.kill()
    process.wait()


@pytest.mark.timeout(420)
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the crawl's process in /proc, as Linux has it")
def test_killed_anywhere_it_loses_no_article_doubles_no_document_and_repeats_no_mail_but_one_in_flight(
    tmp_path: Path,
) -> None:
    chance = random.Random(SEED)
    kept = tmp_path / "mail"
    with Newsroom(port=0) as room, catching_mail(kept) as smtp_port:
        (tmp_path / "sources.toml").write_text(registry_text(room.port), encoding="utf-8")
        settings: dict[str, Any] = {
            "RASID_DATABASE": f"sqlite:///{tmp_path}/rasid.db",
            "RASID_INDEX": f"sqlite:///{tmp_path}/index.db",
            "RASID_PORT": "0",
            "RASID_CRAWL_DELAY": "0.05",
            "RASID_CRAWL_PRIVATE_HOSTS": ",".join(room.hosts),
            "RASID_ALERT_TO": TO,
            "RASID_ALERT_INTERVAL": "0.5",
            "RASID_SMTP_HOST": "127.0.0.1",
            "RASID_SMTP_PORT": str(smtp_port),
        }
        with Database.open(settings["RASID_DATABASE"], create=True) as database:
            for _ in range(KILLS):
                with _up(tmp_path, settings) as process:
                    time.sleep(chance.uniform(1.5, 5.0))
                    _kill(process, chance)
                let_time_pass(database)
            (tmp_path / "up.log").unlink()
            with _up(tmp_path, settings) as process:
                wanted = len(room.expected.articles)
                assert until(lambda: "the desk is at" in (tmp_path / "up.log").read_text(), 120)
                assert until(lambda: quiet(database, wanted), 150), (tmp_path / "up.log").read_text()[-3000:]
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
            with database.read() as connection:
                urls = Counter(connection.scalars(sa.select(articles.c.url)))
                held = set(connection.scalars(sa.select(documents.c.id)))
                news = sa.select(told.c.subject, outbox.c.message_id).join(outbox, outbox.c.id == told.c.message)
                mailed = connection.execute(news).all()
                cases = set(connection.scalars(sa.select(documents.c.case).where(documents.c.case.is_not(None))))
        assert urls == Counter(dict.fromkeys(room.expected.articles, 1))
        assert len(held) == len(room.expected.articles) - len(room.expected.foreign)
        with open_index(settings["RASID_INDEX"]) as index:
            assert index.count() == len(held)
            assert all(index.get(document) for document in held)
        # each Case is told by a mail; a mail that was in flight comes again under the same Message-ID only
        assert {row.subject for row in mailed} == cases
        mails = [mail(file) for file in kept.glob("*.eml")]
        assert {each["Message-ID"] for each in mails} == {row.message_id for row in mailed}
        written = items_told(kept)
        assert len(written) == len(set(written))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the crawl's process in /proc, as Linux has it")
def test_a_crawl_ends_with_its_starter_though_that_died_before_it_had_begun(tmp_path: Path) -> None:
    with Newsroom(port=0) as room:
        (tmp_path / "sources.toml").write_text(registry_text(room.port), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "service", "crawl"],
        cwd=tmp_path,
        env=clean_environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: bool(_children(process.pid)), 60)
        (crawl,) = _children(process.pid)
    finally:
        process.kill()
        process.wait()
    assert until(lambda: not Path(f"/proc/{crawl}").exists(), 60)
