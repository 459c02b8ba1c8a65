"""The change rows: their numbers are the order of everything after the worker, and each later stage keeps a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.engine import serialise
from service.database.tables import changes, cursors, documents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

INDEXER = "indexer"
MATCHER = "matcher"


def announce(connection: sa.Connection, ids: Sequence[str], now: datetime) -> None:
    """Say that Documents changed: raise their revisions and append a change row for each.

    Transactions that announce pass one after the other, so that numbers become visible in their order.
    """
    serialise(connection, "changes")
    for id_ in ids:
        connection.execute(documents.update().where(documents.c.id == id_).values(revision=documents.c.revision + 1))
        connection.execute(changes.insert().values(document=id_, at=now))


def since(connection: sa.Connection, position: int, most: int, until: int | None = None) -> list[tuple[int, str]]:
    """Return up to `most` (number, Document id) after `position`, in order, none above `until`."""
    query = sa.select(changes.c.number, changes.c.document).where(changes.c.number > position)
    if until is not None:
        query = query.where(changes.c.number <= until)
    return [(row.number, row.document) for row in connection.execute(query.order_by(changes.c.number).limit(most))]


def position(connection: sa.Connection, name: str) -> int:
    """Return the number of the last change that the stage has done, 0 before the first."""
    held: int | None = connection.scalar(sa.select(cursors.c.position).where(cursors.c.name == name))
    return held or 0


def advance(connection: sa.Connection, name: str, number: int) -> None:
    """Move a stage's cursor; to be called in the transaction that stores the stage's result."""
    if connection.execute(cursors.update().where(cursors.c.name == name).values(position=number)).rowcount == 0:
        connection.execute(cursors.insert().values(name=name, position=number))


def last(connection: sa.Connection) -> int:
    """Return the number of the newest change, 0 where there is none."""
    held: int | None = connection.scalar(sa.select(sa.func.max(changes.c.number)))
    return held or 0
