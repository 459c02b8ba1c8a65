"""Runs one crawl, check or discovery in this process, for the tests: request as JSON in, what came of it as JSON out.

Request: `task` (crawl, watch, check, discover), `registry` (TOML), `options`, `held` (stamps by URL), `validators` (by
source), `fail_at` (number of the accepted article at which the sink raises), `twice` (crawl again),
`due` (of a watch, for each half second the sources that are due), `poison` (a published text on which we fail),
`url`.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crawler import CrawlerError, CrawlOptions, Validators, check, crawl, discover, spider, watch
from crawler.registry import parse_registry


class SinkError(Exception):
    """What a failing sink raises."""


class MemorySink:
    """Keeps what it is told, and holds what the request says."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.articles: list[Any] = []
        self.rejections: list[Any] = []
        self.finished: list[Any] = []
        self._held = request.get("held", {})
        self._validators = request.get("validators", {})
        self._fail_at = request.get("fail_at", 0)

    def stamp(self, url: str) -> str | None:
        return self._held.get(url)

    def validators(self, source: str) -> Validators:
        return Validators(**self._validators.get(source, {}))

    def accept(self, article: Any) -> None:
        if self._fail_at and len(self.articles) + 1 >= self._fail_at:
            raise SinkError("the disk is full")
        self.articles.append(article)

    def reject(self, rejection: Any) -> None:
        self.rejections.append(rejection)

    def finish(self, report: Any) -> None:
        self.finished.append(report)


def _fail_at(poison: str) -> None:
    """Let the spider fail on a date, as on a fault of ours that nobody has found yet."""
    read = spider.read_date

    def read_or_fail(raw: str) -> Any:
        if raw == poison:
            raise RuntimeError("nobody foresaw this")
        return read(raw)

    spider.read_date = read_or_fail


def run(request: dict[str, Any]) -> dict[str, Any]:
    if poison := request.get("poison"):
        _fail_at(poison)
    sink = MemorySink(request)
    progress: list[Any] = []
    given = dict(request.get("options", {}))
    given["allow_private_hosts"] = frozenset(given.get("allow_private_hosts", ()))
    given["sources"] = frozenset(given.get("sources", ()))
    options = CrawlOptions(**{"delay": 0.0, "extraction_processes": 0, "on_progress": progress.append, **given})
    outlets = parse_registry(request.get("registry", ""), Path("test.toml")).outlets
    reports, result, raised = [], None, ""
    try:
        match request.get("task", "crawl"):
            case "crawl":
                for _ in range(2 if request.get("twice") else 1):
                    reports = crawl(outlets, sink, options)
            case "watch":
                turns = iter(request["due"])
                watch(outlets, sink, options, lambda: next(turns, None), look_seconds=0.5)
            case "check":
                result = [{**asdict(seen), "text": str(seen)} for seen in check(outlets, options)]
            case "discover":
                found = discover(request["url"], options)
                result = {"name": found.name, "text": str(found), "sources": [[s.kind, s.url] for s in found.sources]}
    except (SinkError, CrawlerError) as error:
        raised = f"{type(error).__name__}: {error}"
    return {
        "articles": [asdict(article) for article in sink.articles],
        "rejections": [asdict(rejection) for rejection in sink.rejections],
        "finished": [asdict(report) for report in sink.finished],
        "reports": {report.source: asdict(report) for report in reports},
        "progress": [asdict(step) for step in progress],
        "raised": raised,
        "result": result,
    }


if __name__ == "__main__":
    errors = logging.StreamHandler()
    errors.setLevel(logging.ERROR)  # Scrapy lets everything through to the root logger
    logging.getLogger().addHandler(errors)
    print(json.dumps(run(json.load(sys.stdin)), ensure_ascii=False, default=str))
