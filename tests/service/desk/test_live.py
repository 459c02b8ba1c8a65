"""New appeals announce themselves: the events over real HTTP, and the list in a real browser."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import uvicorn
from desk_browser import log_in
from desk_rooms import NOW, OUTLETS, Room, spool
from playwright.sync_api import Browser, expect

from index import Document
from service.database import openings
from service.database.cases import Dues, note, refresh
from service.database.changes import announce
from service.database.tables import sessions
from service.desk import live
from service.desk.feed import Feed, News
from service.indexer import index_changes
from service.labels import labels

SOON = 8.0
"""Seconds within which news must have come: some looks at the database, on a machine that does other things too."""


class Ear:
    """A connection to /events, as a browser has it."""

    def __init__(self, address: str, cookie: str, path: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=SOON)
        self._connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/event-stream"})
        self.answer = self._connection.getresponse()

    def lines(self) -> Iterator[str]:
        while line := self.answer.readline():
            yield line.decode().rstrip("\n")

    def heard(self) -> dict[str, Any]:
        """Return the next event. Raises TimeoutError where none comes, StopIteration where the stream has ended."""
        return next(json.loads(line.removeprefix("data: ")) for line in self.lines() if line.startswith("data: "))

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def listening(address: str, room: Room, path: str, name: str = "reader", cookie: str = "") -> Iterator[Ear]:
    ear = Ear(address, cookie or cookie_of(room, name), path)
    with closing(ear):
        yield ear


def cookie_of(room: Room, name: str = "reader") -> str:
    with room.client(name) as client:
        return "; ".join(f"{key}={value}" for key, value in client.cookies.items())


def arrive(room: Room, template: Document, number: int, *, urgency: str = "high", searchable: bool = True) -> Document:
    """Bring in a new appeal with a Case of its own, as the worker would, and have it indexed."""
    analysis = json.loads(json.dumps(dict(template.analysis)))
    for appeal in analysis["appeals"]:
        appeal["urgency"] = urgency
    now = NOW + timedelta(minutes=number)
    document = replace(
        template,
        id=f"{number:064x}",
        url=f"https://{template.outlet}.example/new-{number}",
        title=f"أهالي القرية رقم {number} يناشدون",
        published=now,
        fetched=now,
        urgency=urgency,
        case=f"case-new-{number}",
        case_state="new",
        group=f"{number:064x}",
        analysis=analysis,
    )
    with room.database.write() as connection:
        spool(connection, document, revision=0)
        note(connection, document.case, kind="opened", document=document.id, reason="", now=now)
        refresh(connection, document.case, Dues())
        announce(connection, [document.id], now)
    if searchable:
        catch_up(room)
    return document


def catch_up(room: Room) -> None:
    while index_changes(room.database, room.index, OUTLETS).changes:
        pass


@pytest.fixture
def template(newsroom: list[Document]) -> Document:
    return next(document for document in newsroom if document.stance == "appeal" and document.urgency == "critical")


def test_listeners_hear_of_new_cases_in_their_language(own_room: Room, own_address: str, template: Document) -> None:
    with (
        listening(own_address, own_room, "/events?since=0") as arabic,
        listening(own_address, own_room, "/events?since=0&lang=en", "editor") as english,
    ):
        assert arabic.answer.status == 200
        assert arabic.answer.headers["Content-Type"].startswith("text/event-stream")
        assert arabic.answer.headers["Cache-Control"] == "no-store"
        assert arabic.heard() | {"counts": {}} == {
            "new": 0,
            "critical": 0,
            "text": "لا مناشدات جديدة",
            "short": "0",
            "counts": {},
        }
        before = english.heard()
        arrive(own_room, template, 1)
        assert arabic.heard()["text"] == "مناشدة جديدة"
        told = english.heard()
        assert (told["new"], told["critical"], told["text"]) == (1, 0, "1 new appeal")
        assert int(told["counts"]["incoming"]) == int(before["counts"]["incoming"]) + 1
        assert int(told["counts"]["cases"]) == int(before["counts"]["cases"]) + 1
        arrive(own_room, template, 2, urgency="critical")
        told = arabic.heard()
        assert (told["new"], told["critical"], told["short"]) == (2, 1, "2")
        assert told["text"] == "مناشدتان جديدتان، منها حرجة واحدة"


def test_a_case_is_told_when_it_can_be_searched_and_not_before(
    own_room: Room, own_address: str, template: Document
) -> None:
    with listening(own_address, own_room, "/events?since=0") as ear:
        assert ear.heard()["new"] == 0
        arrive(own_room, template, 1, searchable=False)
        threading.Timer(3, catch_up, [own_room]).start()
        started = time.monotonic()
        assert ear.heard()["new"] == 1
        assert time.monotonic() - started > 2.5


def test_a_listener_hears_only_of_what_its_page_does_not_show(
    own_room: Room, own_address: str, template: Document
) -> None:
    arrive(own_room, template, 1)
    with own_room.database.read() as connection:
        shown = openings.searchable(connection)
    with own_room.client() as client:
        assert f'data-live="/events?since={shown}"' in client.get("/").text
        assert f'data-live="/events?since={shown}&amp;lang=en"' in client.get("/?lang=en").text
    with (
        listening(own_address, own_room, f"/events?since={shown}") as late,
        listening(own_address, own_room, "/events?since=0", "editor") as early,
    ):
        assert (late.heard()["new"], early.heard()["new"]) == (0, 1)
        arrive(own_room, template, 2)
        assert (late.heard()["new"], early.heard()["new"]) == (1, 2)


def test_nobody_listens_without_a_login(own_room: Room, own_address: str) -> None:
    with listening(own_address, own_room, "/events?since=0", cookie="rasid_session=guessed") as ear:
        assert ear.answer.status == 303
    with own_room.client() as client:
        assert client.get("/events").status_code == 204  # a browser asks no more
        assert client.get("/events?since=-1").status_code == 400
        assert client.get("/events?since=x").status_code == 400
        assert client.get(f"/events?since={10**30}").status_code == 400


def test_a_session_has_few_connections_and_gives_them_back(own_room: Room, own_address: str) -> None:
    cookie = cookie_of(own_room)
    ears = [Ear(own_address, cookie, "/events?since=0") for _ in range(live.MOST_CONNECTIONS)]
    for ear in ears:
        assert ear.heard()["new"] == 0
    with listening(own_address, own_room, "/events?since=0", cookie=cookie) as refused:
        assert refused.answer.status == 429
    with listening(own_address, own_room, "/events?since=0", "editor") as another:
        assert another.heard()["new"] == 0
    for ear in ears:
        ear.close()
    _eventually(lambda: _status(own_address, own_room, cookie) == 200)


def _status(address: str, room: Room, cookie: str) -> int:
    with listening(address, room, "/events?since=0", cookie=cookie) as ear:
        return ear.answer.status


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_stream_ends_with_the_session(own_room: Room, own_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.5)
    with listening(own_address, own_room, "/events?since=0") as ear:
        assert ear.heard()["new"] == 0
        with own_room.database.write() as connection:
            connection.execute(sessions.delete())
        assert [line for line in ear.lines() if line.startswith("data")] == []


def test_a_quiet_stream_has_a_heartbeat(own_room: Room, own_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.5)
    with listening(own_address, own_room, "/events?since=0") as ear:
        assert ear.heard()["new"] == 0
        assert ":" in (next(ear.lines()), next(ear.lines()))


def test_the_server_stops_while_somebody_listens(own_room: Room) -> None:
    app = own_room.app
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    app.state.stopping = lambda: server.should_exit
    thread = threading.Thread(target=server.run)
    thread.start()
    _eventually(lambda: server.started)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with listening(address, own_room, "/events?since=0") as ear:
        assert ear.heard()["new"] == 0
        server.should_exit = True
        thread.join(5)
        stopped = not thread.is_alive()
        server.force_exit = True
    thread.join()
    assert stopped


def test_one_looks_for_all_and_nobody_for_none(own_room: Room) -> None:
    looks = 0

    def count(*_: object) -> None:
        nonlocal looks
        looks += 1

    async def listen() -> tuple[list[News | None], bool]:
        feed = Feed(own_room.database, seconds=0.3)
        assert not feed.looking
        with feed.listening(0), feed.listening(0), feed.listening(5):
            told = [await feed.news(since, None, SOON) for since in (0, 0, 5)]
            sa.event.listen(own_room.database.engine, "begin", count)
            await asyncio.sleep(1.5)
            sa.event.remove(own_room.database.engine, "begin", count)
            assert await feed.news(0, told[0], 0.1) is None
        return told, feed.looking

    with ThreadPoolExecutor(1) as pool:  # Playwright's event loop may run in this thread
        told, looking = pool.submit(lambda: asyncio.run(listen())).result()
    assert told[0] is told[1] is told[2] is not None
    assert 1 <= looks <= 6
    assert not looking


def test_the_sentence_agrees_with_its_numbers() -> None:
    arabic, english = labels("ar"), labels("en")
    assert live.sentence(arabic, 3, 0) == "3 مناشدات جديدة"
    assert live.sentence(arabic, 12, 3) == "12 مناشدة جديدة، منها 3 حرجة"
    assert live.sentence(english, 2, 1) == "2 new appeals, one of them critical"
    assert live.sentence(arabic, 500, 0) == "أكثر من 500 مناشدة جديدة"


def test_new_appeals_are_announced_and_come_in_when_asked(
    own_room: Room, own_address: str, template: Document, browser: Browser
) -> None:
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    log_in(context, own_address)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{own_address}/?need={template.needs[0]}")
    page.locator(".row > a").first.click()
    open_item = page.url
    rows = page.locator(".row")
    first = rows.first.get_attribute("id")
    count = rows.count()
    news = page.locator(".news a")
    expect(news).to_be_hidden()
    incoming = int(page.locator(".sections [data-count=incoming]").inner_text())
    arrive(own_room, template, 1)
    document = arrive(own_room, template, 2, urgency="critical")
    expect(news).to_have_text("مناشدتان جديدتان، منها حرجة واحدة", timeout=SOON * 1000)
    expect(page).to_have_title(page.title())
    assert page.title().startswith("(2) ")
    expect(page.locator(".sections [data-count=incoming]")).to_have_text(str(incoming + 2))
    assert rows.first.get_attribute("id") == first  # nothing jumps
    news.click()
    expect(rows).to_have_count(count + 2)
    expect(rows.first).to_have_attribute("id", f"r-{document.id}")
    expect(news).to_be_hidden()
    expect(page.locator("#list")).to_be_focused()
    expect(page.locator(".item-title")).to_be_visible()
    assert not page.title().startswith("(")
    assert page.url == open_item
    arrive(own_room, template, 3)
    expect(news).to_have_text("مناشدة جديدة", timeout=SOON * 1000)
    context.close()
    assert said == []
