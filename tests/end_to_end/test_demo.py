from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
import sqlalchemy as sa
from end_to_end.conftest import clean_environment

from index import Query, open_index
from service.database.engine import Database
from service.database.tables import articles, documents, outbox, rejections
from service.demo import Expected, load_outlets

Rasid = Callable[..., subprocess.CompletedProcess[str]]


def _counts(folder: Path) -> dict[str, int]:
    with Database.open(f"sqlite:///{folder}/rasid.db") as database, database.read() as connection:
        counts = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (articles, documents, outbox)
        }
    with open_index(f"sqlite:///{folder}/rasid-index.db") as index:
        return counts | {"indexed": index.count(), "mails": len(list((folder / "mail").glob("*.eml")))}


@pytest.mark.timeout(240)
def test_the_demo_brings_every_item_all_the_way_once_and_a_second_run_adds_and_mails_nothing(
    tmp_path: Path, rasid: Rasid, free_port: int
) -> None:
    settings = {"DEMO_PORT": free_port, "DEMO_EXIT": 1}
    first = rasid("demo", settings=settings)
    assert first.returncode == 0, first.stderr
    folder = tmp_path / "rasid-demo"
    expected = Expected.of(load_outlets(), free_port)
    with Database.open(f"sqlite:///{folder}/rasid.db") as database, database.read() as connection:
        versions = dict(
            connection.execute(
                sa.select(articles.c.url, sa.func.max(articles.c.version)).group_by(articles.c.url)
            ).all()
        )
        seen = dict(connection.execute(sa.select(rejections.c.url, rejections.c.reason)).all())
        foreign = set(connection.scalars(sa.select(articles.c.url).where(articles.c.state == "rejected")))
        states = set(connection.scalars(sa.select(articles.c.state)))
    assert set(versions) == set(expected.articles)
    edited = {url for url, item in expected.articles.items() if item.edited}
    assert {url for url, version in versions.items() if version == 2} == edited
    assert set(versions.values()) == {1, 2}
    assert seen == {url: reason.value for url, reason in expected.rejected.items()}
    assert foreign == set(expected.foreign)
    assert states == {"analysed", "rejected"}

    before = _counts(folder)
    assert before["documents"] == before["indexed"] == len(expected.articles) - len(expected.foreign)
    assert before["mails"] >= 1
    for words in ("items crawled", "rejected: too_large", "rejected: language", "texts analysed", "documents indexed"):
        assert words in first.stdout
    assert "mails sent" in first.stdout
    assert "cases by governorate" in first.stdout

    second = rasid("demo", settings=settings)
    assert second.returncode == 0, second.stderr
    assert _counts(folder) == before


@pytest.mark.timeout(240)
def test_the_demos_appeals_are_found_in_the_index_and_told_in_arabic_mail(
    tmp_path: Path, rasid: Rasid, free_port: int
) -> None:
    assert rasid("demo", settings={"DEMO_PORT": free_port, "DEMO_EXIT": 1}).returncode == 0
    folder = tmp_path / "rasid-demo"
    expected = Expected.of(load_outlets(), free_port)
    asked = {url for url, item in expected.articles.items() if item.stance in {"appeal", "complaint"}}
    with open_index(f"sqlite:///{folder}/rasid-index.db") as index:
        found = {hit.document.url for hit in index.search(Query(size=500)).hits if hit.document.case}
        cases = {hit.document.case for hit in index.search(Query(size=500)).hits if hit.document.case}
    assert len(found & asked) >= 0.85 * len(asked)
    assert len(found - asked) <= 0.2 * len(found)
    (file,) = (folder / "mail").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["X-Rasid-Cases"] == str(len(cases))
    body = mail.get_body(("html",))
    assert body is not None
    assert 'dir="rtl"' in body.get_content()
    settings = {"DATABASE": f"sqlite:///{folder}/rasid.db", "INDEX": f"sqlite:///{folder}/rasid-index.db"}
    searched = rasid("search", "ماء", "--need", "water", "--json", settings=settings)
    assert searched.returncode == 0, searched.stderr
    assert len(searched.stdout.splitlines()) >= 2


@pytest.mark.timeout(240)
def test_the_demo_tells_a_password_that_lets_one_in_and_another_one_next_time(tmp_path: Path, free_port: int) -> None:
    passwords = set()
    for _ in range(2):
        with _served(tmp_path, free_port) as (address, name, password):
            assert name == "demo"
            passwords.add(password)
            form = urlencode({"name": name, "password": password}).encode()
            opener = build_opener(HTTPCookieProcessor())
            with opener.open(f"{address}/login?lang=en", data=form, timeout=30) as page:
                assert page.url == f"{address}/?lang=en"
                assert b'href="/users?lang=en"' in page.read()
    assert len(passwords) == 2


@contextmanager
def _served(folder: Path, port: int) -> Iterator[tuple[str, str, str]]:
    """Run the demo until its desk answers, and give the desk's address with the name and password that were told."""
    settings = {"RASID_DEMO_PORT": str(port), "RASID_PORT": "0"}
    command = [sys.executable, "-P", "-m", "service", "demo"]
    with subprocess.Popen(
        command, cwd=folder, env=clean_environment() | settings, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as demo:
        try:
            assert demo.stdout is not None
            said = ""
            for line in demo.stdout:
                said += line
                if found := re.search(r"the desk is at (\S+).*log in as (\S+) / (\S+)", said, re.DOTALL):
                    yield found[1], found[2], found[3]
                    return
            pytest.fail(said)
        finally:
            demo.terminate()


def test_a_newsroom_port_that_is_taken_is_said_in_one_line(rasid: Rasid, free_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        failed = rasid("demo", settings={"DEMO_PORT": free_port, "DEMO_EXIT": 1})
    assert failed.returncode == 1
    assert "RASID_DEMO_PORT" in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1
