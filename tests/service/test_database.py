from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from service.database import changes
from service.database.engine import Database
from service.database.tables import Moment, metadata
from service.database.tables import changes as changes_table
from service.errors import DatabaseOutdated, DatabaseUnavailable, SettingsError


def test_the_migrations_make_exactly_the_tables_that_the_program_knows(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_empty_database_is_refused_with_advice_unless_it_may_be_created(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with pytest.raises(DatabaseUnavailable, match="there is no database"):
        Database.open(url)
    (tmp_path / "new.db").touch()
    with pytest.raises(DatabaseOutdated, match="rasid migrate"):
        Database.open(url)
    Database.open(url, create=True).close()
    Database.open(url).close()


def test_a_database_of_a_newer_program_is_refused_with_advice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/newer.db"
    with Database.open(url, create=True) as database, database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseOutdated, match="newer Rasid"):
        Database.open(url, create=True)


def test_a_database_that_cannot_be_reached_is_said_so_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be used now"):
        Database.open(f"sqlite:///{tmp_path}/no/such/folder/rasid.db", create=True)


@pytest.mark.parametrize("url", ["", "rasid.db", "mysql://localhost/rasid", "postgresql+nothing://localhost/rasid"])
def test_a_url_that_names_no_database_is_a_faulty_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="RASID_DATABASE"):
        Database.open(url)


def test_a_failed_block_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            changes.restart(connection, "indexer", 7)
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert changes.position(connection, "indexer") == 0


def test_a_cursor_moves_only_from_where_it_was_seen(database: Database) -> None:
    def count_up() -> None:
        moved = 0
        while moved < 25:
            with database.write() as connection:
                since = changes.cursor(connection, "indexer")
                moved += changes.advance(connection, "indexer", since.position + 1, since=since)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert changes.position(connection, "indexer") == 100


def test_a_change_number_is_never_given_twice_even_after_rows_were_deleted(database: Database) -> None:
    now = datetime.now(UTC)
    with database.write() as connection:
        changes.announce(connection, ["a", "b"], now)
        connection.execute(changes_table.delete())
        changes.announce(connection, ["c"], now)
        assert changes.since(connection, 0, 10) == [(3, "c")]


def test_times_come_back_in_utc_and_naive_ones_are_refused() -> None:
    kept = Moment()
    dialect = sa.create_engine("sqlite://").dialect
    baghdad = datetime.fromisoformat("2026-11-20T11:00:00+03:00")
    stored = kept.process_bind_param(baghdad, dialect)
    assert stored == baghdad
    assert kept.process_result_value(datetime(2026, 11, 20, 8), dialect) == baghdad  # noqa: DTZ001 - as SQLite gives it
    with pytest.raises(ValueError, match="naive"):
        kept.process_bind_param(datetime(2026, 11, 20, 8), dialect)  # noqa: DTZ001 - what must be refused


def test_a_batch_on_its_way_does_not_move_a_cursor_that_was_set_back(database: Database) -> None:
    with database.read() as connection:
        since = changes.cursor(connection, "indexer")
    with database.write() as connection:
        changes.restart(connection, "indexer", since.position)
    with database.write() as connection:
        assert not changes.advance(connection, "indexer", 9, since=since)
        assert changes.position(connection, "indexer") == since.position
