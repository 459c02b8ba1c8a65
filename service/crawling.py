"""The crawl, in a process of its own.

Scrapy's reactor runs once in a process; and a page that eats memory or hangs takes down the crawl, never the desk.
As a program, `python -m service.crawling once ID…` crawls Sources that its starter has leased, and
`python -m service.crawling on [ID…]` leases and crawls those that are due, again and again.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from service.database import crawls
from service.errors import CrawlFailed
from service.settings import read_settings
from service.sink import DatabaseSink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crawler import Registry, SourceReport
    from service.database.engine import Database
    from service.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often it is looked for Sources that are due: far below the shortest interval, one minute."""

FRESH_AFTER = timedelta(hours=2)
"""How long one process goes on before a fresh one takes its place, with the memory that libraries never gave back."""

STOP_SECONDS = 20.0
"""How long a crawl that is told to stop may take to finish what it is fetching."""


class LeasedSink(DatabaseSink):
    """A DatabaseSink for a crawl that goes on: leases Sources as they become due, and gives back what is finished.

    `intervals` has the Sources to look at, each with its interval.
    """

    def __init__(self, database: Database, intervals: Mapping[str, timedelta]) -> None:
        super().__init__(database)
        self._intervals = intervals
        self._owner = _owner()
        self._held: set[str] = set()
        self._begun = datetime.now(UTC)

    def due(self) -> list[str] | None:
        """Lease the Sources that are due and return their ids; None where a fresh process should take over."""
        now = datetime.now(UTC)
        age = now - self._begun
        # one slow outlet may hold the change up, but not for ever; what it still has to fetch is listed again
        if age > 2 * FRESH_AFTER or (age > FRESH_AFTER and not self._held):
            return None
        ids = _lease(self._database, self._intervals, self._owner, heed_failures=True)
        self._held.update(ids)
        return ids

    def finish(self, report: SourceReport) -> None:
        """Store the Source's report and give the Source back."""
        with self._database.write() as connection:
            crawls.record(connection, report)
            crawls.release(connection, [report.source], self._owner)
        self._held.discard(report.source)
        if report.accepted or report.rejected:
            log.info("%s: %d new, %d rejected", report.source, report.accepted, sum(report.rejected.values()))

    def give_back(self) -> None:
        """Give back all that is still held."""
        with self._database.write() as connection:
            crawls.release(connection, self._held, self._owner)


def crawl_sources(settings: Settings, ids: Sequence[str]) -> list[SourceReport]:
    """Crawl these Sources now, in this process, into the database. Works once in a process."""
    from crawler import crawl  # noqa: PLC0415 - Scrapy takes a second to import
    from service import assembly  # noqa: PLC0415 - see above

    chosen = assembly.registry(settings).select(ids)
    with assembly.database(settings) as database:
        return crawl(chosen, DatabaseSink(database), assembly.crawl_options(settings))


def watch_sources(
    settings: Settings, ids: Sequence[str], *, interval: timedelta | None = None, look_seconds: float = LOOK_SECONDS
) -> None:
    """Crawl these Sources (all where none is named) as they become due, in this process, until SIGINT or SIGTERM.

    Works once in a process. `interval` counts instead of the registry's.
    """
    from crawler import watch  # noqa: PLC0415 - Scrapy takes a second to import
    from service import assembly  # noqa: PLC0415 - see above

    chosen = assembly.registry(settings).select(ids)
    intervals = {
        source.id: timedelta(minutes=source.interval) if interval is None else interval
        for outlet in chosen
        for source in outlet.sources
    }
    with assembly.database(settings) as database:
        sink = LeasedSink(database, intervals)
        try:
            watch(chosen, sink, assembly.crawl_options(settings), sink.due, look_seconds=look_seconds)
        finally:
            sink.give_back()


def crawl_once(
    settings: Settings,
    database: Database,
    registry: Registry,
    *,
    stopping: Callable[[], bool],
    only: Sequence[str] = (),
) -> list[str]:
    """Crawl the Sources that no other crawler holds, due or not, in a process of its own, and return their ids.

    `only` names the Sources to look at (all where empty). Raises CrawlFailed where the process ended badly; the
    leases are given back in any case.
    """
    intervals = {source.id: timedelta(0) for source in registry.sources if not only or source.id in only}
    name = _owner()
    ids = _lease(database, intervals, name, heed_failures=False)
    if not ids:
        return []
    try:
        run_crawl(settings, ["service.crawling", "once", *ids], stopping)
    finally:
        with database.write() as connection:
            crawls.release(connection, ids, name)
    return ids


def run_crawl(settings: Settings, program: Sequence[str], stopping: Callable[[], bool]) -> None:
    """Run a module that crawls as a program with its arguments, until it stops, wants a fresh process, or is to stop.

    Raises CrawlFailed where it ended badly.
    """
    # -P: a folder that happens to be called `index` where Rasid is started must not shadow ours
    command = [sys.executable, "-P", "-m", *program]
    with subprocess.Popen(
        command,
        env={**os.environ, **settings.environment()},
        stdin=subprocess.PIPE,  # ends when this process does, however it ends: see run_as_program
        start_new_session=True,  # a terminal's Ctrl-C reaches this process alone, which tells the crawl once
    ) as process:
        try:
            while process.poll() is None and not stopping():
                time.sleep(0.1)
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode and not stopping():
        raise CrawlFailed(f"a crawl ended with status {process.returncode}; its output says why")


def run_as_program(crawling: Callable[[Settings], object]) -> int:
    """Crawl as what `run_crawl` started, and return the exit status: log, report faults, end with the starter."""
    from service.failing import reported  # noqa: PLC0415 - only as a program
    from service.logs import set_up  # noqa: PLC0415 - only as a program

    set_up()
    threading.Thread(target=_end_with_starter, daemon=True).start()
    with reported() as status:
        crawling(read_settings())
    return status.code


def _owner() -> str:
    """Return the name under which this process leases Sources."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _lease(database: Database, intervals: Mapping[str, timedelta], owner: str, *, heed_failures: bool) -> list[str]:
    with database.write() as connection:
        crawls.forget_dead(connection, socket.gethostname(), _alive)
        return crawls.lease(connection, intervals, owner, datetime.now(UTC), heed_failures=heed_failures)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_with_starter() -> None:
    """End this process when its starter is gone: nobody would give its leases back while it went on.

    Whatever was accepted is in the database, so it may end anywhere. (Asking for the parent's number would come too
    late where the parent died while this process was starting.)
    """
    while os.read(sys.stdin.fileno(), 1):  # not by sys.stdin, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


def _main(how: str, *ids: str) -> int:
    if how == "once":
        return run_as_program(lambda settings: crawl_sources(settings, ids))
    return run_as_program(lambda settings: watch_sources(settings, ids))


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
