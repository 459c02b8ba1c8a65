"""The change rows: their numbers are the order of everything after the worker, and each later stage keeps a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.engine import insert_new, serialise
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


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a stage stands: the number of the last change that it has done, and how often it was set back."""

    position: int = 0
    restarts: int = 0


def cursor(connection: sa.Connection, name: str) -> Cursor:
    """Return where a stage stands, at the beginning where it never ran."""
    wanted = (name, _restarts(name))
    held = {row.name: row.position for row in connection.execute(sa.select(cursors).where(cursors.c.name.in_(wanted)))}
    return Cursor(held.get(name, 0), held.get(_restarts(name), 0))


def position(connection: sa.Connection, name: str) -> int:
    """Return the number of the last change that the stage has done, 0 before the first."""
    return cursor(connection, name).position


def advance(connection: sa.Connection, name: str, number: int, *, since: Cursor) -> bool:
    """Move a stage's cursor from `since` and say whether it moved; to be called with what stores the stage's result.

    Where another process has moved it meanwhile, or a restart has set it back, it stays where it is.
    """
    serialise(connection, name)
    if cursor(connection, name) != since:
        return False
    _put(connection, name, number)
    return True


def restart(connection: sa.Connection, name: str, number: int = 0) -> None:
    """Set a stage back to `number`; a batch that is on its way then does not move it."""
    serialise(connection, name)
    _put(connection, _restarts(name), cursor(connection, name).restarts + 1)
    _put(connection, name, number)


def _restarts(name: str) -> str:
    return f"{name} restarts"


def _put(connection: sa.Connection, name: str, number: int) -> None:
    if not insert_new(connection, cursors, name=name, position=number):
        connection.execute(cursors.update().where(cursors.c.name == name).values(position=number))


def last(connection: sa.Connection) -> int:
    """Return the number of the newest change, 0 where there is none."""
    held: int | None = connection.scalar(sa.select(sa.func.max(changes.c.number)))
    return held or 0
