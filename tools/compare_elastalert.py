"""Compares alerting with elastalert2: the same Documents, late and out of order, and the same kills of both programs.

    python tools/compare_elastalert.py [--elasticsearch URL] [--seconds N] [--documents N] [--kills N] [--seed N]

elastalert2 gets a virtual environment of its own under a temporary folder. Without --elasticsearch a real server is
started as the tests do. Documents go through Rasid's database and indexer, which live on; `rasid deliver` and
elastalert2, once for each way to configure it, are killed together at random moments, in turns by SIGTERM and SIGKILL.
A mail server counts what each of them sent of which Document: an appeal that nobody was told of is a miss, each mail of
an appeal after the first a repeat.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

import sqlalchemy as sa  # noqa: E402 - the tests' newsroom is found through the line above
from alert_newsroom import Newsroom, analysis  # noqa: E402
from elasticsearch import Elasticsearch  # noqa: E402

from index import open_index  # noqa: E402
from service.alerts.messages import MOST_TOLD  # noqa: E402
from service.alerts.subscriptions import keep_in_step  # noqa: E402
from service.bench.server import drop  # noqa: E402
from service.database import changes, documents, outbox  # noqa: E402
from service.database.articles import document_id  # noqa: E402
from service.database.engine import Database  # noqa: E402
from service.database.tables import alerts, told  # noqa: E402
from service.database.tables import outbox as outbox_  # noqa: E402
from service.demo.catcher import AnyPort  # noqa: E402
from service.indexer import index_changes  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGES = ("elastalert2==2.19.0", "pytz")
"""pytz is imported by elastalert2 2.19.0, which does not ask for it."""

RASID = "rasid"
ADDRESS = f"{RASID}@newsroom.example"
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "published": {"timestamp_field": "published", "realert": {"minutes": 0}},
    "fetched": {"timestamp_field": "fetched", "realert": {"minutes": 0}},
    "fetched-once": {"timestamp_field": "fetched", "realert": {"weeks": 1}, "query_key": "id"},
}
"""Ways to configure elastalert2; the last keeps in Elasticsearch for which Documents it has been silent."""

RUN_EVERY = {"seconds": 5}
BUFFER_TIME = {"minutes": 15}  # of its documentation's example, which runs every minute

PUBLISHED = ((0, 6), (120, 3), (600, 2), (3_600, 2), (108_000, 2))
"""Seconds by which a text is older than its fetching, and how often."""

ANALYSED = (((0, 2), 7), ((5, 30), 2), ((60, 120), 1))
"""Seconds between fetching and index, least and most, and how often: what waits in a spool, or for a dead worker."""

EDITED = 0.2
"""Share of what happens that is a Document indexed again, changed or not."""

STARTING_SECONDS = 120.0
QUIET_SECONDS = 30.0
LONGEST_REST_SECONDS = outbox.CLAIM.total_seconds() + 90
"""What a mail waits for whose sender was killed, and some more."""


@dataclass
class Catcher:
    """Counts mails by addressee and Document, and by Message-ID; `long` lead to some of their cases by a link alone."""

    told: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    long: set[str] = field(default_factory=set)
    last: float = field(default_factory=time.monotonic)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's interface
        """Count a mail before it is acknowledged."""
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        part = mail.get_body(("plain",))
        text = part.get_content() if part is not None else ""
        program = str(mail["To"]).partition("@")[0]
        for document in set(re.findall(r"/item/([0-9a-f]{64})", text)):
            self.told[program][document] += 1
        self.seen[program, str(mail["Message-ID"])] += 1
        if int(mail["X-Rasid-Cases"] or 0) > MOST_TOLD:
            self.long.add(str(mail["Message-ID"]))
        self.last = time.monotonic()
        return "250 counted"

    def count_behind_links(self, database: Database) -> None:
        """Count what the long mails tell but do not name, once for each mail that came."""
        with database.read() as connection:
            rows = connection.execute(
                sa.select(alerts.c.document, outbox_.c.message_id)
                .join(told, sa.and_(told.c.subject == alerts.c.subject, told.c.fact == alerts.c.fact))
                .join(outbox_, outbox_.c.id == told.c.message)
                .where(outbox_.c.message_id.in_(self.long))
            ).all()
        for row in rows:
            if not self.told[RASID][row.document]:
                self.told[RASID][row.document] = self.seen[RASID, row.message_id]

    def resent(self, program: str) -> int:
        """Return how many mails came again under the same Message-ID, which most mail programs show once."""
        return sum(n - 1 for (whose, id_), n in self.seen.items() if whose == program and id_ != "None")


class Feed:
    """Lets Documents come late and out of order; `appeals` are the ids that must be told."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.room = Newsroom(database, now=datetime.now(UTC) - timedelta(hours=1))
        with database.write() as connection:
            keep_in_step(connection, (ADDRESS,), "ar", self.room.now)
        self.chance = chance
        self.appeals: set[str] = set()
        self.stored: list[tuple[int, datetime, bool]] = []
        self.edits = 0

    def happen(self) -> None:
        """Let a new Document be stored, or an older one again."""
        (least, most), lag = _pick(ANALYSED, self.chance), self.chance.random()
        self.room.now = datetime.now(UTC) - timedelta(seconds=least + (most - least) * lag)
        if self.stored and self.chance.random() < EDITED:
            number, published, asks = self.chance.choice(self.stored)
            self.edits += 1
            if self.chance.random() < 0.5:
                self.room.now = datetime.now(UTC)
                with self.room.database.write() as connection:
                    changes.announce(connection, [document_id(_url(number))], self.room.now)
                return
        else:
            number, asks = len(self.stored) + 1, self.chance.random() < 2 / 3
            published = self.room.now - timedelta(seconds=_pick(PUBLISHED, self.chance))
            self.stored.append((number, published, asks))
        read = analysis() if asks else analysis() | {"stance": "none", "appeals": []}
        self.room.store(number, read=read, published=published, indexed=False, case=self._case(number))
        if asks:
            self.appeals.add(document_id(_url(number)))

    def _case(self, number: int) -> str | None:
        id_ = document_id(_url(number))
        with self.room.database.read() as connection:
            held = documents.held(connection, id_)
        return held.case if held is not None else None


