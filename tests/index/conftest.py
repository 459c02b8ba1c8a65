from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from index import Document, Index, open_index

NOON = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
"""Noon in Baghdad."""


@pytest.fixture(params=["sqlite", "elasticsearch"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new, empty index is to be had; each backend adds its name to the parameters and its address here."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.db'}"
    url: str = request.getfixturevalue("elasticsearch_url")
    return url


@pytest.fixture
def index(address: str) -> Iterator[Index]:
    with open_index(address) as opened:
        yield opened


@pytest.fixture
def make() -> Callable[..., Document]:
    """Make a Document: `make("name", title="…", minutes=5, …)`; every published time is `minutes` before noon."""

    def document(name: str, *, version: int = 1, minutes: float = 0, **fields: Any) -> Document:
        published = fields.pop("published", NOON - timedelta(minutes=minutes))
        return Document(
            **{
                "id": name,
                "version": version,
                "url": f"https://example.org/{name}",
                "title": "",
                "body": "",
                "outlet": "ina",
                "outlet_name": "وكالة الأنباء العراقية",
                "published": published,
                "fetched": published + timedelta(minutes=1),
                "group": hashlib.sha256(name.encode()).hexdigest(),
                **fields,
            }
        )

    return document


@pytest.fixture
def store(index: Index) -> Callable[..., None]:
    """Write Documents, each of which must be stored, and make them visible."""

    def write(*documents: Document) -> None:
        written = index.write(documents)
        assert (written.stored, written.refused) == (len(documents), {})
        index.refresh()

    return write


@pytest.fixture
def ids(index: Index) -> Callable[..., list[str]]:
    """Search and return the ids of all hits in order."""
    from index import Query

    def search(text: str = "", **query: Any) -> list[str]:
        page = index.search(Query(text=text, **{"size": 100, **query}))
        assert page.total == len(page.hits)
        return [hit.document.id for hit in page.hits]

    return search
