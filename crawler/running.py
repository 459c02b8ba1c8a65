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
    unknown = options.sources - {source.id for _, source in session.wanted}
    if unknown:
        message = f"no such source: {', '.join(sorted(unknown))}"
        raise OptionsError(message)
    if not session.wanted:
        return []
    run_spider(SourceSpider, options, session=session)
    if session.failure is not None:
        raise session.failure
    return session.reports
