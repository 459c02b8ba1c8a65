"""Cases: one need of one group of people over all outlets and days, and the events of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.tables import articles, case_events, cases, documents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MACHINE = "rasid"
"""The actor of what no person decided."""


def of_group(connection: sa.Connection, group: str) -> str | None:
    """Return the Case that the texts of a syndication group belong to, or None."""
    case: str | None = connection.scalar(
        sa.select(documents.c.case)
        .where(documents.c.group == group, documents.c.case.is_not(None))
        .order_by(documents.c.first_seen, documents.c.id)
        .limit(1)
    )
    return case


def open_case(connection: sa.Connection, document: str, now: datetime, reason: str) -> str:
    """Open the Case whose first Document this is, or return it where that was done before.

    The id is made from the Document's: the same input twice opens the same Case.
    """
    id_ = f"case-{document[:12]}"
    if connection.execute(sa.select(cases.c.id).where(cases.c.id == id_)).first() is None:
        connection.execute(cases.insert().values(id=id_, state="new", opened=now))
        note(connection, id_, kind="opened", document=document, reason=reason, now=now)
    return id_


def note(connection: sa.Connection, case: str, *, kind: str, document: str, reason: str, now: datetime) -> None:
    """Add an event of the machine to a Case's history."""
    connection.execute(
        case_events.insert().values(case=case, at=now, actor=MACHINE, kind=kind, document=document, reason=reason)
    )


def outlets(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the outlets that carry each Case, in alphabetical order."""
    rows = connection.execute(
        sa.select(documents.c.case, articles.c.outlet)
        .join(articles, sa.and_(articles.c.document == documents.c.id, articles.c.version == documents.c.version))
        .where(documents.c.case.in_(ids))
        .distinct()
        .order_by(documents.c.case, articles.c.outlet)
    )
    found: dict[str, list[str]] = {}
    for case, outlet in rows:
        found.setdefault(case, []).append(outlet)
    return found


def count(connection: sa.Connection) -> int:
    """Return how many Cases have been opened."""
    return connection.scalar(sa.select(sa.func.count()).select_from(cases)) or 0
