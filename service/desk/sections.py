"""The navigation: where one can go, and how much waits there."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from index.protocol import Field, Query
from service.database import cases
from service.desk.address import INCOMING, Address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fastapi import Request

    from index.protocol import Index
    from service.database.engine import Database
    from service.desk.access import Viewer
    from service.labels import Language

FRESH = timedelta(seconds=5)
"""How old the counts may be: they stand on every page, and need not be counted for each."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation: `key` names it, `path` leads there, `count` is None where nothing is counted.

    On a phone the first four stand at the foot, the others in the menu (`minor`).
    """

    key: str
    path: str
    count: int | None
    current: bool
    minor: bool = False


@dataclass(slots=True)
class Counter:
    """Counts what waits, at most once in `FRESH` for all who ask."""

    index: Index
    database: Database
    _counts: Mapping[str, int] = field(default_factory=dict)
    _at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, now: datetime) -> Mapping[str, int]:
        """Return the counts by key of the entry. Raises what `Index.search` raises."""
        with self._lock:
            if self._at is None or not timedelta(0) <= now - self._at < FRESH:
                self._counts, self._at = self._count(now), now
            return self._counts

    def forget(self) -> None:
        """Count anew next time: after a decision the numbers change at once."""
        with self._lock:
            self._at = None

    def _count(self, now: datetime) -> Mapping[str, int]:
        incoming = self.index.search(Query(filters={Field.STANCE: INCOMING}, size=0)).total
        with self.database.read() as connection:
            return {
                "incoming": incoming,
                "cases": cases.count_open(connection),
                "overdue": cases.count_overdue(connection, now),
            }


def sections(counts: Mapping[str, int], request: Request, language: Language, viewer: Viewer) -> tuple[Entry, ...]:
    """Return the entries for who asks, in the page's language."""
    path = request.url.path
    lang = "?lang=en" if language == "en" else ""
    overdue = path == "/cases" and request.query_params.get("due") == "overdue"
    home = Address(language=language)
    everything = home.only({})
    shown = Address.read(request.query_params)
    entries = [
        ("incoming", "/" + home.query(), path == "/" and shown.filters == home.filters and not shown.text, False),
        ("cases", f"/cases{lang}", path.startswith("/cases") and not overdue, False),
        ("overdue", f"/cases?due=overdue{lang.replace('?', '&')}", overdue, True),
        ("search", "/" + everything.query(), path == "/" and not shown.filters[Field.STANCE], False),
        ("overview", f"/overview{lang}", path == "/overview", False),
        ("alerts", f"/alerts{lang}", path.startswith("/alerts"), True),
        ("saved", f"/saved{lang}", path.startswith("/saved"), True),
        ("sources", f"/sources{lang}", path.startswith("/sources"), True),
    ]
    if viewer.administers:
        entries.append(("users", f"/users{lang}", path.startswith(("/users", "/audit")), True))
    return tuple(Entry(key, to, counts.get(key), current, minor) for key, to, current, minor in entries)
