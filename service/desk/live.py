"""New appeals announce themselves: server-sent events (WHATWG HTML, 9.2) to the lists that are open."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from index.errors import RasidIndexError
from service import logins
from service.desk.access import allow, cookie_name, in_person
from service.desk.feed import MOST_TOLD, Feed
from service.errors import DatabaseError
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from service.desk.parts import Desk
    from service.labels import Labels

TICK_SECONDS = 0.5
"""How soon a connection notices that the server stops."""

HEARTBEAT_SECONDS = 15.0
"""After which something is sent, so that nobody between takes the connection for dead."""

CHECK_SECONDS = 60.0
"""How long one who was logged out may go on listening."""

RETRY_MILLISECONDS = 5000
"""After which a browser connects again."""

MOST_CONNECTIONS = 4
"""Of one session: by HTTP/1.1 a browser opens six to a host for all its windows, and its pages need the others."""

_LATEST = 2**53
"""The largest number that scripts tell from its neighbours."""


def routes(desk: Desk) -> APIRouter:
    """Return the route of the events."""
    router = APIRouter()
    feed = Feed(desk.database, desk.counter.forget)
    connections: Counter[str] = Counter()

    @router.get("/events")
    @allow(Role.READER)
    async def tell_news(request: Request, since: Annotated[int, Query(ge=0, le=_LATEST)] = _LATEST) -> Response:
        in_person(request)
        session = request.cookies[cookie_name(secure=desk.secure)]
        if since == _LATEST:  # nothing can be newer; 204 tells a browser not to ask again
            return Response(status_code=204)
        if connections[session] >= MOST_CONNECTIONS:
            return Response(status_code=429)
        words = desk.words(request)
        stopping: Callable[[], bool] = getattr(request.app.state, "stopping", bool)

        async def events() -> AsyncIterator[str]:
            with _counted(connections, session), feed.listening(since):
                yield f"retry: {RETRY_MILLISECONDS}\n\n"
                told = numbers = None
                sent = checked = time.monotonic()
                while not stopping():
                    news = await feed.news(since, told, TICK_SECONDS)
                    now = time.monotonic()
                    told = news or told
                    if news is not None and news.after(since) != numbers:
                        numbers, sent = news.after(since), now
                        yield f"data: {json.dumps(await run_in_threadpool(_message, desk, words, *numbers))}\n\n"
                    elif now - sent >= HEARTBEAT_SECONDS:
                        sent = now
                        yield ":\n\n"
                    if now - checked >= CHECK_SECONDS:
                        checked = now
                        if not await run_in_threadpool(_logged_in, desk, session):
                            return

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter for nginx (proxy_buffering)
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)

    return router


@contextlib.contextmanager
def _counted(connections: Counter[str], session: str) -> Iterator[None]:
    connections[session] += 1
    try:
        yield
    finally:
        connections[session] -= 1
        if not connections[session]:
            del connections[session]


def _logged_in(desk: Desk, secret: str) -> bool:
    """Return whether a session still holds; while the database cannot be asked, it does."""
    try:
        with desk.database.read() as connection:
            return logins.of_session(connection, secret, desk.clock()) is not None
    except DatabaseError:
        return True


def _message(desk: Desk, words: Labels, new: int, critical: int) -> dict[str, object]:
    """Return what a page is told: the numbers, the sentence for its list, and what the navigation shows."""
    try:
        counts = desk.counter.counts(desk.clock())
    except (RasidIndexError, DatabaseError):
        counts = {}
    return {
        "new": new,
        "critical": critical,
        "text": sentence(words, new, critical),
        "short": words.number(new),
        "counts": {key: words.number(count) for key, count in counts.items()},
    }


def sentence(words: Labels, new: int, critical: int) -> str:
    """Return «3 مناشدات جديدة، منها حرجة واحدة»."""
    told = words.text("news_many", count=words.number(new)) if new >= MOST_TOLD else words.count("new_appeal", new)
    return told + (words.text("list_separator") + words.count("critical_among", critical) if critical else "")
