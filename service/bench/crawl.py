"""Pages crawled per second, against a plain Scrapy spider that fetches the same pages under the same settings.

Each crawl is a process of its own, as in service (`python -m service.bench.crawl ours|plain PORT PAGES …`); the two
take turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from service.bench.pages import HOSTS, host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler import Article, CrawlOptions, Rejection, SourceReport

LATENCY_SECONDS: Final = 0.05
"""What the server waits before each answer, in place of a network and of a site that makes its pages."""

PER_HOST: Final = 1
"""Requests in flight to one host, in the measurement with latency: what a polite crawler allows itself."""


@dataclass(frozen=True, slots=True)
class CrawlSpeed:
    """What alternating crawls of the same pages gave.

    Attributes:
        latency: seconds that the server waits before it answers; 0 for the bare ceiling.
        pages: fetched in each crawl.
        hosts: that share them.
        per_host: requests in flight to one host.
        ours: pages per second of each round of our crawl: fetched, extracted and accepted.
        plain: pages per second of each round of the plain spider: fetched, nothing else.

    """

    latency: float
    pages: int
    hosts: int
    per_host: int
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the rounds of ours to plain."""
        return statistics.median(ours / plain for ours, plain in zip(self.ours, self.plain, strict=True))

    def __str__(self) -> str:
        """Return the measurement in one line."""
        how = f"{self.latency * 1000:.0f} ms latency" if self.latency else "no latency"
        ours, plain = statistics.median(self.ours), statistics.median(self.plain)
        return (
            f"crawl, {how}, {self.pages} pages on {self.hosts} hosts, {self.per_host} at a time to each: "
            f"{ours:.1f} pages/s, plain Scrapy {plain:.1f}, ratio {self.ratio:.2f} (median of {len(self.ours)} rounds)"
        )


def bench_crawl(*, pages: int = 800, rounds: int = 3) -> list[CrawlSpeed]:
    """Measure with the latency of real sites, and as a bare ceiling without."""
    return [
        measure_crawl(latency=LATENCY_SECONDS, per_host=PER_HOST, pages=pages, rounds=rounds),
        measure_crawl(latency=0.0, per_host=8, pages=pages, rounds=rounds),
    ]


def measure_crawl(*, latency: float, per_host: int, pages: int, rounds: int) -> CrawlSpeed:
    """Crawl the pages in turns with both and return the speeds.

    Raises:
        RuntimeError: a crawl failed, or did not get every page.

    """
    speeds: dict[str, list[float]] = {"ours": [], "plain": []}
    with _server(latency, pages) as port:
        for _ in range(rounds):
            for name, measured in speeds.items():
                measured.append(pages / _crawl_once(name, port, pages, per_host))
    return CrawlSpeed(latency, pages, HOSTS, per_host, tuple(speeds["ours"]), tuple(speeds["plain"]))


@contextmanager
def _server(latency: float, pages: int) -> Iterator[int]:
    command = [sys.executable, "-m", "service.bench.pages", str(latency), str(pages)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdin is None:  # both were asked for
            raise AssertionError
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def _crawl_once(name: str, port: int, pages: int, per_host: int) -> float:
    """Return the seconds of one crawl, from its call to its end: imports do not count, starting the readers does."""
    command = [sys.executable, "-m", "service.bench.crawl", name, str(port), str(pages), str(per_host)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        message = f"the {name} crawl failed: {done.stderr[-2000:]}"
        raise RuntimeError(message)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if told["pages"] != pages:
        message = f"the {name} crawl got {told['pages']} of {pages} pages"
        raise RuntimeError(message)
    return float(told["seconds"])


def _options(per_host: int) -> CrawlOptions:
    from crawler import CrawlOptions  # noqa: PLC0415 - only the measured process needs it

    return CrawlOptions(
        delay=0.0,
        concurrency=HOSTS * per_host,
        concurrency_per_host=per_host,
        max_items=1_000_000,
        allow_private_hosts=frozenset(host(number) for number in range(HOSTS)),
    )


def _ours(port: int, per_host: int) -> tuple[int, float]:
    from crawler import Kind, Outlet, Source, Validators, crawl  # noqa: PLC0415 - only this process needs it

    class Sink:
        """Counts, and holds nothing."""

        def __init__(self) -> None:
            self.accepted = 0

        def stamp(self, _: str) -> str | None:
            return None

        def validators(self, _: str) -> Validators:
            return Validators()

        def accept(self, article: Article) -> None:
            self.accepted += bool(article.body)

        def reject(self, rejection: Rejection) -> None:
            print(rejection, file=sys.stderr)

        def finish(self, _: SourceReport) -> None:
            return

    outlets = []
    for number in range(HOSTS):
        url = f"http://{host(number)}:{port}/"
        source = Source(id=f"feed-{number}", kind=Kind.FEED, url=f"{url}rss.xml")
        outlets.append(Outlet(id=f"outlet-{number}", name="المنفذ", url=url, sources=(source,)))
    sink = Sink()
    started = time.perf_counter()
    crawl(outlets, sink, _options(per_host))
    return sink.accepted, time.perf_counter() - started


def _plain(port: int, per_host: int) -> tuple[int, float]:
    from scrapy import Request, Spider  # noqa: PLC0415 - only this process needs it
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415 - see above

    from crawler.scrapy_settings import scrapy_settings  # noqa: PLC0415 - see above

    got: list[int] = []

    class Plain(Spider):
        """Fetches what the feeds list."""

        name = "plain"
        start_urls = [f"http://{host(number)}:{port}/rss.xml" for number in range(HOSTS)]  # noqa: RUF012 - Scrapy's way

        def parse(self, response: Any) -> Iterator[Request]:
            for link in response.xpath("//item/link/text()").getall():
                yield Request(link, callback=self.parse_page)

        def parse_page(self, response: Any) -> None:
            got.append(len(response.body))

    # The same settings but for our middlewares; the resolver stays, which knows names under .localhost.
    settings = {**scrapy_settings(_options(per_host)), "DOWNLOADER_MIDDLEWARES": {}}
    started = time.perf_counter()
    process = AsyncCrawlerProcess(settings)
    process.crawl(Plain)
    process.start()
    return len(got), time.perf_counter() - started


def _main(name: str, port: str, _: str, per_host: str) -> None:
    pages, seconds = (_ours if name == "ours" else _plain)(int(port), int(per_host))
    print(json.dumps({"pages": pages, "seconds": seconds}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
