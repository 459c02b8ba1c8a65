"""A crawl of Outlets into a Sink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import OptionsError
from crawler.process import run_spider
from crawler.session import CrawlSession
from crawler.spider import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.options import CrawlOptions
    from crawler.registry import Outlet
    from crawler.session import Due
    from crawler.sink import Sink, SourceReport


def crawl(outlets: Sequence[Outlet], sink: Sink, options: CrawlOptions) -> list[SourceReport]:
    """Crawl the Sources of the Outlets into the sink, blocking, and return a report of each.

    Once in a process: Twisted's reactor cannot be started again. Pages are read in processes of their own, so a script
    that calls this guards its entry with `if __name__ == "__main__"`. Interrupted, it reports what was done.

    Raises:
        OptionsError: `options.sources` names a Source that none of the Outlets has.
        CrawlFailedError: this process has crawled before, or the crawl could not be run to its end.
        Exception: whatever the sink or `options.on_progress` raised; the crawl ends with it.

    """
    session = CrawlSession(outlets, sink, options)
    _run(session)
    return session.reports


def watch(outlets: Sequence[Outlet], sink: Sink, options: CrawlOptions, due: Due, *, look_seconds: float) -> None:
    """Crawl Sources of the Outlets into the sink as they become due, blocking, until `due` returns None or a signal.

    `due` is called in the crawling thread, every `look_seconds`, and returns the ids of the Sources to crawl now; each
    is reported to the sink when its last item is done, and a slow host holds up the others for a request or so.
    Otherwise as `crawl`.

    Raises:
        OptionsError: `options.sources` names a Source that none of the Outlets has.
        CrawlFailedError: this process has crawled before, or the crawl could not go on.
        Exception: whatever the sink, `due` or `options.on_progress` raised; the crawl ends with it.

    """
    _run(CrawlSession(outlets, sink, options, due=due, look_seconds=look_seconds))


def _run(session: CrawlSession) -> None:
    unknown = session.options.sources - {source.id for _, source in session.wanted}
    if unknown:
        message = f"no such source: {', '.join(sorted(unknown))}"
        raise OptionsError(message)
    if not session.wanted:
        return
    run_spider(SourceSpider, session.options, session=session)
    if session.failure is not None:
        raise session.failure
