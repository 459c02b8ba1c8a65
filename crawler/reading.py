"""The work on fetched bytes that takes time, done beside the process that fetches.

Reading a page takes ten times as long as fetching it takes of a processor; in the fetching process it would hold up
every other request.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from crawler.entries import BadListError, ListPage
from crawler.extraction import Extracted, extract
from crawler.feeds import read_feed
from crawler.listings import read_listing
from crawler.registry import Kind, Outlet, Source
from crawler.sitemaps import read_sitemap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_LIMIT: Final = 20  # seconds for one page: a page of ordinary size takes a hundredth of one
_Result = TypeVar("_Result")


class UnreadablePageError(Exception):
    """A page on which reading itself failed: it took too long, too much memory, or met a fault of ours."""


class Readers:
    """A pool that reads lists and pages: `processes` of them, or one thread where that is 0.

    Made on first use; `close` must be called at the end.
    """

    def __init__(self, processes: int) -> None:
        # A process started as a daemon may not start others.
        self._processes = 0 if multiprocessing.current_process().daemon else processes
        self._pool: Executor | None = None

    def warm_up(self) -> None:
        """Start the pool now, so that it stands when the first list is there."""
        pool = self._start()
        for _ in range(self._processes):
            pool.submit(os.getpid)

    async def read_list(self, source: Source, body: bytes, url: str, content_type: str) -> ListPage:
        """Read the list of a Source.

        Raises:
            BadListError: it cannot be read.

        """
        try:
            return await self._run(_read_list, source, body, url, content_type)
        except UnreadablePageError as error:
            raise BadListError(str(error)) from error

    async def extract(self, body: bytes, url: str, outlet: Outlet, content_type: str) -> Extracted:
        """Extract a page.

        Raises:
            UnreadablePageError: reading failed; says how.

        """
        return await self._run(_extract, body, url, outlet, content_type)

    def close(self) -> None:
        """End the pool. What it still reads is lost."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _run(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        for last in (False, True):
            pool = self._pool or self._start()
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
            except BrokenExecutor as error:
                if self._pool is pool:
                    self.close()
                if last:
                    message = "the process that read it died"
                    raise UnreadablePageError(message) from error
        raise AssertionError

    def _start(self) -> Executor:
        if self._processes:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["crawler.reading"])
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_prepare_process)
        else:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="rasid-reader")
        return self._pool


def _prepare_process() -> None:
    """Make a reader leave Ctrl-C to the crawl, end with it however it ends, and keep libraries' warnings to itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _out_of_time)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _out_of_time(_: int, __: FrameType | None) -> None:
    message = f"reading it took more than {_LIMIT} seconds"
    raise UnreadablePageError(message)


@contextlib.contextmanager
def _limited() -> Any:
    """Bound the work in time, where this is a process of the pool, and give every fault of it one name."""
    timed = multiprocessing.parent_process() is not None and threading.current_thread() is threading.main_thread()
    if timed:
        signal.setitimer(signal.ITIMER_REAL, _LIMIT)
    try:
        yield
    except (UnreadablePageError, BadListError):
        raise
    except Exception as error:
        message = f"reading it failed: {type(error).__name__}: {error}"[:300]
        raise UnreadablePageError(message) from error
    finally:
        if timed:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _read_list(source: Source, body: bytes, url: str, content_type: str) -> ListPage:
    with _limited():
        match source.kind:
            case Kind.FEED:
                return read_feed(body, url, content_type)
            case Kind.SITEMAP:
                return read_sitemap(body, url)
            case Kind.LISTING:
                return read_listing(
                    body, url, content_type, items=source.items, pattern=source.pattern, date=source.date
                )


def _extract(body: bytes, url: str, outlet: Outlet, content_type: str) -> Extracted:
    with _limited():
        return extract(body, url, outlet=outlet, content_type=content_type)
