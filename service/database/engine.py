"""Opening the database, reading and writing transactions, and its schema."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.errors import DatabaseOutdated, DatabaseUnavailable, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite before it gives up."""

_KEPT, _MOST = 10, 50
"""Connections that are kept open, and most at once: more than the desk has threads, so that none waits for one."""

NAMED_AT_ONCE = 400
"""Ids named in one statement; more are asked for in parts."""

_WRITES = "rasid_writes"


class Database:
    """The relational database behind everything: `read()` and `write()` give a Connection in a transaction.

    A write transaction on SQLite takes the write lock at its start (BEGIN IMMEDIATE), so that what it read cannot
    change before it writes; on PostgreSQL callers lock what they claim. Open it with `Database.open`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> Self:
        """Connect to `url` and check the schema.

        With `create`, an empty database gets its schema first. Raises DatabaseOutdated for any other schema than this
        program's, SettingsError for a URL that names no database, DatabaseUnavailable where it cannot be reached.
        """
        database = cls.open_any(url)
        file = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
        if file and not create and not Path(file).exists():
            raise DatabaseUnavailable(f"there is no database {database.address}")
        if create and database.schema() is None:
            database.upgrade()
        database.check()
        return database

    @classmethod
    def open_any(cls, url: str) -> Self:
        """Connect to `url` whatever its schema is. Raises SettingsError for a URL that names no database."""
        return cls(_engine(url))

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a transaction that sees one state of the database and writes nothing."""
        with _reported(self.address), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Do as `read`, and see one state throughout on PostgreSQL too, however long it takes."""
        with _reported(self.address), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901 - the same
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a transaction that is committed at the end of the block, or rolled back by an exception."""
        with (
            _reported(self.address),
            self.engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @property
    def address(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def upgrade(self) -> None:
        """Bring the schema up to this program's (Alembic's `upgrade head`)."""
        from alembic import command  # noqa: PLC0415 - most commands never migrate

        with self.write() as connection:
            command.upgrade(_alembic(connection), "head")

    def schema(self) -> str | None:
        """Return the revision of the schema that is there, None in an empty database."""
        from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see upgrade

        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def check(self) -> None:
        """Raise DatabaseOutdated unless the schema is exactly this program's."""
        held, head = self.schema(), _head()
        if held != head:
            old = held is None or held < str(head)
            advice = "run `rasid migrate`" if old else "install the newer Rasid that made it"
            raise DatabaseOutdated(f"{self.address} has schema {held or 'none'}, this program needs {head}: {advice}")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serialise(connection: sa.Connection, name: str) -> None:
    """Let the transactions that name the same thing pass one after the other, until the end of this one.

    On SQLite every write transaction does so already; on PostgreSQL an advisory lock on the name's hash does.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))


def insert_new(connection: sa.Connection, table: sa.Table, **values: object) -> bool:
    """Insert a row unless one with the same key is there, and say whether it was inserted.

    Two transactions may try at once: the second waits for the first and inserts nothing.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(sa.literal(1))
    return connection.execute(statement).first() is not None  # a driver need not count inserted rows


def _engine(text: str) -> sa.Engine:
    try:
        url = sa.make_url(text)
        if url.get_backend_name() not in {"sqlite", "postgresql"}:
            raise SettingsError(
                f"RASID_DATABASE={url.render_as_string()} is neither sqlite:///FILE nor postgresql+psycopg://…"
            )
        engine = sa.create_engine(
            url, pool_pre_ping=url.get_backend_name() == "postgresql", pool_size=_KEPT, max_overflow=_MOST - _KEPT
        )
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise SettingsError(f"RASID_DATABASE cannot be used: {error}") from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions itself, see _begin_sqlite
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


@contextlib.contextmanager
def _reported(address: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise DatabaseUnavailable(f"the database {address} cannot be used now: {_one_line(error.orig)}") from error
    except sa.exc.DBAPIError as error:
        # PostgreSQL's lost connections come as errors of several kinds; the pool tells them.
        if not error.connection_invalidated:
            raise
        raise DatabaseUnavailable(f"the connection to {address} was lost: {_one_line(error.orig)}") from error


@cache
def _head() -> str | None:
    """Return the revision of this program's schema; the migrations are read from the disk once, not for each check."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see Database.upgrade

    return ScriptDirectory.from_config(_alembic(None)).get_current_head()


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


def _alembic(connection: sa.Connection | None) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see Database.upgrade

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
