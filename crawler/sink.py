"""Where the crawler puts what it finds: a protocol that the service implements on the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crawler.article import Article, Rejection


@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP validators (RFC 9110, 8.8) of a Source's list from its last good fetch; "" where none was sent."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one crawl of one Source saw.

    Attributes:
        source: id of the Source.
        started: when its list was asked for, in UTC.
        finished: when its last item was done, in UTC.
        listed: items found in the list.
        known: listed items that were already held with the same stamp, and not fetched.
        accepted: Articles handed to the sink.
        rejected: Rejections by `Reason` value.
        unchanged: whether the list answered 304 Not Modified.
        validators: of this fetch, to be sent with the next.

    """

    source: str
    started: datetime
    finished: datetime
    listed: int = 0
    known: int = 0
    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    unchanged: bool = False
    validators: Validators = Validators()


class Sink(Protocol):
    """Receives what a crawl finds. Every call may be repeated for the same item and must then change nothing.

    The crawler calls it from one thread. An exception raised by it ends the crawl: what cannot be stored must
    not be thrown away silently.
    """

    def stamp(self, url: str) -> str | None:
        """Return the stamp under which the listed address `url` (canonical form) is held, or None where it is not.

        A listed item that is held with the stamp that the list shows now is not fetched again. Items rejected
        for good (`not_found`, `not_html`, `too_large`, `redirect_loop`, `no_text`) count as held for a while, as
        the sink decides.
        """

    def validators(self, source: str) -> Validators:
        """Return what the last good fetch of the Source's list gave."""

    def accept(self, article: Article) -> None:
        """Store the Article durably before returning."""

    def reject(self, rejection: Rejection) -> None:
        """Count the Rejection."""

    def finish(self, report: SourceReport) -> None:
        """Take the report of one Source's crawl, after everything else of it."""
