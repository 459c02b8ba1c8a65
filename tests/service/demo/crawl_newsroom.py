"""Crawls the sample newsroom on a port with the real crawler and prints what was found, one JSON object a line.

A program of its own, since Twisted's reactor starts only once in a process. Usage: crawl_newsroom.py PORT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler import CrawlOptions, Validators, crawl
from crawler.registry import parse_registry
from service.demo.sources import registry_text

if TYPE_CHECKING:
    from crawler import Article, Rejection, SourceReport


class Printer:
    """A sink that holds nothing and prints everything."""

    def stamp(self, _url: str) -> str | None:
        return None

    def validators(self, _source: str) -> Validators:
        return Validators()

    def accept(self, article: Article) -> None:
        published = article.published.isoformat() if article.published else None
        _say(url=article.url, title=article.title, body=article.body, published=published, language=article.language)

    def reject(self, rejection: Rejection) -> None:
        _say(url=rejection.url, reason=rejection.reason)

    def finish(self, _report: SourceReport) -> None:
        pass


def _say(**found: object) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    outlets = parse_registry(registry_text(int(sys.argv[1])), Path("sources.toml")).outlets
    hosts = frozenset(urlsplit(outlet.url).hostname or "" for outlet in outlets)
    crawl(outlets, Printer(), CrawlOptions(delay=0.0, allow_private_hosts=hosts))
