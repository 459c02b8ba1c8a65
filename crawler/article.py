"""What the crawler hands on: an Article for each fetched item, a Rejection for each that gave none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class PublishedFrom(StrEnum):
    """Where an Article's published time was read, the most trusted first."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    PAGE = "page"
    DATELINE = "dateline"
    NOWHERE = ""


class Reason(StrEnum):
    """Why a URL gave no Article. Each name is counted and shown; none is dropped silently."""

    NOT_FOUND = "not_found"  # 404 or 410
    HTTP_ERROR = "http_error"  # any other status that is not a success, after the retries
    REDIRECT_LOOP = "redirect_loop"  # more redirects than a page needs
    TOO_LARGE = "too_large"  # the body passed the size limit
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection, no name, broken TLS or a broken response
    ROBOTS = "robots"  # robots.txt forbids it
    PRIVATE_ADDRESS = "private_address"  # the name resolves to an address that is not public
    NOT_HTML = "not_html"  # an image, a PDF, a video
    NO_TEXT = "no_text"  # a page without an article in it
    BAD_LIST = "bad_list"  # a feed, sitemap or listing page that cannot be read, or lists nothing


@dataclass(frozen=True, slots=True)
class Article:
    """One fetched item, extracted.

    Attributes:
        url: the canonical URL: what identifies the item, whatever address led to it.
        outlet: id of the Outlet in the registry.
        source: id of the Source in which the item was listed.
        title: the headline, one line, without the outlet's name; may be empty (a post).
        body: the text in paragraphs joined by newlines; may be empty where the headline is all.
        published: when the outlet says it was published, in UTC; None where it does not say.
        published_raw: the words from which `published` was read, as found.
        published_from: where they were found.
        fetched: when the page arrived, in UTC.
        language: BCP 47 tag that the page declares for itself, lower case; "" where it does not.
        stamp: the modification stamp of the item in its source's list (a feed's `updated`, a sitemap's
            `lastmod`), as found; a different stamp at a later crawl means that the item was edited.
        listed: the address under which the list named it, in canonical form; differs from `url` where it was
            redirected or the page declares another address, and is what `Sink.stamp` is asked for next time.

    """

    url: str
    outlet: str
    source: str
    title: str
    body: str
    published: datetime | None
    published_raw: str
    published_from: PublishedFrom
    fetched: datetime
    language: str
    stamp: str = ""
    listed: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A URL of a Source that gave no Article, with the named reason and what was seen (one line).

    `url` is the address that the list named, in canonical form, and `stamp` its stamp there.
    """

    url: str
    outlet: str
    source: str
    reason: Reason
    detail: str
    seen: datetime
    stamp: str = ""
