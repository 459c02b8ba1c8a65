"""How a crawl is to be made, and what it says of its progress."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from crawler.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.article import Reason


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """One step of a crawl, as it happens: a list was read, or an item of it is done.

    `source` is the id of the Source; the counts are those of its SourceReport so far. `url` is the item just done, ""
    for the list itself; `reason` says why it gave no Article, None where it gave one.
    """

    source: str
    listed: int
    known: int
    accepted: int
    rejected: int
    finished: bool
    url: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """How a crawl is made. The defaults are those of a polite crawler on somebody else's machine.

    Attributes:
        contact: an address where a webmaster can read who crawls, or write to; part of the user agent.
        delay: seconds between two requests to one host, varied by half; AutoThrottle makes it longer for slow hosts.
        concurrency: requests in flight over all hosts.
        concurrency_per_host: requests in flight to one host.
        timeout: seconds for one whole request.
        dns_timeout: seconds for one look-up of a name.
        max_bytes: of one response, before and after decompression.
        max_redirects: that one page may need.
        retries: of a request that failed for a reason that may pass.
        max_items: of one Source, fetched in one crawl; what is left over is fetched by the next.
        obey_robots: whether robots.txt is asked for and obeyed.
        verify_certificates: whether a broken TLS certificate makes a host unreachable.
        allow_private_hosts: names that may stand at an address that is not public; exact, lower case, without port.
        sources: ids of the Sources to crawl; empty means all of the outlets given.
        extraction_processes: that read pages beside the one that fetches; 0 reads them in a thread.
        on_progress: called in the crawling thread after each step; its exceptions end the crawl.

    """

    contact: str = ""
    delay: float = 1.0
    concurrency: int = 16
    concurrency_per_host: int = 2
    timeout: float = 20.0
    dns_timeout: float = 10.0
    max_bytes: int = 5_000_000
    max_redirects: int = 5
    retries: int = 2
    max_items: int = 300
    obey_robots: bool = True
    verify_certificates: bool = True
    allow_private_hosts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    extraction_processes: int = 2
    on_progress: Callable[[CrawlProgress], None] | None = None

    def __post_init__(self) -> None:
        for name in ("concurrency", "concurrency_per_host", "timeout", "dns_timeout", "max_bytes", "max_items"):
            if getattr(self, name) <= 0:
                message = f"{name} must be more than 0, is {getattr(self, name)}"
                raise OptionsError(message)
        for name in ("delay", "max_redirects", "retries", "extraction_processes"):
            if getattr(self, name) < 0:
                message = f"{name} must not be negative, is {getattr(self, name)}"
                raise OptionsError(message)
        if not self.contact.isprintable() or not self.contact.isascii():
            message = f"contact must be one line of ASCII, is {self.contact!r}"
            raise OptionsError(message)

    @property
    def user_agent(self) -> str:
        """The name under which Rasid asks; robots.txt rules are matched against its first word."""
        try:
            number = version("rasid")
        except PackageNotFoundError:
            number = "0"
        return f"Rasid/{number} (+{self.contact})" if self.contact else f"Rasid/{number}"
