from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from desk_rooms import Room, as_document, room_over, served_urls
from triage_desk import Editor

from crawler import Article, PublishedFrom
from index import Document
from nlp import Analyser
from service.database.engine import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database of each kind is; every test that has a `database` runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/rasid.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url, create=True) as database:
        yield database


@pytest.fixture
def editor(database: Database) -> Editor:
    return Editor(database)


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser.load()


@pytest.fixture
def article() -> Callable[..., Article]:
    """Makes an Article as a crawl gives it; what a test is about is named by the test."""

    def make(url: str = "https://agency.example/1", **changed: Any) -> Article:
        values: dict[str, Any] = {
            "url": url,
            "outlet": "agency",
            "source": "agency-feed",
            "title": "أهالي حي الزهور في الكوت يناشدون محافظ واسط إعادة الماء",
            "body": "ناشد أهالي حي الزهور في مدينة الكوت محافظ واسط إعادة ماء الشرب إلى بيوتهم بعد انقطاعه منذ أسبوع.",
            "published": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
            "published_raw": "Fri, 20 Nov 2026 11:00:00 +0300",
            "published_from": PublishedFrom.FEED,
            "fetched": datetime.now(UTC),
            "language": "ar",
        }
        return Article(**(values | changed))

    return make


@pytest.fixture(scope="session")
def newsroom() -> list[Document]:
    raw = tomllib.loads((Path(__file__).parent / "desk" / "newsroom.toml").read_text(encoding="utf-8"))
    return [as_document(item) for item in raw["item"]]


@pytest.fixture(scope="session", params=["embedded", "servers"])
def room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, newsroom: list[Document]
) -> Iterator[Room]:
    """The newsroom that no test changes, on SQLite alone and on PostgreSQL with Elasticsearch."""
    with ExitStack() as stack:
        if request.param == "embedded":
            folder = tmp_path_factory.mktemp("room")
            urls = f"sqlite:///{folder}/rasid.db", f"sqlite:///{folder}/index.db"
        else:
            urls = stack.enter_context(served_urls(request))
        yield stack.enter_context(room_over(newsroom, *urls))


@pytest.fixture(params=["embedded", "servers"])
def own_room(request: pytest.FixtureRequest, tmp_path: Path, newsroom: list[Document]) -> Iterator[Room]:
    """A newsroom that a test may change, of each kind."""
    with ExitStack() as stack:
        if request.param == "embedded":
            urls = f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/index.db"
        else:
            urls = stack.enter_context(served_urls(request))
        yield stack.enter_context(room_over(newsroom, *urls))
