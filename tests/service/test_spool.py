from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crawler import Article, Reason, Rejection, SourceReport, Validators
from service.database import articles, crawls
from service.database.engine import Database
from service.database.tables import articles as table
from service.sink import DatabaseSink

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _versions(database: Database) -> list[tuple[int, str]]:
    with database.read() as connection:
        return [(row.version, row.body) for row in connection.execute(sa.select(table).order_by(table.c.id))]


def test_an_article_is_spooled_once_and_a_changed_text_is_a_new_version_of_the_same_document(
    database: Database, article: Callable[..., Article]
) -> None:
    sink = DatabaseSink(database)
    sink.accept(article(body="الأول"))
    sink.accept(article(body="الأول"))
    sink.accept(article(body="الثاني"))
    sink.accept(article(body="الأول"))
    assert _versions(database) == [(1, "الأول"), (2, "الثاني"), (3, "الأول")]
    with database.read() as connection:
        assert len(set(connection.scalars(sa.select(table.c.document)))) == 1


def test_what_no_database_stores_is_replaced_not_refused(database: Database, article: Callable[..., Article]) -> None:
    DatabaseSink(database).accept(article(title="عنوان\x00", body="نص \ud800 مكسور"))
    assert _versions(database) == [(1, "نص ? مكسور")]


def test_an_accepted_address_is_held_with_its_stamp_under_both_of_its_names(
    database: Database, article: Callable[..., Article]
) -> None:
    sink = DatabaseSink(database)
    sink.accept(article("https://agency.example/new", listed="https://agency.example/old", stamp="v1"))
    assert sink.stamp("https://agency.example/new") == "v1"
    assert sink.stamp("https://agency.example/old") == "v1"
    assert sink.stamp("https://agency.example/other") is None


def test_a_lasting_rejection_is_left_alone_for_a_day_and_a_passing_one_is_tried_again(database: Database) -> None:
    with database.write() as connection:
        crawls.remember(connection, "https://a.example/gone", "s", Reason.NOT_FOUND.value, NOW)
        crawls.remember(connection, "https://a.example/slow", "s", Reason.TIMEOUT.value, NOW)
        soon, late = NOW + timedelta(hours=2), NOW + timedelta(hours=25)
        assert crawls.stamp(connection, "https://a.example/gone", soon) == "s"
        assert crawls.stamp(connection, "https://a.example/gone", late) is None
        assert crawls.stamp(connection, "https://a.example/slow", soon) is None


def test_rejections_are_counted_by_address_and_reason(database: Database) -> None:
    sink = DatabaseSink(database)
    for _ in range(3):
        sink.reject(Rejection("https://a.example/x", "a", "a-feed", Reason.NOT_FOUND, "404", NOW))
    sink.reject(Rejection("https://a.example/y", "a", "a-feed", Reason.TOO_LARGE, "30 MB", NOW))
    with database.read() as connection:
        assert crawls.rejected(connection) == {"not_found": 1, "too_large": 1}


def test_two_workers_never_claim_the_same_article(database: Database, article: Callable[..., Article]) -> None:
    sink = DatabaseSink(database)
    for number in range(40):
        sink.accept(article(f"https://agency.example/{number}"))
    claimed: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        while True:
            with database.write() as connection:
                got = articles.claim(connection, datetime.now(UTC), 3)
            if not got:
                return
            with lock:
                claimed.extend(one.id for one in got)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(1, 41))


def test_an_article_whose_worker_is_gone_is_claimed_again_and_given_up_visibly_in_the_end(
    database: Database, article: Callable[..., Article]
) -> None:
    DatabaseSink(database).accept(article())
    moment = NOW
    with database.write() as connection:
        for _ in range(articles.MOST_ATTEMPTS):
            assert len(articles.claim(connection, moment, 5)) == 1
            assert articles.claim(connection, moment, 5) == []
            moment += articles.LEASE + timedelta(seconds=1)
        assert articles.claim(connection, moment, 5) == []
        assert articles.states(connection) == {"failed": 1}


def test_articles_given_back_unread_are_free_at_once_and_lose_no_attempt(
    database: Database, article: Callable[..., Article]
) -> None:
    DatabaseSink(database).accept(article())
    with database.write() as connection:
        for _ in range(2 * articles.MOST_ATTEMPTS):
            claimed = articles.claim(connection, NOW, 5)
            assert len(claimed) == 1
            articles.give_back(connection, [one.id for one in claimed])


def test_a_source_is_leased_to_one_crawler_and_due_again_after_its_interval(database: Database) -> None:
    interval = {"feed": timedelta(minutes=10)}
    with database.write() as connection:
        assert crawls.lease(connection, interval, "one:1", NOW) == ["feed"]
        assert crawls.lease(connection, interval, "two:2", NOW) == []
        crawls.record(connection, SourceReport("feed", NOW, NOW, listed=3))
        crawls.release(connection, ["feed"], "one:1")
        assert crawls.lease(connection, interval, "two:2", NOW + timedelta(minutes=9)) == []
        assert crawls.lease(connection, interval, "two:2", NOW + timedelta(minutes=10)) == ["feed"]


def test_a_crawl_that_was_stopped_before_the_list_came_says_nothing_of_the_source(database: Database) -> None:
    interval = {"feed": timedelta(minutes=10)}
    with database.write() as connection:
        crawls.record(connection, SourceReport("feed", NOW, NOW, listed=1, validators=Validators("e1", "")))
        crawls.record(connection, SourceReport("feed", NOW, NOW + timedelta(minutes=10)))
        assert crawls.validators(connection, "feed") == Validators("e1", "")
        assert crawls.lease(connection, interval, "o:1", NOW + timedelta(minutes=10)) == ["feed"]


def test_a_source_that_fails_is_asked_less_and_less_often_until_it_works_again(database: Database) -> None:
    interval = {"feed": timedelta(minutes=10)}
    failed = SourceReport("feed", NOW, NOW, rejected={Reason.BAD_LIST.value: 1}, validators=Validators("broken", ""))
    with database.write() as connection:
        crawls.record(connection, failed)
        crawls.record(connection, failed)
        assert crawls.lease(connection, interval, "o:1", NOW + timedelta(minutes=39)) == []
        assert crawls.lease(connection, interval, "o:1", NOW + timedelta(minutes=40)) == ["feed"]
        assert crawls.validators(connection, "feed") == Validators()
        crawls.record(connection, SourceReport("feed", NOW, NOW, listed=1, validators=Validators("e1", "")))
        crawls.release(connection, ["feed"], "o:1")
        assert crawls.validators(connection, "feed") == Validators("e1", "")
        assert crawls.lease(connection, interval, "o:1", NOW + timedelta(minutes=10)) == ["feed"]


def test_what_a_dead_process_of_this_machine_held_is_free_again(database: Database) -> None:
    interval = {"a": timedelta(minutes=1), "b": timedelta(minutes=1)}
    with database.write() as connection:
        crawls.lease(connection, {"a": interval["a"]}, "here:100", NOW)
        crawls.lease(connection, {"b": interval["b"]}, "elsewhere:100", NOW)
        crawls.forget_dead(connection, "here", lambda process: process != 100)
        assert crawls.lease(connection, interval, "here:200", NOW) == ["a"]
