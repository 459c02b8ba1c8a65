"""Which Cases a Case comes from: what was told of those has been told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.engine import NAMED_AT_ONCE
from service.database.tables import case_events

if TYPE_CHECKING:
    from collections.abc import Collection

_NEVER = datetime.min.replace(tzinfo=UTC)


def forebears(connection: sa.Connection, subjects: Collection[str]) -> list[tuple[str, str, datetime]]:
    """Return (subject, forebear, until) for the Cases that were merged into a subject or that it was split off from.

    What happened to a forebear after `until` is its own. Decisions that were taken back count: people were told.
    """
    sources = _sources(connection, subjects)
    found: dict[tuple[str, str], datetime] = {}
    for subject in subjects:
        waiting = list(sources.get(subject, ()))
        while waiting:
            case, until = waiting.pop()
            if case != subject and until > found.get((subject, case), _NEVER):  # the later one says more
                found[subject, case] = until
                waiting += [(one, min(at, until)) for one, at in sources.get(case, ())]
    return [(subject, case, until) for (subject, case), until in found.items()]


def _sources(connection: sa.Connection, subjects: Collection[str]) -> dict[str, list[tuple[str, datetime]]]:
    """Return where the subjects, and what they come from, have something from, and when they got it."""
    sources: dict[str, list[tuple[str, datetime]]] = {}
    asked: set[str] = set()
    waiting = set(subjects)
    while now := sorted(waiting)[:NAMED_AT_ONCE]:
        asked.update(now)
        rows = connection.execute(
            sa.select(case_events.c.id, case_events.c.case, case_events.c.at, case_events.c.detail).where(
                case_events.c.case.in_(now), case_events.c.kind.in_(("merged", "split"))
            )
        )
        for row in rows:
            other, twin = row.detail.get("other"), row.detail.get("twin")
            if other is not None and twin is not None and twin < row.id:  # who takes is written after who gives
                sources.setdefault(row.case, []).append((other, row.at))
        waiting.update(other for found in sources.values() for other, _ in found)
        waiting -= asked
    return sources
