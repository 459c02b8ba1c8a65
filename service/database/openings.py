"""Cases that were opened while somebody looks at a list: how far they can be searched, and which are new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import changes
from service.database.cases import listable
from service.database.tables import case_events, cases
from service.database.tables import changes as changes_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPENED = case_events.c.kind == "opened"


@dataclass(frozen=True, slots=True)
class Opening:
    """A Case that was opened; `number` is its event's, which orders them."""

    number: int
    critical: bool


def searchable(connection: sa.Connection) -> int:
    """Return the number of the newest opening whose Case can be searched already, 0 where there is none.

    That is the newest of all where the indexer has done every change. Otherwise it is the newest before the oldest
    change that waits: what opens a Case and the change row that comes of it bear the same time.
    """
    waiting = sa.select(sa.func.min(changes_table.c.at)).where(
        changes_table.c.number > changes.position(connection, changes.INDEXER)
    )
    oldest = connection.scalar(waiting)
    newest = sa.select(case_events.c.id).where(_OPENED).order_by(case_events.c.id.desc()).limit(1)
    if oldest is not None:
        newest = newest.where(case_events.c.at < oldest)
    return connection.scalar(newest) or 0


def opened(connection: sa.Connection, after: int, until: int, most: int) -> Sequence[Opening]:
    """Return the openings after one number and until another, the newest first, at most `most`.

    Cases that were merged into others, or that nothing tells any more, are left out.
    """
    rows = connection.execute(
        sa.select(case_events.c.id, cases.c.urgency)
        .join(cases, cases.c.id == case_events.c.case)
        .where(_OPENED, case_events.c.id > after, case_events.c.id <= until, listable())
        .order_by(case_events.c.id.desc())
        .limit(most)
    )
    return [Opening(row.id, row.urgency == "critical") for row in rows]
