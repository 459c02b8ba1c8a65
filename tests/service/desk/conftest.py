"""A small newsroom in a real SQLite index, the desk over it, and a real browser."""

from __future__ import annotations

import os
import shutil
import threading
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from elasticsearch import Elasticsearch
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright
from servers import postgresql

from index import Document, Index, open_index
from nlp.analysis import Analysis, Appeal, Evidence, Facility, Governorates, Place, Span
from service.accounts import Role, add_user
from service.database.cases import Dues, refresh
from service.database.engine import Database
from service.database.tables import analyses, articles, cases, documents
from service.desk import create_app

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


def spool(connection: sa.Connection, document: Document, *, revision: int = 1) -> None:
    """Store a Document as the worker would have: Article, Analysis, state, Case."""
    connection.execute(
        articles.insert().values(
            document=document.id,
            version=1,
            url=document.url,
            outlet=document.outlet,
            source=f"{document.outlet}-feed",
            title=document.title,
            body=document.body,
            content=document.id,
            published=document.published,
            published_raw="",
            published_from="feed",
            fetched=document.fetched,
            language="ar",
            state="analysed",
        )
    )
    connection.execute(
        analyses.insert().values(
            document=document.id, version=1, analyser="test", at=document.fetched, analysis=dict(document.analysis)
        )
    )
    if document.case and not connection.scalar(sa.select(cases.c.id).where(cases.c.id == document.case)):
        connection.execute(
            cases.insert().values(id=document.case, state=document.case_state or "new", opened=document.fetched)
        )
    connection.execute(
        documents.insert().values(
            id=document.id,
            version=1,
            revision=revision,
            stance=document.stance,
            group=document.group,
            case=document.case or None,
            first_seen=document.fetched,
        )
    )


@dataclass(frozen=True)
class Room:
    """A newsroom: its database, the index made from it, and the desk over both."""

    database: Database
    index: Index
    app: FastAPI

    def client(self, name: str | None = "editor") -> TestClient:
        """A client that is logged in as the user of this name, or not at all for None."""
        client = TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)
        if name is not None:
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client


PASSWORD = "a long password"
USERS = {"reader": Role.READER, "editor": Role.EDITOR, "second": Role.EDITOR, "chief": Role.ADMINISTRATOR}


@contextmanager
def room_over(
    documents: list[Document], database_url: str, index_url: str, clock: Callable[[], datetime] = lambda: NOW
) -> Iterator[Room]:
    """Give a newsroom that holds these Documents, with the users of `USERS`."""
    with Database.open(database_url, create=True) as database, open_index(index_url) as index:
        with database.write() as connection:
            for document in documents:
                spool(connection, document)
            every_case = {document.case for document in documents if document.case}
            for case in sorted(every_case):
                refresh(connection, case, Dues())
            for name, role in USERS.items():
                add_user(connection, name, PASSWORD, role, NOW)
        written = index.write(documents)
        assert (written.stored, written.refused) == (len(documents), {})
        index.refresh()
        yield Room(database, index, create_app(index, database, outlets=OUTLETS, clock=clock))


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


@contextmanager
def served_urls(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Give a database of its own on the shared PostgreSQL, and an address of its own on the shared Elasticsearch."""
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    node = request.getfixturevalue("elasticsearch_node")
    prefix = f"desk-{uuid.uuid4().hex[:12]}"
    with postgresql.database(server, template) as url, Elasticsearch(node) as client:
        yield url.render_as_string(hide_password=False), f"{node}?prefix={prefix}"
        if left := list(client.indices.get(index=f"{prefix}-*", expand_wildcards="all")):
            client.indices.delete(index=left)


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
def address(embedded_room: Room) -> Iterator[str]:
    with served(embedded_room.app) as address:
        yield address


def log_in(context: BrowserContext, address: str, name: str = "editor") -> None:
    """Log a browser in, as its user would."""
    page = context.new_page()
    page.goto(f"{address}/login?lang=en")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/**")
    page.close()


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
