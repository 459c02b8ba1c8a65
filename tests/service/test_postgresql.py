"""What only PostgreSQL can do wrong: several writers at once, lost connections, its own idea of text."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler import Article
from index import Query, open_index
from nlp import Analyser
from service.alerts.digesting import Digester
from service.alerts.matching import Matcher
from service.alerts.messages import Writer
from service.alerts.posts import Poster
from service.alerts.subscriptions import keep_in_step
from service.assembly import Outlets
from service.database import articles, changes, crawls
from service.database.engine import Database
from service.database.tables import documents, subscriptions
from service.errors import DatabaseUnavailable
from service.indexer import index_changes
from service.mail.composing import Composer
from service.sink import DatabaseSink
from service.stages import index_off, work_off
from service.worker import Worker

Make = Callable[..., Article]
NOWHERE = Outlets({}, {})


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    with Database.open(postgresql_url, create=True) as opened:
        yield opened


def _document(connection: sa.Connection, name: str) -> None:
    connection.execute(
        documents.insert().values(
            id=name, version=1, revision=0, stance="none", group=name, first_seen=datetime.now(UTC)
        )
    )


def test_a_reader_never_passes_a_number_whose_transaction_is_still_open(database: Database) -> None:
    with database.write() as connection:
        _document(connection, "slow")
        _document(connection, "fast")
    announced, finish, order = threading.Event(), threading.Event(), []

    def announce_slowly() -> None:
        with database.write() as connection:
            changes.announce(connection, ["slow"], datetime.now(UTC))
            announced.set()
            finish.wait(10)
        order.append("slow")

    def announce_fast() -> None:
        with database.write() as connection:
            changes.announce(connection, ["fast"], datetime.now(UTC))
        order.append("fast")

    slow, fast = threading.Thread(target=announce_slowly), threading.Thread(target=announce_fast)
    slow.start()
    announced.wait(10)
    fast.start()
    time.sleep(0.3)
    with database.read() as connection:
        # Without the order of announcing, number 2 would be here already, and a cursor at 2 would never see 1.
        assert changes.since(connection, 0, 10) == []
    finish.set()
    slow.join()
    fast.join()
    with database.read() as connection:
        assert [document for _, document in changes.since(connection, 0, 10)] == ["slow", "fast"]


def test_an_open_transaction_that_announces_nothing_holds_nobody_up(database: Database) -> None:
    with database.write() as connection:
        _document(connection, "one")
    with database.write() as busy:
        busy.execute(sa.select(documents)).all()
        with database.write() as connection:
            changes.announce(connection, ["one"], datetime.now(UTC))
        with database.read() as connection:
            assert len(changes.since(connection, 0, 10)) == 1


def test_two_workers_never_claim_the_same_article(database: Database, article: Make) -> None:
    sink = DatabaseSink(database)
    for number in range(40):
        sink.accept(article(f"https://agency.example/{number}"))
    claimed: list[int] = []
    with database.write() as first:
        taken = articles.claim(first, datetime.now(UTC), 15)
        with database.write() as second:
            others = articles.claim(second, datetime.now(UTC), 15)
        claimed += [each.id for each in (*taken, *others)]
    assert len(claimed) == len(set(claimed)) == 30


def test_two_crawlers_never_lease_the_same_source(database: Database) -> None:
    due = {f"source-{number}": datetime.resolution * 0 for number in range(20)}
    leased: list[str] = []
    lock = threading.Lock()

    def lease(owner: str) -> None:
        with database.write() as connection:
            taken = crawls.lease(connection, due, owner, datetime.now(UTC))
            time.sleep(0.05)
        with lock:
            leased.extend(taken)

    threads = [threading.Thread(target=lease, args=(f"host:{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(leased) == sorted(due)


def test_crawlers_that_bring_the_same_pages_store_each_once(database: Database, article: Make) -> None:
    faults: list[BaseException] = []

    def bring() -> None:
        try:
            for number in range(25):
                DatabaseSink(database).accept(article(f"https://agency.example/{number}"))
        except BaseException as fault:  # noqa: BLE001 - told to the test, which fails with it
            faults.append(fault)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with database.read() as connection:
        assert articles.states(connection) == {"spooled": 25}


def test_two_matchers_tell_of_a_case_once(
    database: Database, analyser: Analyser, article: Make, tmp_path: Path
) -> None:
    DatabaseSink(database).accept(article())
    work_off(Worker(database, analyser, NOWHERE))
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        index_off(database, index, NOWHERE)
    composer = Composer(sender="Rasid <rasid@localhost>", desk_url="http://localhost")
    matcher = Matcher(database, {}, ())
    digester = Digester(database, Writer(composer, Poster(desk_url="http://localhost")), {}, timedelta(0))
    with database.write() as connection:
        keep_in_step(connection, ["desk@newsroom.example"], "ar", datetime.now(UTC))
        everything = sa.update(subscriptions).values(since=datetime(2026, 1, 1, tzinfo=UTC))
        connection.execute(everything)

    def at_once(step: Callable[[], int]) -> list[int]:
        done: list[int] = []
        threads = [threading.Thread(target=lambda: done.append(step())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(done)

    assert at_once(lambda: matcher.match(datetime.now(UTC)).alerts) == [0, 0, 0, 1]
    assert at_once(lambda: digester.digest(datetime.now(UTC)).messages) == [0, 0, 0, 1]


def test_a_nul_character_is_stored_visibly(database: Database, article: Make) -> None:
    DatabaseSink(database).accept(article(title="ماء\x00 مقطوع"))
    with database.write() as connection:
        (held,) = articles.claim(connection, datetime.now(UTC), 1)
    assert held.title == "ماء\ufffd مقطوع"


def _end_all_connections(database: Database) -> None:
    engine = sa.create_engine(database.engine.url)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    engine.dispose()


def test_a_connection_lost_in_mid_batch_is_told_and_the_batch_repeated(
    database: Database, analyser: Analyser, article: Make, tmp_path: Path
) -> None:
    sink = DatabaseSink(database)
    for number in range(6):
        sink.accept(article(f"https://agency.example/{number}"))

    def fail() -> None:
        with database.write() as connection:
            articles.claim(connection, datetime.now(UTC), 3)
            _end_all_connections(database)
            connection.execute(sa.select(1))

    with pytest.raises(DatabaseUnavailable, match=r"terminat|lost|closed"):
        fail()
    work_off(Worker(database, analyser, NOWHERE))
    with database.read() as connection:
        assert articles.states(connection) == {"analysed": 6}
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        _end_all_connections(database)
        assert index_changes(database, index, {}).changes == 6
        assert index.search(Query()).total == 6


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        Database.open("postgresql+psycopg://rasid:sesame@127.0.0.1:1/rasid")
    assert "sesame" not in str(caught.value)
