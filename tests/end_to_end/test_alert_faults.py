"""The process is killed at every named step between the index and the mail server, while texts arrive late.

RASID_TEST_ALERT_FAULTS says how many times: 200 is the long run (`make test-alerts`).
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alert_newsroom import Newsroom, analysis
from end_to_end.alert_child import REPEATING, STEPS
from end_to_end.conftest import clean_environment
from end_to_end.settled import mail, plain, until

from service.alerts.messages import MOST_TOLD
from service.alerts.subscriptions import Tells
from service.database import changes
from service.database.articles import document_id
from service.database.engine import Database
from service.database.tables import alerts, outbox, told
from service.demo.catcher import catching_mail

KILLS = int(os.environ.get("RASID_TEST_ALERT_FAULTS", "14"))
LONGEST_LIFE_SECONDS = 4.0
SEED = 20261126
ALL, WATER, CRITICAL = "all@newsroom.example", "water@newsroom.example", "critical@newsroom.example"


class Feed:
    """Lets texts arrive, late and out of order, and keeps in plain words who must be told of which case."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.room = Newsroom(database, now=datetime.now(UTC))
        self.chance = chance
        self.cases: list[str] = []
        self.owed: set[tuple[str, str]] = set()
        self.of_case: defaultdict[str, set[str]] = defaultdict(set)
        self.numbers = 0
        self.room.subscribe(ALL, name="all", tells=tuple(Tells))
        self.room.subscribe(WATER, ALL, name="water", query="need=water")
        self.room.subscribe(CRITICAL, name="critical", query="urgency=critical&stance=any")

    def arrive(self) -> None:
        """Let one thing happen."""
        self.room.now = datetime.now(UTC)
        act = self.chance.choices((self._new, self._again, self._edit, self._touch), (5, 3, 2, 1))[0]
        act()

    def _read(self) -> tuple[dict[str, Any], str, str]:
        need = self.chance.choice(("water", "electricity", "health"))
        urgency = self.chance.choice(("critical", "high", "normal"))
        read = analysis(needs=[need], urgency=urgency)
        town = self.chance.choice(("الكوت", "النعمانية", "الصويرة", "العزيزية", "بدرة"))
        read["places"] = [{"text": town, "name": town, "kind": "town", "governorate": "IQ-WA", "start": 1, "end": 6}]
        return read, need, urgency

    def _store(self, case: str | None, number: int) -> str:
        read, need, urgency = self._read()
        late = self.room.now - timedelta(hours=self.chance.choice((0, 1, 30, 300)))
        outlet = self.chance.choice(("agency", "second", "third", "fourth"))
        held = self.room.store(number, case=case, read=read, published=late, outlet=outlet, indexed=False)
        self.of_case[held].add(document_id(f"https://agency.example/{number}"))
        self.owed.add((ALL, held))
        if need == "water":
            self.owed.add((WATER, held))
        if urgency == "critical":
            self.owed.add((CRITICAL, held))
        return held

    def _new(self) -> None:
        self.numbers += 1
        self.cases.append(self._store(None, self.numbers))

    def _again(self) -> None:
        self.numbers += 1
        case = self._store(self.chance.choice(self.cases) if self.cases else None, self.numbers)
        if case not in self.cases:
            self.cases.append(case)

    def _edit(self) -> None:
        """Let a typo be mended: the same facts under another title."""
        if self.numbers:
            number = self.chance.randrange(1, self.numbers + 1)
            with self.room.database.read() as connection:
                held = connection.execute(
                    sa.text(
                        'SELECT d."case", a.analysis, x.outlet FROM documents d JOIN analyses a ON a.document = d.id '
                        "AND a.version = d.version JOIN articles x ON x.document = d.id AND x.version = d.version "
                        "WHERE d.id = :id"
                    ).columns(analysis=sa.JSON),
                    {"id": document_id(f"https://agency.example/{number}")},
                ).one()
            self.room.store(
                number,
                case=held.case,
                read=held.analysis,
                outlet=held.outlet,
                title=f"عنوان صُحّح {self.chance.random()}",
                indexed=False,
            )

    def _touch(self) -> None:
        if self.numbers:
            number = self.chance.randrange(1, self.numbers + 1)
            with self.room.database.write() as connection:
                changes.announce(connection, [document_id(f"https://agency.example/{number}")], self.room.now)


