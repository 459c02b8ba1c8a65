"""The registry with which a crawler reads the sample newsroom."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from crawler.registry import Registry, parse_registry

_WRITTEN_PORT = 8017
"""Port that stands in `sources.toml`."""


def demo_sources(port: int) -> str:
    """Return the text of the newsroom's `sources.toml` for the port that it is served on."""
    text = (files("service.demo") / "sources.toml").read_text(encoding="utf-8")
    return text.replace(f".localhost:{_WRITTEN_PORT}/", f".localhost:{port}/")


def demo_registry(port: int) -> Registry:
    """Return the outlets and sources of the newsroom that is served on `port`."""
    return parse_registry(demo_sources(port), Path("service/demo/sources.toml"))
