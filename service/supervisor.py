"""`rasid up`: the crawl scheduler, the worker, the indexer, the mailer and the desk, started and stopped together."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from typing import TYPE_CHECKING

from service import assembly, stages
from service.crawling import run_crawl
from service.stages import Stage
from service.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from index import Index
    from service.assembly import Outlets
    from service.database.engine import Database
    from service.settings import Settings

log = logging.getLogger(__name__)

CRAWL = ("service.crawling", "on")
"""The program that crawls; ids of Sources may follow."""

AFRESH_SECONDS = 5.0
"""Pause before a fresh process crawls in place of one that ended, be it for want of any Source."""


def up(settings: Settings) -> None:
    """Run every stage in a thread and the desk in this one, until SIGINT or SIGTERM.

    The crawl is a process of its own (see `service.crawling`). Raises what keeps a stage from being started: a
    faulty setting, registry, database or index.
    """
    from service.serving import serve  # noqa: PLC0415 - the web framework takes a second to import

    assembly.registry(settings)  # raises here rather than in the crawl
    outlets = assembly.outlets(settings)
    stop = threading.Event()
    with (
        assembly.database(settings) as database,
        assembly.index(settings) as index,
        running(every_stage(settings, database, index, outlets, stop), stop),
    ):
        serve(settings, index, database, outlets, announce=lambda url: log.info("the desk is at %s", url))


def every_stage(
    settings: Settings,
    database: Database,
    index: Index,
    outlets: Outlets,
    stop: threading.Event,
    *,
    crawl: Sequence[str] = CRAWL,
) -> list[Stage]:
    """Return all stages, from the feeds to the mails. `crawl` is the program that crawls, see `crawling`."""
    worker = Worker(database, assembly.analyser(settings), outlets, assembly.dues(settings))
    return [
        crawling(settings, stop, crawl),
        stages.working(worker, stop),
        stages.indexing(database, index, outlets),
        stages.matching(database, settings, outlets),
        stages.digesting(database, settings, outlets),
        stages.mailing(database, settings, stop),
    ]


def crawling(settings: Settings, stop: threading.Event, program: Sequence[str]) -> Stage:
    """Return the stage that runs a program that crawls Sources as they become due: a module with its arguments."""

    def step() -> bool:
        run_crawl(settings, program, stop.is_set)
        return False

    return Stage("crawler", step, idle_seconds=AFRESH_SECONDS)


@contextlib.contextmanager
def running(loops: Sequence[Stage], stop: threading.Event) -> Iterator[None]:
    """Run stages in threads during the block; at its end they are told to stop, and waited for."""
    threads = [threading.Thread(target=stages.run, args=(loop, stop), name=loop.name) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def until_stopped(loops: Callable[[threading.Event], Sequence[Stage]]) -> None:
    """Run stages in threads until SIGINT or SIGTERM: what the commands of a single stage do."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(loops(stop), stop):
        stop.wait()
