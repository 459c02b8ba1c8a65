"""How soon a recipient is told: from an item that appears in a feed to the mail server that has accepted the mail.

As a program, `python -m service.bench.alerts`, it is `rasid up` without the desk, which looks into every feed again as
soon as a second has passed since it last did.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.bench.documents import COMMON_GOVERNORATES, COMMON_NEEDS, documents
from service.bench.environment import environment
from service.bench.feeding import OUTLETS, Feeds, asks
from service.bench.pages import host
from service.bench.search import percentile
from service.database import articles, outbox
from service.database.articles import document_id
from service.database.engine import Database
from service.database.tables import alerts, analyses, told
from service.database.tables import articles as articles_
from service.database.tables import outbox as outbox_
from service.demo.catcher import AnyPort

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiosmtpd.smtp import SMTP, Envelope, Session

PER_SECOND = 20.0
"""Items that appear in the feeds in a second: far more than all of Iraq publishes."""

POLL_SECONDS = 1.0
STARTING_SECONDS = 120.0
LONGEST_REST_SECONDS = 180.0
"""How long the last mail is waited for: a loaded machine has a backlog."""

SUBSCRIPTIONS = 1_000
BATCH = 100

_TO = "editor@newsroom.example"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long it took, in seconds, over the appeals that were told.

    Attributes:
        items: that appeared in the feeds, `appeals` of them appeals by design.
        fetched: items that were fetched when the waiting ended.
        told: appeals that the mail server accepted a mail of.
        p50: from the feed to the accepted mail; p95, highest likewise.
        legs: median of each leg: fetching (from the feed), analysing, matching, mailing.
        analysis: median milliseconds that the reader takes for one text on this machine now.
        load: of the machine, mean of a minute, at the end.

    """

    items: int
    appeals: int
    fetched: int
    told: int
    p50: float
    p95: float
    highest: float
    legs: Mapping[str, float]
    analysis: float
    load: float


@dataclass(frozen=True, slots=True)
class Matching:
    """How long subscriptions took to be matched: median seconds by the clock, and of the processor."""

    subscriptions: int
    documents: int
    seconds: float
    processor: float
    found: int


class _Clock:
    """A mail server's side that notes when it accepted which Message-ID first."""

    def __init__(self) -> None:
        self.accepted: dict[str, float] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's interface
        """Note the time."""
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        self.accepted.setdefault(str(mail["Message-ID"]), time.time())
        return "250 accepted"


def bench_latency(*, seconds: float = 20.0) -> Latency:
    """Let items appear for so many seconds and measure until all are told.

    Raises RuntimeError where nothing was told.
    """
    items = int(PER_SECOND * seconds)
    clock = _Clock()
    post = AnyPort(clock, hostname="127.0.0.1", port=0)
    post.start()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Feeds(PER_SECOND, items) as feeds,
            _running(Path(folder), feeds, post.port) as log,
            Database.open(f"sqlite:///{folder}/rasid.db") as database,
        ):
            feeds.begin()
            time.sleep(seconds)
            _rest(database, items)
            return _latency(database, feeds, clock.accepted, items, log.read_text(encoding="utf-8"))
    finally:
        post.stop()


@contextmanager
def _running(folder: Path, feeds: Feeds, port: int) -> Iterator[Path]:
    """Run all stages during the block, which begins when they have looked into a feed; gives their log."""
    (folder / "sources.toml").write_text(feeds.registry(), encoding="utf-8")
    settings = {
        "CRAWL_DELAY": "0.01",
        "CRAWL_PRIVATE_HOSTS": ",".join(host(number) for number in range(OUTLETS)),
        "ALERT_TO": _TO,
        "ALERT_INTERVAL": "0.5",
        "MAIL_PER_MINUTE": "10000",
        "MAIL_PER_RECIPIENT": "10000",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
    }
    command = [sys.executable, "-P", "-m", "service.bench.alerts"]
    log = folder / "log.txt"
    with (
        log.open("wb") as said,
        subprocess.Popen(command, cwd=folder, env=environment(settings), stderr=said) as process,
    ):
        try:
            if not feeds.asked.wait(STARTING_SECONDS):
                message = f"no feed was looked into: {log.read_text(encoding='utf-8')[-2000:]}"
                raise RuntimeError(message)
            yield log
        finally:
            process.terminate()


def _rest(database: Database, items: int) -> None:
    """Wait until all items have been analysed, and all that is owed sent."""
    end = time.monotonic() + LONGEST_REST_SECONDS
    calm = 0
    while calm < 3 and time.monotonic() < end:
        time.sleep(1.0)
        with database.read() as connection:
            states = articles.states(connection)
            owed = connection.scalar(sa.select(sa.func.count()).where(alerts.c.written.is_(None)))
            unsent = sum(number for state, number in outbox.states(connection).items() if state != "sent")
        done = states.get("analysed", 0) + states.get("rejected", 0) + states.get("failed", 0)
        calm = calm + 1 if done >= items and not owed and not unsent else 0


