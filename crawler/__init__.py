"""What comes in: outlets and their sources, crawled into Articles."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crawler.article import Article, PublishedFrom, Reason, Rejection
from crawler.errors import CrawlerError, CrawlFailedError, OptionsError, PrivateAddressError, RegistryError
from crawler.sink import Sink, SourceReport, Validators

if TYPE_CHECKING:
    from crawler.checking import SourceCheck, check
    from crawler.discovery import Discovered, discover
    from crawler.extraction import Extracted, extract
    from crawler.options import CrawlOptions, CrawlProgress
    from crawler.registry import (
        Extraction,
        Kind,
        Outlet,
        Registry,
        Source,
        bundled_registry,
        bundled_registry_text,
        load_registry,
    )
    from crawler.running import crawl, watch
    from crawler.urls import canonical_url

# Imported when first asked for: Scrapy, lxml and trafilatura take half a second, which a command line that only prints
# its help must not pay.
_LATE = {
    "CrawlOptions": "crawler.options",
    "CrawlProgress": "crawler.options",
    "Discovered": "crawler.discovery",
    "Extracted": "crawler.extraction",
    "Extraction": "crawler.registry",
    "Kind": "crawler.registry",
    "Outlet": "crawler.registry",
    "Registry": "crawler.registry",
    "Source": "crawler.registry",
    "SourceCheck": "crawler.checking",
    "bundled_registry": "crawler.registry",
    "bundled_registry_text": "crawler.registry",
    "canonical_url": "crawler.urls",
    "check": "crawler.checking",
    "crawl": "crawler.running",
    "discover": "crawler.discovery",
    "extract": "crawler.extraction",
    "load_registry": "crawler.registry",
    "watch": "crawler.running",
}

__all__ = [
    "Article",
    "CrawlFailedError",
    "CrawlOptions",
    "CrawlProgress",
    "CrawlerError",
    "Discovered",
    "Extracted",
    "Extraction",
    "Kind",
    "OptionsError",
    "Outlet",
    "PrivateAddressError",
    "PublishedFrom",
    "Reason",
    "Registry",
    "RegistryError",
    "Rejection",
    "Sink",
    "Source",
    "SourceCheck",
    "SourceReport",
    "Validators",
    "bundled_registry",
    "bundled_registry_text",
    "canonical_url",
    "check",
    "crawl",
    "discover",
    "extract",
    "load_registry",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_LATE[name]), name)
