"""The registry with which a crawler reads the sample newsroom."""

from __future__ import annotations

from importlib.resources import files

_WRITTEN_PORT = 8017
"""Port that stands in `sources.toml`."""


def registry_text(port: int) -> str:
    """Return the `sources.toml` of the newsroom that is served on `port`."""
    text = (files("service.demo") / "sources.toml").read_text(encoding="utf-8")
    return text.replace(f".localhost:{_WRITTEN_PORT}/", f".localhost:{port}/")
