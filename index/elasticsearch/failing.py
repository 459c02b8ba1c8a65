"""Errors of the client, told as those of the index; addresses are shown without passwords."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import elastic_transport
import elasticsearch

from index.errors import IndexBroken, IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REASON = 300
_DENIED = (401, 403)
_NOT_FOUND = 404
_BUSY = (408, 429, 502, 503, 504)


class PartFailed(Exception):
    """One of several requests that were sent together failed: raised by `asking`, and told as any other failure."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raise IndexUnavailable or IndexBroken for what the client raises; `address` bears no password."""
    try:
        yield
    except elasticsearch.ApiError as error:
        raise _told(address, error.status_code, error.body, error.message) from error
    except PartFailed as error:
        raise _told(address, error.status, error.body, "no reason given") from error
    except elasticsearch.UnsupportedProductError as error:
        raise IndexUnavailable(f"{address} is no Elasticsearch") from error
    except (elastic_transport.TlsError, elasticsearch.SSLError) as error:
        advice = "check RASID_INDEX_CA or RASID_INDEX_FINGERPRINT"
        raise IndexUnavailable(f"the certificate of {address} is not trusted ({error.message}): {advice}") from error
    except elastic_transport.ConnectionTimeout as error:
        raise IndexUnavailable(f"{address} did not answer in time") from error
    except elastic_transport.TransportError as error:
        raise IndexUnavailable(f"{address} cannot be reached: {str(error.message)[:_REASON]}") from error


def reason_of(error: object) -> str:
    """Return the innermost reason of an error object of the server, in one line."""
    told = error
    while isinstance(told, dict):
        inner = told.get("caused_by")
        if isinstance(inner, dict):
            told = inner
            continue
        told = told.get("reason") or told.get("type") or "no reason given"
    return " ".join(str(told).split())[:_REASON]


def _told(address: str, status: int, answered: object, message: str) -> Exception:
    body = answered if isinstance(answered, dict) else {}
    cause = body.get("error", body)
    kind = str(cause.get("type", "")) if isinstance(cause, dict) else ""
    reason = reason_of(cause) if cause else message
    if kind == "cluster_block_exception":
        return blocked(address, reason)
    if status in _DENIED:
        return IndexUnavailable(f"{address} denies access ({reason}): check the login or API key and its role")
    if status == _NOT_FOUND:
        return IndexBroken(f"{address} has lost the index ({reason}): run `rasid reindex`")
    if status in _BUSY or status >= 500:
        return IndexUnavailable(f"{address} is overloaded or not ready ({status}: {reason})")
    return IndexBroken(f"{address} refuses what the index asks ({status}: {reason}): run `rasid reindex`")


def blocked(address: str, reason: str) -> IndexUnavailable:
    """Return what is told where writing is blocked, as Elasticsearch does when its disk is nearly full."""
    return IndexUnavailable(f"{address} has blocked writing ({reason}): free disk space there, it goes on by itself")