def _let_claims_end(database: Database) -> None:
    with database.write() as connection:
        connection.execute(outbox.update().where(outbox.c.state != "sent").values(due=datetime.now(UTC)))


def _at_rest(database: Database) -> bool:
    with database.read() as connection:
        last = changes.last(connection)
        stages = {changes.position(connection, name) for name in (changes.INDEXER, changes.MATCHER)}
        waiting = connection.scalar(sa.select(sa.func.count()).where(alerts.c.written.is_(None)))
        unsent = connection.scalar(sa.select(sa.func.count()).where(outbox.c.state != "sent"))
    return stages == {last} and waiting == unsent == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.timeout(120 + 6 * KILLS)
def test_killed_at_every_step_no_alert_is_missed_and_none_told_twice_but_the_one_in_flight(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    database_url = f"sqlite:///{tmp_path}/rasid.db" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    index_url = f"sqlite:///{tmp_path}/index.db"
    chance = random.Random(SEED)
    kept = tmp_path / "mail"
    repeats = 0
    with Database.open(database_url, create=True) as database, catching_mail(kept) as port:
        feed = Feed(database, chance)
        child = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("alert_child.py"), database_url, index_url, str(port)],
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            for number in range(KILLS):
                step = list(STEPS)[number % len(STEPS)]
                repeats += step in REPEATING
                child.stdin.write(f"{step} {chance.randint(1, 3)}\n")
                process = int(child.stdout.readline())
                end = time.monotonic() + LONGEST_LIFE_SECONDS
                while time.monotonic() < end and _runs(process):
                    feed.arrive()
                    time.sleep(chance.uniform(0.02, 0.3))
                if _runs(process):
                    os.kill(process, signal.SIGKILL)
                    repeats += 1  # nobody knows where it was
                assert child.stdout.readline() == "gone\n"
                _let_claims_end(database)
            child.stdin.write("none 0\n")
            process = int(child.stdout.readline())
            assert until(lambda: _at_rest(database), 60)
            os.kill(process, signal.SIGKILL)
        finally:
            child.stdin.close()
            child.wait(10)
            child.stdout.close()
        with database.read() as connection:
            rows = connection.execute(
                sa.select(told.c.recipient, told.c.subject, outbox.c.message_id).join(
                    outbox, outbox.c.id == told.c.message
                )
            )
            long = _long(kept)
            behind_the_link = {(row.recipient, row.subject) for row in rows if row.message_id in long}
    _check(feed, kept, repeats, behind_the_link)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _long(kept: Path) -> set[str]:
    """Return the mails that lead to some of their cases by a link alone."""
    read = map(mail, kept.glob("*.eml"))
    return {str(each["Message-ID"]) for each in read if int(each["X-Rasid-Cases"]) > MOST_TOLD}


def _check(feed: Feed, kept: Path, repeats: int, behind_the_link: set[tuple[str, str]]) -> None:
    accepted = [mail(file) for file in kept.glob("*.eml")]
    times = Counter(str(each["Message-ID"]) for each in accepted)
    once = {str(each["Message-ID"]): each for each in accepted}
    facts: Counter[tuple[str, str, str]] = Counter()
    reached = set(behind_the_link)
    case_of = {item: case for case, items in feed.of_case.items() for item in items}
    for each in once.values():
        text = plain(each)
        assert int(each["X-Rasid-Cases"]) >= 1
        blocks = re.split(r"(?m)^\d+\. ", text)[1:]
        for block in blocks:
            item = re.search(r"/item/([0-9a-f]{64})", block)
            why = re.search(r"سبب الإرسال: (.*)", block)
            assert item is not None
            assert why is not None
            case = case_of[item[1]]
            reached.add((str(each["To"]), case))
            facts.update((str(each["To"]), case, fact) for fact in why[1].split("، "))
    assert feed.owed - reached == set()
    assert {key: number for key, number in facts.items() if number > 1} == {}
    assert sum(times.values()) - len(times) <= repeats
