"""What a Source lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crawler.article import PublishedFrom

# Of one list, newest first as outlets write them: a list longer than this is not a list of news.
MAX_ENTRIES: Final = 5_000
# RFC 9110, 4.1 asks for 8,000 octets at least; Arabic slugs in percent-encoding come to 2,000. Beyond it is a fault.
MAX_URL: Final = 4_000


class BadListError(ValueError):
    """A list cannot be read. Raised by the readers; the crawl counts it as a Rejection `bad_list`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as its Source lists it.

    `url` is absolute. `title` may be empty. `published_raw` are the words of its date, "" where there are none. `stamp`
    changes when the item is edited, as far as the list tells.
    """

    url: str
    title: str = ""
    published_raw: str = ""
    published_from: PublishedFrom = PublishedFrom.NOWHERE
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list as read: its entries in its order, and, of a sitemap index, the sitemaps to be read next."""

    entries: tuple[Entry, ...] = ()
    following: tuple[str, ...] = ()
