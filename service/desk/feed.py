"""What was opened lately, for all who look at a list: one look at the database every while, however many they are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.database import openings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.database.engine import Database
    from service.database.openings import Opening

_log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""Between two looks: what an appeal waits between the index and the eye at most."""

MOST_TOLD = 500
"""Most new Cases that are counted, for a page that was left open over a holiday."""


@dataclass(frozen=True, slots=True)
class News:
    """The openings after `since` until `until`, the newest first and at most `MOST_TOLD`; all can be searched."""

    since: int
    until: int
    openings: tuple[Opening, ...] = ()

    def after(self, since: int) -> tuple[int, int]:
        """Return how many Cases were opened after a number, and how many of them are critical."""
        new = [opening for opening in self.openings if opening.number > since]
        return len(new), sum(opening.critical for opening in new)


class Feed:
    """Looks for news as long as anybody listens. Used in one event loop; only the look itself runs in a thread.

    `on_news` is called whenever there is some, in the event loop.
    """

    def __init__(
        self, database: Database, on_news: Callable[[], None] = lambda: None, seconds: float = POLL_SECONDS
    ) -> None:
        self._database = database
        self._on_news = on_news
        self._seconds = seconds
        self._listeners: dict[object, int] = {}
        self._news: News | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def looking(self) -> bool:
        """Whether anybody listens, so that it looks."""
        return self._task is not None

    @contextlib.contextmanager
    def listening(self, since: int) -> Iterator[None]:
        """Look for what was opened after a number during the block."""
        listener = object()
        self._listeners[listener] = since
        if self._task is None:
            self._wanted, self._changed = asyncio.Event(), asyncio.Event()  # an event belongs to one event loop
            self._task = asyncio.create_task(self._look_on())
        self._wanted.set()
        try:
            yield
        finally:
            del self._listeners[listener]
            if not self._listeners:
                self._task.cancel()
                self._task = None

    async def news(self, since: int, told: News | None, seconds: float) -> News | None:
        """Return what is known of the openings after a number, other than `told`, or None where that takes longer."""
        changed = self._changed
        if not self._tells(since, told):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), seconds)
        return self._news if self._tells(since, told) else None

    def _tells(self, since: int, told: News | None) -> bool:
        return self._news is not None and self._news is not told and self._news.since <= since

    async def _look_on(self) -> None:
        while True:
            self._wanted.clear()
            known = self._news
            try:
                self._news = await asyncio.to_thread(self._look, min(self._listeners.values()), known)
            except Exception as error:  # noqa: BLE001 - whatever fails, the next look may go well
                _log.warning("no look for new cases: %s: %s", type(error).__name__, error)
            if self._news is not known:
                self._on_news()
                changed, self._changed = self._changed, asyncio.Event()
                changed.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._seconds)

    def _look(self, since: int, known: News | None) -> News:
        """Return the news; `known` itself where nothing changed. What could be searched once goes on being told."""
        with self._database.read() as connection:
            until = max(openings.searchable(connection), known.until if known else 0)
            if known is not None and known.until == until and known.since <= since:
                return known
            return News(since, until, tuple(openings.opened(connection, since, until, MOST_TOLD)))
