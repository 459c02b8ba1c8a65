"""What takes long to count and changes slowly is counted once in a while, for all who look."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

FRESH = timedelta(seconds=60)
"""How old such numbers may be; pages say when they were counted."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Lately(Generic[Key, Value]):
    """Remembers what `count` returned for each key, for `FRESH`; there are few keys.

    One thread counts at a time. Others that ask meanwhile get what was counted before, and wait only for the first.
    """

    def __init__(self, count: Callable[[Key, datetime], Value]) -> None:
        self._count = count
        self._kept: dict[Key, tuple[datetime, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, now: datetime) -> Value:
        """Return what was counted for the key lately, or count it. Raises what `count` raises."""
        kept = self._kept.get(key)
        if kept is not None and (_is_fresh(kept[0], now) or self._lock.locked()):
            return kept[1]
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not _is_fresh(kept[0], now):
                kept = self._kept[key] = now, self._count(key, now)
            return kept[1]


def _is_fresh(at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - at < FRESH
