"""The audit log as it is read: who did what to what, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.tables import audit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ENTRIES = 50
"""Entries of a page."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did; `subject` is what it was done to, as "case:…", "document:…", "user:…"."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the log is wanted: "" for anything; of the subject its beginning, so that "case:" is every case."""

    actor: str = ""
    action: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, and the number before which the next page begins; None at the end."""

    entries: tuple[Entry, ...]
    before: int | None


def read(connection: sa.Connection, chosen: Chosen, before: int | None = None, size: int = ENTRIES) -> Page:
    """Return the latest entries that are wanted, of those before a number."""
    wanted = sa.select(audit).order_by(audit.c.id.desc()).limit(size + 1)
    if chosen.actor:
        wanted = wanted.where(audit.c.actor == chosen.actor)
    if chosen.action:
        wanted = wanted.where(audit.c.action == chosen.action)
    if chosen.subject:
        wanted = wanted.where(audit.c.subject.startswith(chosen.subject, autoescape=True))
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    rows = connection.execute(wanted).all()
    found = tuple(Entry(row.id, row.at, row.actor, row.action, row.subject, row.detail or {}) for row in rows[:size])
    return Page(found, found[-1].id if len(rows) > size else None)
