"""Scrapy in this process, once: Twisted's reactor cannot be started again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerProcess

from crawler.errors import CrawlFailedError
from crawler.scrapy_settings import scrapy_settings

if TYPE_CHECKING:
    from scrapy import Spider

    from crawler.options import CrawlOptions


def run_spider(spider: type[Spider], options: CrawlOptions, **arguments: Any) -> None:
    """Run one spider to its end under the options, blocking.

    Ctrl-C and SIGTERM end it gracefully where this is the main thread: requests in flight are answered for.

    Raises:
        CrawlFailedError: this process has crawled before, or Scrapy could not run.

    """
    process = AsyncCrawlerProcess(scrapy_settings(options))
    from twisted.internet import reactor  # noqa: PLC0415 - only now the right one is installed

    if getattr(reactor, "_startedBefore", False) or reactor.running:
        message = "this process has crawled before, and can do so once only: start a new process for each crawl"
        raise CrawlFailedError(message)
    task = process.crawl(spider, **arguments)
    process.start(install_signal_handlers=threading.current_thread() is threading.main_thread())
    if task.done() and not task.cancelled() and (error := task.exception()):
        message = f"the crawl ended by a fault: {type(error).__name__}: {error}"
        raise CrawlFailedError(message) from error
