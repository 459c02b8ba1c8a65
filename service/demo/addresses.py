"""Addresses of the newsroom's pages: how they are written, and when two of them are one page."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

_TRACKING = ("utm_", "fbclid")


def absolute(host: str, port: int, path: str) -> str:
    """Return the URL of `path` (readable, not yet percent-encoded) on a virtual host of the newsroom."""
    return f"http://{host}:{port}{quote(path, safe='/?&=')}"


def page_key(path: str, query: str) -> str:
    """Return what identifies a page on its host: decoded path and query, without tracking parameters."""
    parameters = [(name, value) for name, value in parse_qsl(query) if not name.startswith(_TRACKING)]
    return f"{path}?{urlencode(sorted(parameters))}" if parameters else path
