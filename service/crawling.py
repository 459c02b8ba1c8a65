"""Crawl rounds, each a process of its own.

Scrapy's reactor runs once in a process; and a page that eats memory or hangs takes down one round, never the desk.
As a program, `python -m service.crawling ID…` is that process: it crawls Sources that its starter has leased.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from service.database import crawls
from service.errors import CrawlRoundFailed
from service.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawler import Registry, SourceReport
    from service.database.engine import Database
    from service.settings import Settings

LOOK_SECONDS = 5.0
"""How often the scheduler looks for Sources that are due: far below the shortest interval, one minute."""

STOP_SECONDS = 20.0
"""How long a round that is told to stop may take to finish what it is fetching."""


def owner() -> str:
    """Return the name under which this process leases Sources."""
    return f"{socket.gethostname()}:{os.getpid()}"


def crawl_sources(settings: Settings, ids: Sequence[str]) -> list[SourceReport]:
    """Crawl these Sources now, in this process, into the database. Works once in a process."""
    from crawler import crawl  # noqa: PLC0415 - Scrapy takes a second to import
    from service import assembly  # noqa: PLC0415 - see above
    from service.sink import DatabaseSink  # noqa: PLC0415 - see above

    chosen = assembly.registry(settings).select(ids)
    with assembly.database(settings) as database:
        return crawl(chosen, DatabaseSink(database), assembly.crawl_options(settings))


def crawl_due(
    settings: Settings,
    database: Database,
    registry: Registry,
    *,
    stopping: Callable[[], bool],
    only: Sequence[str] = (),
    whenever: bool = False,
) -> list[str]:
    """Lease the Sources that are due, crawl them in a process of their own, and return their ids.

    `only` names the Sources to look at (all where empty); with `whenever` each of them is due now.
    Raises CrawlRoundFailed where the process ended badly; the leases are given back in any case.
    """
    intervals = {
        source.id: timedelta(0) if whenever else timedelta(minutes=source.interval)
        for source in registry.sources
        if not only or source.id in only
    }
    name = owner()
    with database.write() as connection:
        crawls.forget_dead(connection, socket.gethostname(), _alive)
        ids = crawls.lease(connection, intervals, name, datetime.now(UTC), heed_failures=not whenever)
    if not ids:
        return []
    try:
        _run(settings, ids, stopping)
    finally:
        with database.write() as connection:
            crawls.release(connection, ids, name)
    return ids


def _run(settings: Settings, ids: Sequence[str], stopping: Callable[[], bool]) -> None:
    # -P: a folder that happens to be called `index` where Rasid is started must not shadow ours
    command = [sys.executable, "-P", "-m", "service.crawling", *ids]
    with subprocess.Popen(command, env={**os.environ, **settings.environment()}, stdin=subprocess.DEVNULL) as process:
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
        raise CrawlRoundFailed(
            f"a crawl of {len(ids)} sources ended with status {process.returncode}; its output says why"
        )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_with(parent: int) -> None:
    """End this process when its starter is gone: nobody would give its leases back while it went on.

    Whatever was accepted is in the database, so it may end anywhere.
    """
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _main() -> int:
    from service.failing import reported  # noqa: PLC0415 - only as a program
    from service.logs import set_up  # noqa: PLC0415 - only as a program

    set_up()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with reported() as status:
        crawl_sources(read_settings(), sys.argv[1:])
    return status.code


if __name__ == "__main__":
    sys.exit(_main())
