"""Why a request failed, by name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, StopDownload
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.internet.error import TimeoutError as TwistedTimeoutError

from crawler.article import Reason

if TYPE_CHECKING:
    from twisted.python.failure import Failure

_GONE = frozenset({404, 410})


class RefusedRequest(IgnoreRequest):
    """A request is not made, or its response not taken. Raised by the middlewares; ends at the spider's errback."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class AlreadyFetchedRequest(IgnoreRequest):
    """A redirect leads to a page that another item of this crawl has. Raised by the redirect middleware."""


def reason_of(failure: Failure) -> tuple[Reason, str]:
    """Return the named reason of a failed request, and what was seen in one line."""
    error = failure.value
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    match error:
        case RefusedRequest():
            return error.reason, str(error)[:300]
        case HttpError():
            status = error.response.status
            return (Reason.NOT_FOUND if status in _GONE else Reason.HTTP_ERROR), f"status {status}"
        case DownloadCancelledError():
            return Reason.TOO_LARGE, str(error)[:300] or "more bytes came than are taken of one page"
        case DownloadTimeoutError() | TwistedTimeoutError() | asyncio.TimeoutError():
            return Reason.TIMEOUT, detail
        case StopDownload():
            kind = error.response.headers.get(b"Content-Type", b"") if error.response else b""
            return Reason.NOT_HTML, f"Content-Type: {(kind or b'').decode('latin-1')[:100]}"
        case _:
            return Reason.UNREACHABLE, detail
