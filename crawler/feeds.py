"""RSS and Atom: bytes of a feed to the items that it lists."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import Final
from urllib.parse import urljoin

import feedparser  # type: ignore[import-untyped]  # it ships no types, and typeshed has none

from crawler.article import PublishedFrom
from crawler.entries import MAX_ENTRIES, BadListError, Entry, ListPage
from crawler.urls import is_http_url

# No feed needs entities of its own; a file that declares some is an attack (CWE-776) or not a feed.
_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]{0,500}>")
_ITEM: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)


def read_feed(body: bytes, url: str, content_type: str = "") -> ListPage:
    """Read a feed. Items without a usable link are left out; a feed with broken XML gives what can be read of it.

    Raises:
        BadListError: not a feed, or one that declares entities.

    """
    if _ENTITY.search(body[:100_000]):
        message = "the feed declares XML entities"
        raise BadListError(message)
    parsed = feedparser.parse(
        BytesIO(_shortened(body)),
        response_headers={"content-type": content_type or "application/xml", "content-location": url},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.get("version") and not parsed.entries:
        message = f"not a feed: {parsed.get('bozo_exception', 'no RSS or Atom in it')}"
        raise BadListError(message[:200])
    return ListPage(entries=tuple(entry for item in parsed.entries if (entry := _entry(item, url))))


def _shortened(body: bytes) -> bytes:
    """Cut a feed of too many items, before the parser spends seconds on them."""
    for number, match in enumerate(_ITEM.finditer(body), start=1):
        if number > MAX_ENTRIES:
            return body[: match.start()]
    return body


def _entry(item: feedparser.FeedParserDict, base: str) -> Entry | None:
    link = _text(item, "link") or (_text(item, "id") if is_http_url(_text(item, "id")) else "")
    try:
        address = urljoin(base, unescape(link)) if link else ""
    except ValueError:
        return None
    if not is_http_url(address):
        return None
    published = _text(item, "published") or _text(item, "updated")
    return Entry(
        url=address,
        title=" ".join(unescape(_TAG.sub("", _text(item, "title"))).split()),
        published_raw=published,
        published_from=PublishedFrom.FEED if published else PublishedFrom.NOWHERE,
        stamp=_text(item, "updated") or published,
    )


def _text(item: feedparser.FeedParserDict, key: str) -> str:
    # A plain look-up: FeedParserDict.get maps `updated` to `published` and warns of it.
    value = dict.get(item, key)
    return value.strip() if isinstance(value, str) else ""
