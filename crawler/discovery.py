"""What a site declares of itself that could be crawled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider

from crawler.charsets import decode_html
from crawler.errors import CrawlFailedError, OptionsError
from crawler.metadata import read_facts
from crawler.pages import parse_page
from crawler.process import run_spider
from crawler.refusals import reason_of
from crawler.registry import Kind, Source
from crawler.urls import is_http_url, registered_domain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.options import CrawlOptions

_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_COMMENTS: Final = re.compile(r"comments?/feed|/comments?\.(?:rss|xml)|التعليقات|oembed|wp-json", re.IGNORECASE)
_SITEMAP_LINE: Final = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_FEED_START: Final = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_SITEMAP_START: Final = re.compile(rb"<(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)


@dataclass(slots=True)
class _Found:
    name: str = ""
    home: str = ""
    urls: dict[str, Kind] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A site as an outlet of the registry: its name and address, and the feeds and sitemaps that it declares.

    As a string it is the `[[outlet]]` table that `sources.toml` takes.
    """

    id: str
    name: str
    url: str
    sources: tuple[Source, ...]

    def __str__(self) -> str:
        """Return the outlet as TOML."""
        outlet = {"id": self.id, "name": self.name, "url": self.url, "home": ""}
        tables = ["[[outlet]]\n" + _rows(outlet)]
        sources = [{"id": source.id, "kind": source.kind.value, "url": source.url} for source in self.sources]
        tables += [f"[[outlet.source]]\n{_rows(source)}" for source in sources]
        if not self.sources:
            listing = {"id": f"{self.id}-news", "kind": "listing", "url": self.url, "items": "h2 a"}
            rows = f"[[outlet.source]]\n{_rows(listing)}".replace("\n", "\n# ")
            tables.append(f"# It declares no feed and no sitemap: describe a listing page of it.\n# {rows}")
        return "\n\n".join(tables)


class HomeSpider(Spider):
    """Fetches a site's front page, or whatever stands at the address, and its robots.txt."""

    name = "rasid-discovery"

    def __init__(self, url: str, found: _Found) -> None:
        super().__init__()
        self._url = url
        self._found = found

    async def start(self) -> AsyncIterator[Any]:
        """Yield the two requests."""
        yield Request(self._url, callback=self.parse_home, errback=self.home_failed)
        robots = urljoin(self._url, "/robots.txt")
        yield Request(
            robots, callback=self.parse_robots, errback=self.robots_failed, meta={"dont_obey_robotstxt": True}
        )

    def parse_home(self, response: Response) -> None:
        """Read what the page is, or declares."""
        self._found.home = response.url
        beginning = response.body[:3000]
        if _FEED_START.search(beginning):
            self._found.urls[response.url] = Kind.FEED
        elif _SITEMAP_START.search(beginning):
            self._found.urls[response.url] = Kind.SITEMAP
        else:
            self._read_page(response)

    def _read_page(self, response: Response) -> None:
        kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        tree = parse_page(decode_html(response.body, kind))
        if tree is None:
            return
        facts = read_facts(tree)
        self._found.name = facts.metas.get("og:site_name", "") or facts.title
        for link in tree.iter("link"):
            if "alternate" in (link.get("rel") or "").lower() and (link.get("type") or "").lower() in _FEED_TYPES:
                self._add(urljoin(response.url, (link.get("href") or "").strip()), Kind.FEED, link.get("title") or "")

    def parse_robots(self, response: Response) -> None:
        """Read the sitemaps that robots.txt declares."""
        for match in _SITEMAP_LINE.finditer(response.body[:500_000].decode("utf-8", "replace")):
            self._add(urljoin(response.url, match[1]), Kind.SITEMAP)

    def _add(self, url: str, kind: Kind, title: str = "") -> None:
        own = is_http_url(url) and registered_domain(url) == registered_domain(self._url)
        if own and not _COMMENTS.search(f"{url} {title}"):
            self._found.urls.setdefault(url, kind)

    def home_failed(self, failure: Failure) -> None:
        """Keep why the page did not come."""
        reason, detail = reason_of(failure)
        self._found.fault = f"{reason}: {detail}"

    def robots_failed(self, failure: Failure) -> None:
        """Go on without robots.txt, which few sites have."""
        self.logger.debug("no robots.txt: %s", failure.value)


def discover(url: str, options: CrawlOptions) -> Discovered:
    """Find the feeds and sitemaps that a site declares on its front page and in robots.txt. Once in a process.

    `url` may also be that of a feed or a sitemap itself.

    Raises:
        OptionsError: `url` is not an http(s) address.
        CrawlFailedError: the page could not be fetched; says why.

    """
    url = url if "://" in url else f"https://{url}"
    if not is_http_url(url):
        message = f"not an http address: {url}"
        raise OptionsError(message)
    found = _Found()
    run_spider(HomeSpider, options, url=url, found=found)
    if found.fault:
        message = f"{url} could not be fetched: {found.fault}"
        raise CrawlFailedError(message)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    identifier = re.sub(r"[^a-z0-9-]+", "-", host.rpartition(".")[0].lower() or host).strip("-") or "outlet"
    name = " ".join(found.name.split())[:80] or host
    home = urljoin(found.home or url, "/")
    return Discovered(identifier, name, home, tuple(_sources(identifier, found)))


def _sources(identifier: str, found: _Found) -> Iterator[Source]:
    for kind in (Kind.FEED, Kind.SITEMAP):
        urls = [url for url, its in found.urls.items() if its is kind]
        for number, url in enumerate(urls, start=1):
            name = f"{identifier}-{kind}" if number == 1 else f"{identifier}-{kind}-{number}"
            yield Source(id=name, kind=kind, url=url)


def _rows(table: dict[str, str]) -> str:
    # A JSON string without escapes beyond TOML's own is a TOML basic string.
    return "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())
