"""The newsroom of the tests as an editor and a real browser see it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from desk_browser import served
from desk_rooms import Room, room_over
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Playwright, sync_playwright

from index import Document


@pytest.fixture(scope="session")
def client(room: Room) -> Iterator[TestClient]:
    """An editor."""
    with room.client() as client:
        yield client


@pytest.fixture
def desk_over(tmp_path: Path) -> Iterator[Callable[[list[Document]], TestClient]]:
    """Return a function that gives an editor's client of a desk over other Documents."""
    with ExitStack() as stack:

        def over(documents: list[Document]) -> TestClient:
            urls = f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/index.db"
            room = stack.enter_context(room_over(documents, *urls))
            return stack.enter_context(room.client())

        yield over


@pytest.fixture(scope="session")
def embedded_room(tmp_path_factory: pytest.TempPathFactory, newsroom: list[Document]) -> Iterator[Room]:
    """The newsroom that the browser sees; no test changes it."""
    folder = tmp_path_factory.mktemp("seen")
    urls = f"sqlite:///{folder}/rasid.db", f"sqlite:///{folder}/index.db"
    with room_over(newsroom, *urls) as room:
        yield room


@pytest.fixture(scope="session")
def address(embedded_room: Room) -> Iterator[str]:
    with served(embedded_room.app) as address:
        yield address


@pytest.fixture
def own_address(own_room: Room) -> Iterator[str]:
    """Where a newsroom is served that a test may change."""
    with served(own_room.app) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium_path(playwright: Playwright) -> str:
    """Return a Chromium of this machine: the named one, one on PATH, or Playwright's own."""
    named = os.environ.get("RASID_TEST_CHROMIUM")
    on_path = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    candidates = [named, *on_path, playwright.chromium.executable_path]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return candidate
    reason = "no Chromium: install `chromium`, run `playwright install chromium`, or name one in RASID_TEST_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=switches)
    yield browser
    browser.close()