class Program:
    """A program that is started, killed and started again in a folder of its own."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._command, self._folder, self._environment = command, folder, dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with what it says at the end of log.txt."""
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait; SIGKILL follows where it takes more than three seconds."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def runs(self) -> bool:
        """Say whether it is alive."""
        return self._process is not None and self._process.poll() is None


def main() -> None:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--elasticsearch", default="", help="a server to use instead of starting one")
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--documents", type=int, default=150, help="Documents stored or stored again")
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument(
        "--environment", type=Path, help="a virtual environment to make elastalert2 in, or to use again"
    )
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rasid-compare-")))
        programs = environment(options.environment or folder / "venv")
        url = options.elasticsearch or stack.enter_context(server())
        for line in compare(folder, programs, url, options):
            print(line, flush=True)


def environment(folder: Path) -> Path:
    """Make a virtual environment with elastalert2 where there is none, and return the folder of its programs."""
    if not (folder / "bin" / "elastalert").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True)
    return (folder / "bin").absolute()


@contextmanager
def server() -> Iterator[str]:
    """Start the Elasticsearch of the tests."""
    command = [sys.executable, str(TESTS / "servers" / "elasticsearch.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:  # it was asked for
            raise AssertionError
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def compare(folder: Path, bin_: Path, url: str, options: argparse.Namespace) -> Iterator[str]:
    """Run the scenario and yield the lines of the table."""
    chance = random.Random(options.seed)  # noqa: S311 - reproducible on purpose
    prefix = f"compare-{os.getpid()}"
    catcher = Catcher()
    post = AnyPort(catcher, hostname="127.0.0.1", port=0)
    post.start()
    client = Elasticsearch(url)
    load = os.getloadavg()[0]
    stop = threading.Event()
    try:
        with (
            Database.open(f"sqlite:///{folder}/rasid.db", create=True) as database,
            open_index(f"{url}?prefix={prefix}") as index,
        ):
            feed = Feed(database, chance)
            indexer = threading.Thread(target=_index, args=(database, index, stop))
            indexer.start()
            programs = {RASID: _rasid(folder, post.port)}
            programs |= {
                name: _elastalert(name, folder, bin_, url=url, prefix=prefix, port=post.port) for name in VARIANTS
            }
            try:
                for program in programs.values():
                    program.start()
                _await_first_runs(client, prefix)
                _scenario(feed, programs, chance, options)
                _rest(catcher, database)
                _still_run(programs, folder)
                catcher.count_behind_links(database)
            finally:
                for program in programs.values():
                    program.end(signal.SIGTERM)
                stop.set()
                indexer.join()
    finally:
        post.stop()
        drop(client, prefix)
        client.close()
    yield (
        f"{len(feed.stored)} Documents ({len(feed.appeals)} appeals) and {feed.edits} indexed again in "
        f"{options.seconds:.0f} s, {options.kills} kills, seed {options.seed}, "
        f"load {load:.0f} to {os.getloadavg()[0]:.0f}"
    )
    yield from _table(feed, catcher, programs)


def _table(feed: Feed, catcher: Catcher, programs: Mapping[str, Program]) -> Iterator[str]:
    yield "| program | appeals | missed | repeated | of these under the same Message-ID | told, no appeal |"
    yield "|---|---|---|---|---|---|"
    for name in programs:
        told = catcher.told[name]
        missed = len(feed.appeals - set(told))
        repeated = sum(number - 1 for number in told.values())
        other = len(set(told) - feed.appeals)
        shown = name if name == RASID else f"elastalert2, {name}"
        yield f"| {shown} | {len(feed.appeals)} | {missed} | {repeated} | {catcher.resent(name)} | {other} |"


def _scenario(feed: Feed, programs: Mapping[str, Program], chance: random.Random, options: argparse.Namespace) -> None:
    """Let Documents come at random moments while all programs are killed and started again together."""
    begun = time.monotonic()
    acts: list[tuple[float, str]] = [(chance.uniform(0, options.seconds), "happen") for _ in range(options.documents)]
    gap = options.seconds / max(1, options.kills)
    for number in range(options.kills):
        at = gap * (number + chance.uniform(0.2, 0.8))
        acts += [(at, f"kill {number}"), (at + chance.uniform(0.5, 4.0), "start")]
    for at, act in sorted(acts):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        if act == "happen":
            feed.happen()
        elif act == "start":
            for program in programs.values():
                program.start()
        else:
            for program in programs.values():
                program.end(signal.SIGKILL if int(act.split()[1]) % 2 else signal.SIGTERM)


def _rasid(folder: Path, port: int) -> Program:
    """Return `rasid deliver` on the database."""
    own = folder / RASID
    own.mkdir()
    settings = {
        "DATABASE": f"sqlite:///{folder}/rasid.db",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "ALERT_TO": ADDRESS,
        "ALERT_INTERVAL": "1",
        "MAIL_PER_MINUTE": "10000",
        "MAIL_PER_RECIPIENT": "10000",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    command = [sys.executable, "-P", "-m", "service", "deliver"]
    return Program(command, own, clean | {f"RASID_{name}": value for name, value in settings.items()})


def _elastalert(name: str, folder: Path, bin_: Path, *, url: str, prefix: str, port: int) -> Program:
    """Return elastalert2 with one rule, and its own indices made as its documentation says."""
    own = folder / name
    (own / "rules").mkdir(parents=True)
    where = urlsplit(url)
    writeback = f"{prefix}-{name}"
    config = {
        "rules_folder": "rules",
        "run_every": RUN_EVERY,
        "buffer_time": BUFFER_TIME,
        "es_host": where.hostname,
        "es_port": where.port,
        "writeback_index": writeback,
        "alert_time_limit": {"days": 2},
    }
    rule = {
        "name": name,
        "type": "any",
        "index": f"{prefix}-items",
        "filter": [{"term": {"stance": "appeal"}}],
        "alert": ["email"],
        "email": [f"{name}@newsroom.example"],
        "from_addr": "elastalert@newsroom.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "alert_text_type": "alert_text_only",
        "alert_text": "http://desk.example/item/{0}",
        "alert_text_args": ["id"],
        **VARIANTS[name],
    }
    for file, content in (("config.yaml", config), ("rules/appeals.yaml", rule)):
        (own / file).write_text(json.dumps(content))  # JSON is YAML
    clean = {"PATH": os.environ["PATH"], "HOME": str(own)}
    made: list[Path | str] = [
        bin_ / "elastalert-create-index",
        "--config",
        "config.yaml",
        "--index",
        writeback,
        "--old-index",
        "",
    ]
    with (own / "log.txt").open("ab") as log:
        subprocess.run(made, cwd=own, env=clean, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return Program([str(bin_ / "elastalert"), "--config", "config.yaml", "--verbose"], own, clean)


def _index(database: Database, index: Any, stop: threading.Event) -> None:
    while not stop.is_set():
        if not index_changes(database, index, {}).changes:
            stop.wait(0.2)


def _still_run(programs: Mapping[str, Program], folder: Path) -> None:
    for name, program in programs.items():
        if not program.runs():
            message = f"{name} ended by itself: {(folder / name / 'log.txt').read_text()[-3000:]}"
            raise SystemExit(message)


def _await_first_runs(client: Elasticsearch, prefix: str) -> None:
    """Wait until every elastalert2 has written that it ran: what comes from now on is its to find."""
    end = time.monotonic() + STARTING_SECONDS
    for name in VARIANTS:
        while not client.count(index=f"{prefix}-{name}_status")["count"]:
            if time.monotonic() > end:
                message = f"elastalert2 ({name}) has not run after {STARTING_SECONDS:.0f} s"
                raise SystemExit(message)
            time.sleep(1)


def _rest(catcher: Catcher, database: Database) -> None:
    """Wait until no mail has come for a while, and none is owed that was in a killed mailer's hands."""
    begun = time.monotonic()
    while time.monotonic() < begun + LONGEST_REST_SECONDS:
        time.sleep(1)
        with database.read() as connection:
            unsent = connection.scalar(sa.select(sa.func.count()).where(outbox_.c.state != "sent"))
        if not unsent and time.monotonic() > max(catcher.last, begun) + QUIET_SECONDS:
            return


def _pick(weighted: Any, chance: random.Random) -> Any:
    values, weights = zip(*weighted, strict=True)
    return chance.choices(values, weights)[0]


def _url(number: int) -> str:
    return f"https://agency.example/{number}"


if __name__ == "__main__":
    main()
