"""Moves everything from one database to another: `rasid migrate --from … --to …`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.engine import insert_new
from service.database.tables import articles, cursors, metadata, outbox, sources
from service.errors import MoveRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.database.engine import Database

BATCH = 1000
"""Rows a transaction: what is repeated after a kill, at most."""

_MARK = "moving"
"""A cursor of the target while it is being filled; without it a target that holds anything is not ours to fill."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table as it is on both sides: its name, its rows, and the SHA-256 of all that they hold."""

    table: str
    rows: int
    checksum: str


def move(source: Database, target: Database, progress: Callable[[str, int, int], None]) -> list[Moved]:
    """Copy every row of every table and compare both sides; `progress` is told (table, done, of).

    The source is read as it is at the start, and not changed. A run that was interrupted goes on where it stopped.
    Raises MoveRefused for a target that holds something else, and where the sides differ in the end.
    """
    _claim(target)
    with source.snapshot() as reading:
        for table in metadata.sorted_tables:
            _copy(table, reading, target, progress)
        moved = [_compared(table, reading, target) for table in metadata.sorted_tables]
    with target.write() as writing:
        for table in metadata.sorted_tables:
            _continue_numbers(writing, table)
        writing.execute(cursors.delete().where(cursors.c.name == _MARK))
    return moved


def at_work(database: Database) -> list[str]:
    """Return what somebody is doing on a database right now; what is done after the start is not moved."""
    now = datetime.now(UTC)
    busy = {
        "articles are being analysed": (articles.c.state == "claimed", articles.c.claimed_until > now),
        "sources are being crawled": (sources.c.lease_until > now,),
        "mails are being sent": (outbox.c.state == "sending", outbox.c.due > now),
    }
    with database.read() as connection:
        return [what for what, where in busy.items() if connection.scalar(sa.select(sa.exists().where(*where)))]


def _claim(target: Database) -> None:
    with target.write() as connection:
        if connection.scalar(sa.select(sa.exists().where(cursors.c.name == _MARK))):
            return
        for table in metadata.sorted_tables:
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise MoveRefused(f"{target.address} is not empty (its table {table.name} has rows): name a new one")
        insert_new(connection, cursors, name=_MARK, position=0)


def _copy(table: sa.Table, reading: sa.Connection, target: Database, progress: Callable[[str, int, int], None]) -> None:
    total = _count(reading, table)
    with target.read() as connection:
        done = _count(connection, table)
        newest = connection.execute(_rows(table).order_by(*_key(connection, table, down=True)).limit(1))
        last = _key_of(table, newest.first())
    progress(table.name, done, total)
    for batch in _batches(reading, table, last):
        with target.write() as writing:
            writing.execute(table.insert(), [row._asdict() for row in batch])
        done += len(batch)
        progress(table.name, done, total)


def _compared(table: sa.Table, reading: sa.Connection, target: Database) -> Moved:
    with target.snapshot() as connection:
        there, here = _summed(connection, table), _summed(reading, table)
    if there != here:
        raise MoveRefused(
            f"the table {table.name} has {here.rows} rows here and {there.rows} there, or other ones: something "
            "changed the databases meanwhile; stop Rasid, empty the target and run it again"
        )
    return here


def _summed(connection: sa.Connection, table: sa.Table) -> Moved:
    digest = hashlib.sha256()
    count = 0
    for batch in _batches(connection, table, None):
        count += len(batch)
        for row in batch:
            digest.update(json.dumps(row._asdict(), default=_plain, sort_keys=True, ensure_ascii=False).encode())
    return Moved(table.name, count, digest.hexdigest())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    message = f"a value of type {type(value).__name__} cannot be compared"
    raise TypeError(message)


def _batches(
    connection: sa.Connection, table: sa.Table, after: tuple[Any, ...] | None
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the rows in the order of their keys, which is the same on every engine, in bounded memory."""
    while True:
        query = _rows(table).order_by(*_key(connection, table)).limit(BATCH)
        if after is not None:
            query = query.where(sa.tuple_(*_key(connection, table)) > sa.tuple_(*map(sa.literal, after)))
        batch = connection.execute(query).all()
        if not batch:
            return
        yield batch
        after = _key_of(table, batch[-1])


def _rows(table: sa.Table) -> sa.Select[Any]:
    """Select the rows of a table, but for our own mark."""
    query = sa.select(table)
    return query.where(cursors.c.name != _MARK) if table is cursors else query


def _key(connection: sa.Connection, table: sa.Table, *, down: bool = False) -> list[sa.ColumnElement[Any]]:
    """Return the primary key's columns as they are ordered by: text byte by byte, whatever the database's language."""
    binary = "C" if connection.dialect.name == "postgresql" else "BINARY"
    columns: list[sa.ColumnElement[Any]] = [
        sa.collate(column, binary) if isinstance(column.type, sa.String) else column
        for column in table.primary_key.columns
    ]
    return [column.desc() for column in columns] if down else columns


def _key_of(table: sa.Table, row: sa.Row[Any] | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row._asdict()[column.name] for column in table.primary_key.columns)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(_rows(table).subquery())) or 0


def _continue_numbers(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL go on numbering after the highest number that was moved; SQLite does so by itself."""
    numbered = table.autoincrement_column
    if connection.dialect.name == "postgresql" and numbered is not None:
        highest = connection.scalar(sa.select(sa.func.max(numbered)))
        sequence = sa.func.pg_get_serial_sequence(table.name, numbered.name)
        if highest is not None:
            connection.execute(sa.select(sa.func.setval(sequence, highest)))
