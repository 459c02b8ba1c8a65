"""Sitemaps and news sitemaps (sitemaps.org 0.9, Google News 0.9): bytes to the items that they list."""

from __future__ import annotations

import gzip
import re
import zlib
from io import BytesIO
from typing import Final
from urllib.parse import urljoin

from lxml import etree

from crawler.article import PublishedFrom
from crawler.entries import MAX_ENTRIES, BadListError, Entry, ListPage
from crawler.urls import is_http_url

# Of a sitemap index, the sitemaps that are read: the newest, which hold the news of today.
MAX_FOLLOWED: Final = 3
MAX_INFLATED: Final = 50_000_000  # sitemaps.org: 50 MB uncompressed
_NEWSY: Final = re.compile(r"news|post|article|latest|today", re.IGNORECASE)


def read_sitemap(body: bytes, url: str) -> ListPage:
    """Read a sitemap, a news sitemap or an index of them, gzipped or not; broken XML gives what can be read of it.

    Raises:
        BadListError: not a sitemap.

    """
    root = _root(_inflated(body))
    name = etree.QName(root).localname if root is not None else ""
    if root is None or name not in {"urlset", "sitemapindex"}:
        message = f"not a sitemap: its root is <{name}>" if name else "not a sitemap: no XML in it"
        raise BadListError(message)
    rows = [_fields(child) for child in root.iterchildren(tag=etree.Element)]
    rows = [row for row in rows[: 10 * MAX_ENTRIES] if is_http_url(row.get("loc", ""))]
    if name == "sitemapindex":
        newest = sorted(rows, key=lambda row: (row.get("lastmod", ""), bool(_NEWSY.search(row["loc"]))), reverse=True)
        return ListPage(following=tuple(urljoin(url, row["loc"]) for row in newest[:MAX_FOLLOWED]))
    return ListPage(entries=tuple(_entry(row) for row in _newest_first(rows)[:MAX_ENTRIES]))


def _inflated(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as file:
            inflated = file.read(MAX_INFLATED + 1)
    except (OSError, EOFError, zlib.error) as error:
        message = f"broken gzip: {error}"
        raise BadListError(message) from error
    if len(inflated) > MAX_INFLATED:
        message = f"more than {MAX_INFLATED} bytes when inflated"
        raise BadListError(message)
    return inflated


def _root(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _fields(row: etree._Element) -> dict[str, str]:
    """Return the texts of a row by local name; of a news row its own fields too."""
    found: dict[str, str] = {}
    for element in row.iter(tag=etree.Element):
        if element.text and element.text.strip():
            found.setdefault(etree.QName(element).localname, " ".join(element.text.split()))
    return found


def _newest_first(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    dated = [row for row in rows if row.get("lastmod") or row.get("publication_date")]
    if len(dated) < len(rows):
        return rows
    return sorted(rows, key=lambda row: row.get("publication_date") or row["lastmod"], reverse=True)


def _entry(row: dict[str, str]) -> Entry:
    published = row.get("publication_date", "")
    return Entry(
        url=row["loc"],
        title=row.get("title", ""),
        published_raw=published,
        published_from=PublishedFrom.SITEMAP if published else PublishedFrom.NOWHERE,
        stamp=row.get("lastmod", "") or published,
    )
