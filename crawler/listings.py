"""Listing pages: the HTML of a section to the items that it links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from crawler.article import PublishedFrom
from crawler.charsets import decode_html
from crawler.dates import has_date
from crawler.entries import MAX_ENTRIES, BadListError, Entry, ListPage
from crawler.pages import parse_page, select, text_of
from crawler.urls import is_home_page, is_http_url, registered_domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement


def read_listing(
    body: bytes, url: str, content_type: str = "", *, items: str | None, pattern: str | None, date: str | None = None
) -> ListPage:
    """Read the items of a listing page, once each, in its order.

    `items` is a CSS selector of links, or of blocks of which the first link with words in it is the item's; `pattern` a
    regular expression searched in the absolute address of every link (of the selected blocks where both are given).
    `date` selects the item's date within its block. Links to other sites are left out.

    Raises:
        BadListError: no HTML, or nothing in it that fits.

    """
    tree = parse_page(decode_html(body, content_type))
    if tree is None:
        message = "no HTML in it"
        raise BadListError(message)
    found: dict[str, Entry] = {}
    for block, link in _links(tree, items):
        entry = _entry(block, link, url, date)
        if entry and (pattern is None or re.search(pattern, entry.url)):
            earlier = found.get(entry.url)
            if earlier is None or (entry.title and not earlier.title):
                found[entry.url] = entry
        if len(found) >= MAX_ENTRIES:
            break
    if not found:
        message = f"no link fits {items or pattern!r}"
        raise BadListError(message)
    return ListPage(entries=tuple(found.values()))


def _links(tree: HtmlElement, items: str | None) -> Iterator[tuple[HtmlElement, HtmlElement]]:
    if items is None:
        for link in tree.iter("a"):
            yield link, link
        return
    for block in select(tree, items):
        links = [block] if block.tag == "a" else list(block.iter("a"))
        links = [link for link in links if link.get("href")]
        if links:
            yield block, next((link for link in links if text_of(link)), links[0])


def _entry(block: HtmlElement, link: HtmlElement, base: str, date: str | None) -> Entry | None:
    try:
        address = urlsplit(urljoin(base, (link.get("href") or "").strip()))._replace(fragment="").geturl()
    except ValueError:
        return None
    if not is_http_url(address) or is_home_page(address) or registered_domain(address) != registered_domain(base):
        return None
    if address == base:
        return None
    words = _date_words(block, date)
    return Entry(
        url=address,
        title=text_of(link)[:500] or (link.get("title") or "").strip(),
        published_raw=words,
        published_from=PublishedFrom.LISTING if words else PublishedFrom.NOWHERE,
        stamp=words if has_date(words) else "",
    )


def _date_words(block: HtmlElement, date: str | None) -> str:
    if date is None:
        return ""
    for element in select(block, date):
        words: str = (element.get("datetime") or "").strip() or text_of(element)
        if words:
            return words
    return ""
