"""Accounts, logins and the brake on guessing, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service import accounts, auditing, logins, passwords, throttle
from service.auditing import Chosen
from service.database.engine import Database
from service.database.tables import sessions, users
from service.errors import AccountRefused, LoginRefused
from service.roles import Role

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
PASSWORD = "كلمة مرور طويلة"


def _add(database: Database, name: str = "سعاد", role: Role = Role.EDITOR) -> int:
    with database.write() as connection:
        return accounts.add_user(connection, name, PASSWORD, role, NOW)


def _log_in(
    database: Database, name: str = "سعاد", password: str = PASSWORD, *, address: str = "10.1.1.1", now: datetime = NOW
) -> logins.Login:
    return logins.log_in(database, name, password, address=address, agent="Firefox", now=now)


def _fail(database: Database, name: str = "سعاد", *, address: str = "10.1.1.1", now: datetime = NOW) -> timedelta:
    with pytest.raises(LoginRefused) as refused:
        _log_in(database, name, "wrong", address=address, now=now)
    return refused.value.wait


def _guess(database: Database, name: str, *, times: int, now: datetime = NOW) -> None:
    """Fail so often as a guesser does, without the time that looking at a password takes."""
    with database.write() as connection:
        for _ in range(times):
            throttle.attempt(connection, name, "10.1.1.1", now)


def _viewer(database: Database, secret: str, now: datetime = NOW) -> accounts.User | None:
    with database.read() as connection:
        found = logins.of_session(connection, secret, now)
    return found[0] if found else None


def test_a_user_is_found_by_any_form_of_the_name(database: Database) -> None:
    number = _add(database, "  Suad ")
    with database.read() as connection:
        for name in ("suad", "SUAD", "ｓｕａｄ", " suad"):
            found = accounts.find_user(connection, name)
            assert found is not None
            assert (found.id, found.name, found.role, found.disabled) == (number, "suad", Role.EDITOR, False)
        assert accounts.find_user(connection, "other") is None
        assert accounts.user_of(connection, number) == found
        assert accounts.user_of(connection, 999) is None


@pytest.mark.parametrize("name", ["", "a", "a" * 41, "a b", "-a", "a/b", "a\0b", "<script>", "a\u202eb", "ﷺ" * 300])
def test_an_odd_name_is_refused_and_logs_nobody_in(database: Database, name: str) -> None:
    with database.write() as connection, pytest.raises(AccountRefused) as refused:
        accounts.add_user(connection, name, PASSWORD, Role.READER, NOW)
    assert refused.value.key == "bad_name"
    assert _fail(database, name) == timedelta(0)


@pytest.mark.parametrize(("password", "key"), [("123456789", "short_password"), ("a" * 1001, "long_password")])
def test_a_password_of_an_unfit_length_is_refused_before_it_is_hashed(
    database: Database, password: str, key: str
) -> None:
    with database.write() as connection, pytest.raises(AccountRefused) as refused:
        accounts.add_user(connection, "suad", password, Role.READER, NOW)
    assert refused.value.key == key


def test_a_name_is_taken_once(database: Database) -> None:
    _add(database, "suad")
    with database.write() as connection, pytest.raises(AccountRefused) as refused:
        accounts.add_user(connection, "SUAD", PASSWORD, Role.READER, NOW)
    assert refused.value.key == "name_taken"


def test_passwords_are_kept_as_argon2id_and_secrets_as_hashes(database: Database) -> None:
    number = _add(database)
    login = _log_in(database)
    with database.write() as connection:
        kept = connection.scalar(sa.select(users.c.password))
        token = logins.make_token(connection, number, "a program", NOW)
        held = [row for table in (users, sessions) for row in connection.execute(sa.select(table))]
    assert kept.startswith("$argon2id$")
    assert all(secret not in str(held) for secret in (PASSWORD, login.secret, token))


def test_a_password_written_with_other_code_points_is_the_same(database: Database) -> None:
    with database.write() as connection:
        accounts.add_user(connection, "suad", "caf\u00e9 caf\u00e9 1", Role.READER, NOW)
    assert _log_in(database, "suad", "cafe\u0301 cafe\u0301 1").user.name == "suad"


def test_every_login_has_a_secret_of_its_own(database: Database) -> None:
    _add(database)
    secrets = {_log_in(database).secret for _ in range(3)}
    assert len(secrets) == 3
    assert all(_viewer(database, secret) for secret in secrets)
    assert _viewer(database, "made up") is None


def test_a_session_ends_when_it_is_not_used_and_is_then_deleted(database: Database) -> None:
    _add(database)
    login = _log_in(database)
    later = NOW + logins.SESSION - timedelta(minutes=1)
    assert _viewer(database, login.secret, later)
    with database.write() as connection:
        logins.renew(connection, login.secret, later)
    assert _viewer(database, login.secret, later + timedelta(days=13))
    assert _viewer(database, login.secret, later + logins.SESSION) is None
    _log_in(database, now=later + logins.SESSION)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


def test_a_disabled_user_is_out_at_once_and_may_come_back(database: Database) -> None:
    number = _add(database)
    login = _log_in(database)
    with database.write() as connection:
        token = logins.make_token(connection, number, "a program", NOW)
        accounts.change_user(connection, number, NOW, disabled=True)
    assert _viewer(database, login.secret) is None
    with database.read() as connection:
        assert logins.of_token(connection, token, NOW) is None
    with pytest.raises(LoginRefused):
        _log_in(database)
    with database.write() as connection:
        accounts.change_user(connection, number, NOW, disabled=False)
    assert _viewer(database, login.secret) is None
    assert _log_in(database).user.id == number


def test_another_password_ends_the_sessions_and_the_waiting(database: Database) -> None:
    number = _add(database)
    login = _log_in(database)
    _guess(database, "سعاد", times=throttle.OF_NAME)
    assert _fail(database) > timedelta(0)
    with database.write() as connection:
        accounts.set_password(connection, number, "another password")
    assert _viewer(database, login.secret) is None
    assert _log_in(database, password="another password").user.id == number


def test_a_refused_login_is_in_the_audit_log_without_what_was_typed(database: Database) -> None:
    _add(database)
    _fail(database)
    _fail(database, "my password by mistake", address="10.1.1.2")
    with database.read() as connection:
        logged = auditing.read(connection, Chosen(action="login_failed")).entries
    assert [(entry.actor, entry.subject, entry.detail) for entry in logged] == [
        ("", "user:", {"address": "10.1.1.2"}),
        ("سعاد", "user:سعاد", {"address": "10.1.1.1"}),
    ]


@pytest.mark.parametrize("change", [{"role": Role.EDITOR}, {"disabled": True}])
def test_the_last_administrator_stays_one(database: Database, change: dict[str, object]) -> None:
    first = _add(database, "first", Role.ADMINISTRATOR)
    with database.write() as connection, pytest.raises(AccountRefused) as refused:
        accounts.change_user(connection, first, NOW, **change)
    assert refused.value.key == "last_administrator"
    second = _add(database, "second", Role.ADMINISTRATOR)
    with database.write() as connection:
        accounts.change_user(connection, first, NOW, **change)
        with pytest.raises(AccountRefused):
            accounts.change_user(connection, second, NOW, **change)
        assert accounts.count_administrators(connection) == 1


def test_two_administrators_who_disable_each_other_leave_one(database: Database) -> None:
    both = [_add(database, name, Role.ADMINISTRATOR) for name in ("first", "second")]
    start = threading.Barrier(2)

    def disable(number: int) -> bool:
        start.wait()
        try:
            with database.write() as connection:
                accounts.change_user(connection, number, NOW, disabled=True)
        except AccountRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, both)) == [False, True]


def test_who_waits_is_not_let_in_with_the_right_password_either_and_then_starts_anew(database: Database) -> None:
    _add(database)
    _guess(database, "سعاد", times=throttle.OF_NAME)
    with pytest.raises(LoginRefused) as refused:
        _log_in(database)
    assert refused.value.wait == timedelta(seconds=1)
    assert _log_in(database, now=NOW + timedelta(seconds=1))
    _guess(database, "سعاد", times=throttle.OF_NAME, now=NOW + timedelta(seconds=1))


def test_guesses_at_the_same_moment_are_counted_each(database: Database) -> None:
    _add(database)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: _fail(database), range(12)))
    assert waits.count(timedelta(0)) == 5


def test_concurrent_logins_of_many_people_are_fine(database: Database) -> None:
    names = [f"user{number}" for number in range(4)]
    for name in names:
        _add(database, name)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: _log_in(database, name).user.name, names * 2))
    assert found == names * 2
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 8


def test_a_huge_password_is_refused_without_being_hashed(database: Database) -> None:
    _add(database)
    with pytest.raises(LoginRefused):
        _log_in(database, password="a" * 1_000_000)
    assert not passwords.fits(passwords.hashed("a" * 1000), "a" * 1001)


def test_sessions_are_listed_and_ended_by_their_owner_alone(database: Database) -> None:
    mine, other = _add(database), _add(database, "other")
    first, second = _log_in(database), _log_in(database, now=NOW + timedelta(minutes=1))
    with database.write() as connection:
        held = logins.sessions_of(connection, mine, NOW)
        assert [session.id for session in held] == [logins.digest(second.secret), logins.digest(first.secret)]
        assert held[0].agent == "Firefox"
        assert not logins.end_session(connection, other, held[0].id)
        assert logins.end_session(connection, mine, held[0].id)
    third = _log_in(database)
    with database.write() as connection:
        assert logins.last_seen(connection) == {mine: NOW}
        assert logins.end_others(connection, mine, third.secret) == 1
    assert [bool(_viewer(database, login.secret)) for login in (first, second, third)] == [False, False, True]


def test_a_token_holds_until_it_expires_or_is_revoked(database: Database) -> None:
    number, other = _add(database), _add(database, "other")
    with database.write() as connection:
        secret = logins.make_token(connection, number, " لوحة\0 المحافظة ", NOW, NOW + timedelta(days=30))
        forever = logins.make_token(connection, number, "b" * 200, NOW)
        assert secret.startswith("rasid_")
        found = logins.of_token(connection, secret, NOW)
        assert found is not None
        assert (found[0].id, found[2]) == (number, None)
        logins.use_token(connection, found[1], NOW)
        assert logins.of_token(connection, secret, NOW + timedelta(days=30)) is None
        held = logins.tokens_of(connection, number, NOW)
        assert [(token.name, token.used) for token in held] == [("b" * 80, None), ("لوحة المحافظة", NOW)]
        assert logins.revoke_token(connection, other, held[0].id, NOW) is None
        assert logins.revoke_token(connection, number, held[0].id, NOW) == "b" * 80
        assert logins.revoke_token(connection, number, held[0].id, NOW) is None
        assert logins.of_token(connection, forever, NOW) is None
        assert [token.id for token in logins.tokens_of(connection, number, NOW)] == [held[1].id]


def test_a_token_has_a_name_and_there_are_not_too_many(database: Database) -> None:
    number = _add(database)
    with database.write() as connection:
        with pytest.raises(AccountRefused) as unnamed:
            logins.make_token(connection, number, " \0 ", NOW)
        for at in range(logins.MOST_TOKENS):
            logins.make_token(connection, number, f"token {at}", NOW)
        with pytest.raises(AccountRefused) as many:
            logins.make_token(connection, number, "one more", NOW)
    assert (unnamed.value.key, many.value.key) == ("unnamed_token", "many_tokens")


def test_the_log_is_read_by_pages_and_filtered(database: Database) -> None:
    with database.write() as connection:
        for number in range(7):
            actor = "suad" if number % 2 else "ali"
            accounts.note(connection, actor, "corrected", f"case:{number}%", NOW, before="new", number=number)
        accounts.note(connection, "ali", "login", "user:ali", NOW)
        first = auditing.read(connection, Chosen(), size=5)
        assert [entry.action for entry in first.entries[:2]] == ["login", "corrected"]
        assert first.entries[1].detail == {"before": "new", "number": 6}
        rest = auditing.read(connection, Chosen(), first.before, size=5)
        assert [entry.subject for entry in rest.entries] == ["case:2%", "case:1%", "case:0%"]
        assert rest.before is None
        for chosen, count in (
            (Chosen(actor="ali"), 5),
            (Chosen(action="login"), 1),
            (Chosen(subject="case:"), 7),
            (Chosen(subject="case:3%"), 1),
            (Chosen(subject="%"), 0),
            (Chosen("suad", "corrected", "case:1"), 1),
        ):
            assert len(auditing.read(connection, chosen).entries) == count
