"""The server: its address, how it is trusted, and the client that speaks to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from elasticsearch import Elasticsearch

from index.address import without_login
from index.errors import BadIndexAddress

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from index.address import ServerOptions

SEARCH_SECONDS = 10
"""Within which a search has to end on the server."""

_REQUEST_SECONDS = 20
_RETRIES = 3
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


def connect(url: str, options: ServerOptions) -> Elasticsearch:
    """Return a client, which does not connect yet. Raises BadIndexAddress for a URL or options that cannot be used."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 9200)
        return Elasticsearch(
            f"{parts.scheme}://{_host(parts)}:{port}{parts.path.rstrip('/')}",
            request_timeout=_REQUEST_SECONDS,
            max_retries=_RETRIES,
            retry_on_status=(429, 502, 503, 504),
            **_login(parts, options),
            **_trust(options),
        )
    except ValueError as error:
        raise BadIndexAddress(f"the index {without_login(url)} cannot be used: {error}") from error


def prefix(url: str) -> str:
    """Return what the names of all indexes and aliases begin with. Raises BadIndexAddress for no such name."""
    asked = parse_qs(urlsplit(url).query, keep_blank_values=True)
    (given,) = asked.pop("prefix", ["rasid"])[-1:]
    if asked or not _PREFIX.fullmatch(given):
        raise BadIndexAddress(
            f"the index {without_login(url)} cannot be used: after the ? only prefix=NAME may stand, "
            "with a NAME of small letters, digits, - and _"
        )
    return given


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise ValueError("it names no host")
    return f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname


def _login(parts: SplitResult, options: ServerOptions) -> dict[str, Any]:
    if options.api_key:
        return {"api_key": options.api_key}
    return {"basic_auth": (unquote(parts.username), unquote(parts.password or ""))} if parts.username else {}


def _trust(options: ServerOptions) -> dict[str, Any]:
    if options.fingerprint:
        return {"ssl_assert_fingerprint": options.fingerprint}
    if options.ca is None:
        return {}
    if not options.ca.is_file():
        raise ValueError(f"there is no file {options.ca}")
    return {"ca_certs": str(options.ca)}
