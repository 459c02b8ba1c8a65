"""A small newsroom in a real SQLite index, the desk over it, and a real browser."""

from __future__ import annotations

import os
import shutil
import threading
import time
import tomllib
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from index import Document, open_index
from nlp.analysis import Analysis, Appeal, Evidence, Facility, Governorates, Place, Span
from service.desk import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Playwright

    from index import Index

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
OUTLETS = {
    "nabd": "نبض الجنوب",
    "rafidain": "بريد الرافدين",
    "shatt": "شط العرب اليوم",
    "furat": "وكالة الفرات الأوسط",
    "jabal": "الجبل برس",
}


def read_marked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return the text without its marks, and (kind, start, end) of each."""
    text: list[str] = []
    opened: list[tuple[str, int]] = []
    found = []
    position = 0
    while position < len(marked):
        character = marked[position]
        if character == "{":
            bar = marked.index("|", position)
            opened.append((marked[position + 1 : bar], len(text)))
            position = bar
        elif character == "}":
            kind, start = opened.pop()
            found.append((kind, start, len(text)))
        else:
            text.append(character)
        position += 1
    return "".join(text), sorted(found, key=lambda mark: mark[1:])


def as_document(item: dict[str, Any], now: datetime = NOW) -> Document:
    """Return one item of newsroom.toml as the Document that the worker would have made."""
    title, body = (read_marked(item[part].strip())[0] for part in ("title", "body"))
    marked = f"{item['title']}\n{item['body'].strip()}" if item["title"] else item["body"].strip()
    text, marks = read_marked(marked)
    spans = [(kind.split("."), Span(text[start:end], start, end)) for kind, start, end in marks]
    places = tuple(
        Place(s.text, s.start, s.end, kind[1], s.text, kind[2], 0.9) for kind, s in spans if kind[0] == "place"
    )
    facilities = tuple(Facility(s.text, s.start, s.end, kind[1], kind[2]) for kind, s in spans if kind[0] == "facility")
    primary = tuple(item.get("primary", ()))
    asks = item["stance"] in {"appeal", "complaint"}
    appeal = Appeal(
        start=0,
        end=len(text),
        appellants=tuple(s for kind, s in spans if kind[0] == "appellant"),
        addressees=tuple(s for kind, s in spans if kind[0] == "addressee"),
        needs=tuple(item.get("needs", ())),
        urgency=item.get("urgency", "normal"),
        governorates=primary,
        facilities=tuple(s for kind, s in spans if kind[0] == "facility"),
        summary=item.get("summary", ""),
        evidence=tuple(Evidence(s.text, s.start, s.end, kind[1]) for kind, s in spans if kind[0] == "evidence"),
    )
    url = f"https://{item['outlet']}.example/{sha256(marked.encode()).hexdigest()[:10]}"
    mentioned = tuple(sorted({place.governorate for place in places} | set(primary)))
    id_ = sha256(url.encode()).hexdigest()
    analysis = Analysis(
        id=id_,
        language="ar",
        governorates=Governorates(mentioned, primary),
        places=places,
        facilities=facilities,
        entities=(),
        stance=item["stance"],
        stance_score=0.93,
        appeals=(appeal,) if asks else (),
    )
    published = now - timedelta(minutes=item["ago"])
    return Document(
        id=id_,
        version=1,
        url=url,
        title=title,
        body=body,
        outlet=item["outlet"],
        outlet_name=OUTLETS[item["outlet"]],
        published=published,
        fetched=published + timedelta(minutes=4),
        stance=item["stance"],
        urgency=item.get("urgency", ""),
        needs=tuple(item.get("needs", ())),
        governorates=mentioned,
        primary=primary,
        facility_types=tuple(sorted({facility.type for facility in facilities})),
        case=item.get("case", ""),
        case_state=item.get("case_state", "new" if asks else ""),
        group=item["group"],
        analysis=analysis.to_dict(),
    )


@pytest.fixture(scope="session")
def newsroom() -> list[Document]:
    raw = tomllib.loads((Path(__file__).parent / "newsroom.toml").read_text(encoding="utf-8"))
    return [as_document(item) for item in raw["item"]]


@contextmanager
def indexed(folder: Path, documents: list[Document]) -> Iterator[Index]:
    with open_index(f"sqlite:///{folder / 'index.db'}") as index:
        written = index.write(documents)
        assert (written.stored, written.refused) == (len(documents), {})
        index.refresh()
        yield index


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, newsroom: list[Document]) -> Iterator[Index]:
    with indexed(tmp_path_factory.mktemp("index"), newsroom) as index:
        yield index


@pytest.fixture(scope="session")
def desk(index: Index) -> FastAPI:
    return create_app(index, outlets=OUTLETS, clock=lambda: NOW)


@pytest.fixture(scope="session")
def client(desk: FastAPI) -> Iterator[TestClient]:
    with TestClient(desk, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def desk_over(tmp_path: Path) -> Iterator[Callable[[list[Document]], TestClient]]:
    """Return a function that gives a client of a desk over other Documents."""
    with ExitStack() as stack:

        def over(documents: list[Document]) -> TestClient:
            index = stack.enter_context(indexed(tmp_path, documents))
            app = create_app(index, outlets=OUTLETS, clock=lambda: NOW)
            return stack.enter_context(TestClient(app, base_url="http://127.0.0.1"))

        yield over


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application over HTTP on a free loopback port and give its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended before it listened"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def address(desk: FastAPI) -> Iterator[str]:
    with served(desk) as address:
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
