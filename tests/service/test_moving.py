from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler import Article
from nlp import Analyser
from service.assembly import Outlets
from service.database import articles, changes
from service.database.engine import Database
from service.database.tables import addresses, cursors
from service.errors import MoveRefused
from service.moving import at_work, move
from service.sink import DatabaseSink
from service.stages import work_off
from service.worker import Worker


def _silent(_table: str, _done: int, _of: int) -> None:
    """Say nothing."""


@pytest.fixture
def full(tmp_path: Path, analyser: Analyser, article: Callable[..., Article]) -> Iterator[Database]:
    """A SQLite database with rows in most tables, among them texts that sort differently from language to language."""
    with Database.open(f"sqlite:///{tmp_path}/full.db", create=True) as database:
        sink = DatabaseSink(database)
        for number in range(30):
            sink.accept(article(f"https://agency.example/{number}"))
        work_off(Worker(database, analyser, Outlets({}, {})))
        with database.write() as connection:
            urls = [f"https://{name}.example" for name in ("a", "B", "ا", "أ", "-z", "Z", "é", "e", "_", "zz")]
            urls += [f"https://example.org/{number}" for number in range(2500)]
            now = datetime.now(UTC)
            connection.execute(
                addresses.insert(), [{"url": url, "stamp": "", "reason": "", "seen": now} for url in urls]
            )
        yield database


@pytest.fixture
def empty(postgresql_url: str) -> Iterator[Database]:
    with Database.open(postgresql_url, create=True) as database:
        yield database


def test_everything_goes_to_postgresql_and_back_unchanged(full: Database, empty: Database, tmp_path: Path) -> None:
    there = move(full, empty, _silent)
    assert {moved.table: moved.rows for moved in there}["documents"] == 30
    with Database.open(f"sqlite:///{tmp_path}/back.db", create=True) as back:
        assert move(empty, back, _silent) == there


def test_the_moved_database_goes_on_with_new_numbers(
    full: Database, empty: Database, analyser: Analyser, article: Callable[..., Article]
) -> None:
    move(full, empty, _silent)
    with empty.read() as connection:
        last = changes.last(connection)
    DatabaseSink(empty).accept(article("https://agency.example/new"))
    work_off(Worker(empty, analyser, Outlets({}, {})))
    with empty.read() as connection:
        assert changes.last(connection) > last
        assert not connection.scalar(sa.select(sa.exists().where(cursors.c.name == "moving")))


@pytest.mark.parametrize("at", [1, 9, 20])
def test_an_interrupted_move_goes_on_where_it_stopped(full: Database, empty: Database, at: int) -> None:
    told: list[tuple[str, int, int]] = []

    def interrupt(table: str, done: int, of: int) -> None:
        told.append((table, done, of))
        if len(told) == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(full, empty, interrupt)
    seen = told[-1]
    told.clear()
    assert {moved.table: moved.rows for moved in move(full, empty, interrupt if at > 20 else _note(told))}
    assert seen in told


def _note(told: list[tuple[str, int, int]]) -> Callable[[str, int, int], None]:
    return lambda table, done, of: told.append((table, done, of))


def test_a_target_that_holds_something_else_is_refused(
    full: Database, database: Database, article: Callable[..., Article]
) -> None:
    DatabaseSink(database).accept(article("https://other.example/1"))
    with pytest.raises(MoveRefused, match="not empty"):
        move(full, database, _silent)
    move_target = database
    with move_target.read() as connection:
        assert articles.states(connection) == {"spooled": 1}


def test_what_changes_meanwhile_is_noticed(full: Database, empty: Database) -> None:
    def meddle(table: str, done: int, of: int) -> None:
        if table == "addresses" and done == of:
            with empty.write() as connection:
                connection.execute(addresses.delete().where(addresses.c.url == "https://example.org/7"))

    with pytest.raises(MoveRefused, match="addresses has 2540 rows here and 2539 there"):
        move(full, empty, meddle)


def test_work_under_way_is_told(full: Database, article: Callable[..., Article]) -> None:
    assert at_work(full) == []
    DatabaseSink(full).accept(article("https://agency.example/busy"))
    with full.write() as connection:
        articles.claim(connection, datetime.now(UTC), 1)
    assert at_work(full) == ["articles are being analysed"]
