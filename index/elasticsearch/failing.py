"""Errors of the client, told as those of the index; addresses are shown without passwords."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import elastic_transport
import elasticsearch

from index.errors import IndexBroken, IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_REASON = 300
_DENIED = (401, 403)
_NOT_FOUND = 404
_BUSY = (408, 429, 502, 503, 504)


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raise IndexUnavailable or IndexBroken for what the client raises; `address` bears no password."""
    try:
        yield
    except elasticsearch.ApiError as error:
        raise _told(address, error) from error
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


def _told(address: str, error: elasticsearch.ApiError) -> Exception:
    body = error.body if isinstance(error.body, dict) else {}
    cause = body.get("error", body)
    kind = str(cause.get("type", "")) if isinstance(cause, dict) else ""
    reason = reason_of(cause) if cause else error.message
    if kind == "cluster_block_exception":
        return blocked(address, reason)
    if error.status_code in _DENIED:
        return IndexUnavailable(f"{address} denies access ({reason}): check the login or API key and its role")
    if error.status_code == _NOT_FOUND:
        return IndexBroken(f"{address} has lost the index ({reason}): run `rasid reindex`")
    if error.status_code in _BUSY or error.status_code >= 500:
        return IndexUnavailable(f"{address} is overloaded or not ready ({error.status_code}: {reason})")
    return IndexBroken(f"{address} refuses what the index asks ({error.status_code}: {reason}): run `rasid reindex`")


def blocked(address: str, reason: str) -> IndexUnavailable:
    """Return what is told where writing is blocked, as Elasticsearch does when its disk is nearly full."""
    return IndexUnavailable(f"{address} has blocked writing ({reason}): free disk space there, it goes on by itself")