def _latency(database: Database, feeds: Feeds, accepted: Mapping[str, float], items: int, log: str) -> Latency:
    numbers = {document_id(feeds.url(number)): number for number in range(items)}
    with database.read() as connection:
        fetched = sum(articles.states(connection).values())
        rows = connection.execute(_WAYS).all()
    whole: list[float] = []
    legs: dict[str, list[float]] = {"fetching": [], "analysing": [], "matching": [], "mailing": []}
    for row in rows:
        if row.message_id not in accepted or row.document not in numbers:
            continue
        times = [
            feeds.appeared(numbers[row.document]),
            *(moment.timestamp() for moment in (row.fetched, row.at, row.created)),
            accepted[row.message_id],
        ]
        whole.append(times[-1] - times[0])
        for leg, before, after in zip(legs.values(), times, times[1:], strict=False):
            leg.append(after - before)
    if not whole:
        message = f"nothing was told of {fetched} items that were fetched: {log[-2000:]}"
        raise RuntimeError(message)
    ordered = sorted(whole)
    read = sorted(float(each) for each in re.findall(r" in (\d+) ms$", log, re.MULTILINE))
    return Latency(
        items=items,
        appeals=sum(map(asks, range(items))),
        fetched=fetched,
        told=len(whole),
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        highest=ordered[-1],
        legs={name: percentile(sorted(values), 50) for name, values in legs.items()},
        analysis=percentile(read, 50) if read else 0.0,
        load=os.getloadavg()[0],
    )


_WAYS = (
    sa.select(alerts.c.document, articles_.c.fetched, analyses.c.at, alerts.c.created, outbox_.c.message_id)
    .join(articles_, sa.and_(articles_.c.document == alerts.c.document, articles_.c.version == 1))
    .join(analyses, sa.and_(analyses.c.document == alerts.c.document, analyses.c.version == 1))
    .join(told, sa.and_(told.c.subject == alerts.c.subject, told.c.fact == alerts.c.fact))
    .join(outbox_, outbox_.c.id == told.c.message)
    .where(alerts.c.fact == "new")
)


def bench_matching(*, rounds: int = 3, seed: int = 1) -> Matching:
    """Match a thousand subscriptions, each with a search of its own, against a batch of Documents."""
    from nlp import place_names  # noqa: PLC0415 - reads the gazetteer
    from service.alerts.matching import search_all  # noqa: PLC0415 - as above

    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    batch = list(documents(BATCH, seed))
    words = [word for document in batch for word in document.title.split()]
    queries: set[str] = set()
    while len(queries) < SUBSCRIPTIONS:
        parts = [f"q={chance.choice(words)}"] if chance.random() < 0.7 else []
        parts += [f"primary={chance.choice(COMMON_GOVERNORATES)}"] if chance.random() < 0.5 else []
        parts += [f"need={chance.choice(COMMON_NEEDS)}"] if chance.random() < 0.3 else []
        parts += ["stance=any"] if chance.random() < 0.5 else []
        queries.add("&".join(parts))
    synonyms = tuple(place_names())
    taken: list[tuple[float, float]] = []
    found: dict[str, Any] = {}
    for _ in range(rounds):
        begun, busy = time.perf_counter(), time.process_time()
        found = dict(search_all(batch, queries, synonyms))
        taken.append((time.perf_counter() - begun, time.process_time() - busy))
    middle = rounds // 2
    return Matching(
        subscriptions=len(queries),
        documents=len(batch),
        seconds=sorted(each for each, _ in taken)[middle],
        processor=sorted(each for _, each in taken)[middle],
        found=sum(map(len, found.values())),
    )


def _crawl() -> int:
    """Crawl as `rasid up` does, but look into each feed every second."""
    from service.crawling import run_as_program, watch_sources  # noqa: PLC0415 - only as a program

    return run_as_program(
        lambda settings: watch_sources(
            settings, (), interval=timedelta(seconds=POLL_SECONDS), look_seconds=POLL_SECONDS / 4
        )
    )


def _main() -> None:
    """Run the stages of `rasid up`, each feed looked into every second."""
    from service import assembly  # noqa: PLC0415 - only as a program
    from service.logs import set_up  # noqa: PLC0415 - as above
    from service.settings import read_settings  # noqa: PLC0415 - as above
    from service.supervisor import every_stage, until_stopped  # noqa: PLC0415 - as above

    set_up(verbose=True)
    settings = read_settings()
    outlets = assembly.outlets(settings)
    with assembly.database(settings) as database, assembly.index(settings) as index:
        until_stopped(lambda stop: every_stage(settings, database, index, outlets, stop, crawl=_CRAWL))


_CRAWL = ("service.bench.alerts", "crawl")


if __name__ == "__main__":
    if sys.argv[1:] == ["crawl"]:
        sys.exit(_crawl())
    _main()
