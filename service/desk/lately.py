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

    Of several threads that ask at once one counts, and the others wait for it.
    """

    def __init__(self, count: Callable[[Key, datetime], Value]) -> None:
        self._count = count
        self._kept: dict[Key, tuple[datetime, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, now: datetime) -> Value:
        """Return what was counted for the key lately, or count it. Raises what `count` raises."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not timedelta(0) <= now - kept[0] < FRESH:
                kept = self._kept[key] = now, self._count(key, now)
            return kept[1]
