"""Connections to the index file: how they are set up, and the pool from which each call borrows one.

A connection serves one call at a time. Readers see one state of the file throughout a call (a read transaction in WAL
mode) and neither wait for the writer nor hold it up.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import apsw

from index.errors import IndexUnavailable
from index.sqlite.facets import Facets
from index.sqlite.failing import translated
from index.sqlite.schema import prepare
from index.sqlite.tokenizer import register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 30.0
"""Seconds to wait for another writer. One batch takes under a second; a checkpoint of a large log some more."""

_IDLE = 4
"""Connections kept open for the next call; each holds up to `_PAGE_CACHE` and its bitmaps."""

_PAGE_CACHE = 16 * 1024
"""KiB of pages that a connection keeps, besides what the operating system does."""

_LOG = 64 * 1024 * 1024
"""Bytes to which the write-ahead log is cut back once it is checkpointed; merges of FTS5 let it grow above."""

_Identity = tuple[int, int]


@dataclass(slots=True)
class Session:
    """A connection, the bitmaps that it has loaded, and which file (device, inode) it has open."""

    connection: apsw.Connection
    identity: _Identity | None
    facets: Facets = field(default_factory=Facets)


class Sessions:
    """The pool of one index file. Opening it makes the file where there is none.

    Raises IndexBroken for a damaged or foreign file, IndexUnavailable where it cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[Session] = []
        self._lock = threading.Lock()
        self._writer = threading.Lock()
        self._closed = False
        with self._borrowed():
            pass

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Lend a session in a read transaction, with its bitmaps loaded."""
        with self._borrowed() as session, _transaction(session.connection, "BEGIN"):
            session.facets.load(session.connection)
            yield session

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """Lend a connection in a write transaction, committed at the end and rolled back where an error ends it."""
        with self._writer, self._borrowed() as session, _transaction(session.connection, "BEGIN IMMEDIATE"):
            yield session.connection

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            session.connection.close()

    @contextmanager
    def _borrowed(self) -> Iterator[Session]:
        with translated(self._path):
            session = self._take()
            try:
                yield session
            finally:
                self._give(session)

    def _take(self) -> Session:
        identity = _identity(self._path)
        while True:
            with self._lock:
                if self._closed:
                    raise IndexUnavailable(f"the index on {self._path} was closed")
                session = self._idle.pop() if self._idle else None
            if session is None:
                return _open(self._path)
            if session.identity == identity:
                return session
            # The file was deleted or replaced behind our back: what this connection writes, nobody would see.
            session.connection.close()

    def _give(self, session: Session) -> None:
        with self._lock:
            keep = not self._closed and len(self._idle) < _IDLE
            if keep:
                self._idle.append(session)
        if not keep:
            session.connection.close()


@contextmanager
def _transaction(connection: apsw.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _open(path: Path) -> Session:
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(round(_PATIENCE * 1000))
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()  # what is no database says so here
        register(connection)
        _write_ahead(connection)
        # FULL: a batch that the database counts as indexed must not be lost with the power.
        connection.execute(f"PRAGMA synchronous = FULL; PRAGMA cache_size = {-_PAGE_CACHE}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG}")
        prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Session(connection, _identity(path))


def _write_ahead(connection: apsw.Connection) -> None:
    """Switch to WAL mode. SQLite does not wait here for another process that is just doing the same, so we do."""
    deadline = time.monotonic() + _PATIENCE
    while connection.pragma("journal_mode") != "wal":
        try:
            connection.pragma("journal_mode", "wal")
        except (apsw.BusyError, apsw.LockedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _identity(path: Path) -> _Identity | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
