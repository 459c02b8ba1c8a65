"""The brake on guessing passwords, on both databases, with a clock that is moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service import throttle
from service.database.engine import Database
from service.database.tables import login_failures
from service.errors import LoginRefused

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
NO_WAIT = timedelta(0)


def _fail(database: Database, name: str, address: str = "10.1.1.1", *, now: datetime = NOW, times: int = 1) -> None:
    with database.write() as connection:
        for _ in range(times):
            throttle.attempt(connection, name, address, now)


def _wait(database: Database, name: str, address: str = "10.1.1.1", *, now: datetime = NOW) -> timedelta:
    """How long one more attempt must wait; it is counted where it need not."""
    try:
        _fail(database, name, address, now=now)
    except LoginRefused as refused:
        return refused.wait
    return NO_WAIT


def test_five_failures_of_a_name_cost_nothing_then_the_wait_doubles_up_to_a_quarter_of_an_hour(
    database: Database,
) -> None:
    _fail(database, "suad", times=5)
    now, waits = NOW, []
    for _ in range(14):
        wait = _wait(database, "suad", now=now)
        waits.append(wait.total_seconds())
        now += wait
        assert _wait(database, "suad", now=now) == NO_WAIT
    assert waits == [*(2**power for power in range(10)), 900, 900, 900, 900]


def test_an_attempt_that_must_wait_does_not_make_the_wait_longer(database: Database) -> None:
    _fail(database, "suad", times=5)
    assert {_wait(database, "suad") for _ in range(20)} == {timedelta(seconds=1)}


def test_a_wait_is_the_same_for_a_name_that_nobody_has_and_concerns_no_other(database: Database) -> None:
    _fail(database, "nobody", times=5)
    assert _wait(database, "nobody") == timedelta(seconds=1)
    assert _wait(database, "suad") == NO_WAIT


def test_the_failures_of_a_name_are_forgotten_after_an_hour(database: Database) -> None:
    _fail(database, "suad", times=5)
    assert _wait(database, "suad") > NO_WAIT
    _fail(database, "suad", now=NOW + timedelta(hours=1, seconds=1), times=5)


def test_a_name_starts_anew_once_its_user_came_in(database: Database) -> None:
    _fail(database, "suad", times=5)
    with database.write() as connection:
        throttle.succeeded(connection, "suad", "10.1.1.1", NOW)
    _fail(database, "suad", times=5)


def test_an_office_behind_one_address_may_slip_fifty_times_and_is_forgiven_by_the_minute(database: Database) -> None:
    for number in range(50):
        _fail(database, f"guess{number}")
    assert _wait(database, "another") == timedelta(seconds=1)
    assert _wait(database, "another", "10.1.1.2") == NO_WAIT
    later = NOW + timedelta(minutes=10)
    for number in range(10):
        assert _wait(database, f"later{number}", now=later) == NO_WAIT
    assert _wait(database, "one too many", now=later) > NO_WAIT


def test_a_guesser_does_not_free_the_address_by_logging_in(database: Database) -> None:
    for number in range(50):
        _fail(database, f"guess{number}")
        if number < 49:
            _fail(database, "mine")
            with database.write() as connection:
                throttle.succeeded(connection, "mine", "10.1.1.1", NOW)
    assert _wait(database, "another") > NO_WAIT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:10.1.1.1", "10.1.1.1"),
        ("unknown\0" * 50, "unknown" * 50),
    ],
)
def test_addresses_of_one_subscriber_count_together(database: Database, one: str, other: str) -> None:
    for number in range(50):
        _fail(database, f"guess{number}", one)
    assert _wait(database, "another", other) > NO_WAIT
    assert _wait(database, "another", "2001:db8:1:3::1") == NO_WAIT


def test_old_failures_are_cleared_away(database: Database) -> None:
    for number in range(10):
        _fail(database, f"guess{number}")
    later = NOW + timedelta(hours=2)
    _fail(database, "suad", now=later)
    with database.write() as connection:
        throttle.succeeded(connection, "suad", "10.1.1.1", later)
        assert connection.scalars(sa.select(login_failures.c.key)).all() == ["address:10.1.1.1"]
