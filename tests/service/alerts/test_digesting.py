"""What is owed becomes messages: when, to whom, and never twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alert_newsroom import NOW, TO, Newsroom, analysis

from service import triage
from service.alerts import subscriptions
from service.alerts.schedule import Cadence, Schedule
from service.alerts.subscriptions import Channel, Recipient, Tells
from service.database import changes
from service.database import outbox as outbox_
from service.database.articles import document_id
from service.database.cases import Dues
from service.database.tables import alerts, cases, outbox, told, users
from service.labels import BAGHDAD
from service.roles import Role

HEAD = "head@newsroom.example"
ALL = tuple(Tells)


def _tell(happening: Newsroom) -> int:
    happening.match()
    return happening.digest()


def _plain(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def _user(happening: Newsroom, name: str, role: Role, *, disabled: bool = False) -> int:
    with happening.database.write() as connection:
        row = connection.execute(
            users.insert().values(
                name=name,
                role=role.value,
                password="-",
                created=NOW,
                disabled=NOW if disabled else None,
                preferences={},
            )
        )
        assert row.inserted_primary_key is not None
        return int(row.inserted_primary_key[0])


def _revision(happening: Newsroom, case: str) -> int:
    with happening.database.read() as connection:
        return connection.execute(sa.select(cases.c.revision).where(cases.c.id == case)).scalar_one()


def _decide(happening: Newsroom, what: str, case: str, *given: Any) -> Any:
    options = {"actor": "noor", "revision": _revision(happening, case), "now": happening.now, "dues": Dues()}
    with happening.database.write() as connection:
        return getattr(triage, what)(connection, case, *given, **options)


def _indexed(happening: Newsroom) -> None:
    with happening.database.write() as connection:
        changes.restart(connection, changes.INDEXER, changes.last(connection))


def test_new_cases_of_a_batch_make_one_mail_for_each_recipient_and_are_never_told_again(happening: Newsroom) -> None:
    happening.subscribe(TO, HEAD)
    happening.store(1)
    happening.store(2)
    assert _tell(happening) == 2
    assert {str(mail["To"]) for mail in happening.mails()} == {TO, HEAD}
    assert {str(mail["X-Rasid-Cases"]) for mail in happening.mails()} == {"2"}
    happening.pass_(minutes=5)
    happening.announce(1)
    assert _tell(happening) == 0
    assert len(happening.mails()) == 2


def test_a_case_that_comes_up_again_beside_a_new_one_is_left_out(happening: Newsroom) -> None:
    happening.subscribe()
    happening.store(1)
    _tell(happening)
    happening.pass_(minutes=5)
    happening.announce(1)
    happening.store(2)
    assert _tell(happening) == 1
    plain = _plain(happening.mails()[1])
    assert document_id("https://agency.example/2") in plain
    assert document_id("https://agency.example/1") not in plain


def test_without_recipients_nothing_is_owed_and_nothing_piles_up(happening: Newsroom) -> None:
    happening.store(1)
    assert _tell(happening) == 0
    happening.pass_(minutes=5)
    happening.subscribe()
    happening.announce(1)
    assert _tell(happening) == 0


def test_two_subscriptions_of_one_recipient_tell_a_case_once(happening: Newsroom) -> None:
    happening.subscribe(TO)
    happening.subscribe(TO, HEAD, query="need=water")
    case = happening.store(1)
    assert _tell(happening) == 2
    assert sorted(str(mail["To"]) for mail in happening.mails()) == [TO, HEAD]
    with happening.database.read() as connection:
        rows = connection.execute(sa.select(told.c.recipient, told.c.subject, told.c.fact)).all()
    assert sorted(map(tuple, rows)) == sorted([(TO, case, "new"), (HEAD, case, "new")])


def test_a_follow_up_is_marked_and_says_what_is_new(happening: Newsroom) -> None:
    happening.subscribe(tells=ALL)
    case = happening.store(1)
    _tell(happening)
    assert "متابعة" not in _plain(happening.mails()[0])
    happening.pass_(minutes=5)
    happening.store(2, case=case, outlet="second", read=analysis(urgency="critical"))
    assert _tell(happening) == 1
    follow = happening.mails()[1]
    assert "متابعة" in _plain(follow)
    assert "صارت أشد عجلة: حرج" in _plain(follow)
    assert happening.mails()[0]["Message-ID"] != follow["Message-ID"]


def test_a_burst_waits_for_the_interval_and_is_one_message(happening: Newsroom) -> None:
    happening.subscribe()
    happening.store(1)
    assert _tell(happening) == 1
    for number in range(2, 6):
        happening.pass_(seconds=10)
        happening.store(number)
        assert _tell(happening) == 0
    happening.pass_(seconds=20)
    assert _tell(happening) == 1
    assert happening.mails()[1]["X-Rasid-Cases"] == "4"


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(clock).replace(tzinfo=BAGHDAD).astimezone(UTC)


def test_a_daily_message_is_written_at_eight_in_baghdad_with_all_of_the_day(happening: Newsroom) -> None:
    happening.now = _at("2026-11-26T07:30")
    happening.subscribe(schedule=Schedule(Cadence.DAILY, at=time(8)))
    happening.store(1)
    happening.now = _at("2026-11-26T07:59")
    assert _tell(happening) == 0
    happening.now = _at("2026-11-26T08:00")
    assert _tell(happening) == 1
    for hour in range(9, 24, 3):
        happening.now = _at(f"2026-11-26T{hour:02}:00")
        happening.store(hour)
        assert _tell(happening) == 0
    happening.now = _at("2026-11-27T08:00")
    assert _tell(happening) == 1
    assert happening.mails()[1]["X-Rasid-Cases"] == "5"


@pytest.mark.parametrize(
    ("schedule", "before", "due"),
    [
        (Schedule(Cadence.HOURLY), "2026-11-26T10:59", "2026-11-26T11:00"),
        (Schedule(Cadence.WEEKLY, at=time(8), weekday=6), "2026-11-29T07:59", "2026-11-29T08:00"),
        (Schedule(quiet_from=time(10), quiet_to=time(7)), "2026-11-27T06:59", "2026-11-27T07:00"),
    ],
)
def test_each_cadence_and_the_quiet_hours_end_at_their_time(
    happening: Newsroom, schedule: Schedule, before: str, due: str
) -> None:
    happening.now = _at("2026-11-26T10:20")
    happening.subscribe(schedule=schedule)
    happening.store(1)
    assert _tell(happening) == 0
    happening.now = _at(before)
    assert _tell(happening) == 0
    happening.now = _at(due)
    assert _tell(happening) == 1
    assert happening.digest() == 0


def test_a_critical_case_breaks_the_quiet_and_takes_what_waits_with_it(happening: Newsroom) -> None:
    happening.now = _at("2026-11-26T23:00")
    happening.subscribe(schedule=Schedule(quiet_from=time(22), quiet_to=time(7)))
    happening.store(1)
    assert _tell(happening) == 0
    happening.store(2, read=analysis(urgency="critical"))
    assert _tell(happening) == 1
    assert happening.mails()[0]["X-Rasid-Cases"] == "2"


def test_a_machine_that_was_off_for_days_writes_one_message_when_it_is_back(happening: Newsroom) -> None:
    happening.now = _at("2026-11-26T10:00")
    happening.subscribe(schedule=Schedule(Cadence.DAILY, at=time(8)))
    happening.store(1)
    happening.match()
    happening.now = _at("2026-11-29T13:17")
    assert happening.digest() == 1
    assert happening.digest() == 0


def test_two_digesters_at_once_write_one_message(happening: Newsroom) -> None:
    happening.subscribe(TO)
    happening.subscribe(TO, query="need=water")
    for number in range(5):
        happening.store(number)
    happening.match()
    start, faults = threading.Barrier(2), []

    def digest() -> None:
        start.wait()
        try:
            happening.digest()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            faults.append(error)

    threads = [threading.Thread(target=digest) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [str(mail["X-Rasid-Cases"]) for mail in happening.mails()] == ["5"]
    with happening.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(alerts.c.written.is_(None))) == 0


def test_who_unsubscribes_gets_nothing_more_not_even_what_is_written_already(happening: Newsroom) -> None:
    number = happening.subscribe(TO, HEAD)
    happening.store(1)
    assert _tell(happening) == 2
    with happening.database.write() as connection:
        held = subscriptions.find(connection, number)
        assert held is not None
        leaving = next(one.id for one in held.recipients if one.address == TO)
        assert subscriptions.leave(connection, leaving, happening.now)
        assert not subscriptions.leave(connection, leaving, happening.now)
        states = dict(map(tuple, connection.execute(sa.select(outbox.c.recipient, outbox.c.state))))
    assert states == {TO: "dead", HEAD: "pending"}
    happening.pass_(minutes=5)
    happening.store(2)
    assert _tell(happening) == 1
    assert happening.mails()[-1]["To"] == HEAD


def test_what_was_under_way_to_who_unsubscribes_is_not_tried_again(happening: Newsroom) -> None:
    number = happening.subscribe(TO)
    happening.store(1)
    assert _tell(happening) == 1
    with happening.database.write() as connection:
        owed = outbox_.claim(connection, happening.now)
        assert owed is not None
    happening.leave(number)
    with happening.database.write() as connection:
        outbox_.delay(connection, owed, happening.now, "451 later")
        state = connection.execute(sa.select(outbox.c.state, outbox.c.detail)).one()
    assert tuple(state) == ("dead", "the recipient has unsubscribed")


def test_what_waited_in_a_subscription_that_an_address_leaves_the_other_one_tells(happening: Newsroom) -> None:
    first = happening.subscribe(TO)
    happening.subscribe(TO, HEAD, query="need=water")
    happening.store(1)
    assert _tell(happening) == 2  # one for each address
    happening.leave(first)
    happening.pass_(minutes=5)
    assert _tell(happening) == 1
    with happening.database.read() as connection:
        states = sorted(map(tuple, connection.execute(sa.select(outbox.c.recipient, outbox.c.state))))
    assert states == sorted([(TO, "dead"), (TO, "pending"), (HEAD, "pending")])
    happening.pass_(minutes=5)
    assert _tell(happening) == 0


def test_a_subscription_that_does_not_tell_of_new_cases_does_not_take_over_what_was_one(happening: Newsroom) -> None:
    first = happening.subscribe(TO)
    happening.subscribe(TO, HEAD, tells=(Tells.OVERDUE,))
    happening.store(1)
    assert _tell(happening) == 1
    happening.leave(first)
    happening.pass_(minutes=5)
    assert _tell(happening) == 0


@pytest.mark.parametrize(
    ("role", "disabled", "masked"),
    [
        (None, False, True),
        (Role.READER, False, True),
        (Role.EDITOR, False, False),
        (Role.ADMINISTRATOR, False, False),
        (Role.EDITOR, True, True),
    ],
)
def test_private_numbers_are_masked_by_the_role_of_the_recipient(
    happening: Newsroom, role: Role | None, disabled: bool, masked: bool
) -> None:
    user = None if role is None else _user(happening, "noor", role, disabled=disabled)
    happening.subscribe(recipients=(Recipient(Channel.MAIL, TO, user),))
    happening.store(1)
    assert _tell(happening) == 1
    (mail,) = happening.mails()
    html = str(mail.get_body(("html",)).get_content())
    for text in (str(mail["Subject"]), _plain(mail), html):
        assert ("0770 123 4567" not in text) is masked
    assert ("07701234567" not in html) is masked


def test_the_role_counts_when_the_message_is_written(happening: Newsroom) -> None:
    user = _user(happening, "noor", Role.EDITOR)
    happening.subscribe(recipients=(Recipient(Channel.MAIL, TO, user),))
    happening.store(1)
    happening.match()
    with happening.database.write() as connection:
        connection.execute(users.update().values(role=Role.READER.value))
    happening.digest()
    assert "123 4567" not in _plain(happening.mails()[0])


def test_a_paused_subscription_keeps_what_it_is_owed_until_it_goes_on(happening: Newsroom) -> None:
    number = happening.subscribe()
    happening.store(1)
    happening.match()
    with happening.database.write() as connection:
        subscriptions.pause(connection, number, happening.now)
    assert happening.digest() == 0
    with happening.database.write() as connection:
        subscriptions.resume(connection, number, happening.now)
    assert happening.digest() == 1


def test_a_subscription_that_is_removed_owes_nothing_more(happening: Newsroom) -> None:
    number = happening.subscribe()
    happening.store(1)
    happening.match()
    with happening.database.write() as connection:
        subscriptions.remove(connection, number)
    assert happening.digest() == 0


def test_a_decision_of_triage_tells_nothing(happening: Newsroom) -> None:
    happening.subscribe(tells=ALL)
    case = happening.store(1)
    assert _tell(happening) == 1
    happening.pass_(minutes=5)
    _decide(happening, "set_state", case, "verified")
    _indexed(happening)
    assert _tell(happening) == 0


def test_cases_that_are_merged_tell_nothing_that_was_told_of_either(happening: Newsroom) -> None:
    happening.subscribe(tells=(Tells.NEW, Tells.URGENCY, Tells.PLACE))
    happening.subscribe(HEAD, query="need=electricity")
    first = happening.store(1, read=analysis(urgency="critical", needs=["electricity"]))
    second = happening.store(2)
    assert _tell(happening) == 2
    happening.pass_(minutes=5)
    _decide(happening, "merge", first, second)
    _indexed(happening)
    assert _tell(happening) == 0
    happening.pass_(minutes=5)
    happening.store(3, case=second, read=analysis(urgency="critical", needs=["electricity"]))
    assert _tell(happening) == 0


def test_a_case_that_is_split_tells_nothing_again_and_each_half_what_is_new_of_it(happening: Newsroom) -> None:
    happening.subscribe()
    case = happening.store(1)
    happening.store(2, case=case)
    assert _tell(happening) == 1
    happening.pass_(minutes=5)
    chosen = document_id("https://agency.example/2")
    decision = _decide(happening, "split", case, [chosen])
    _indexed(happening)
    assert _tell(happening) == 0
    for number, held in ((3, decision.case), (4, case)):
        happening.pass_(minutes=5)
        happening.store(number, case=held, read=analysis(urgency="critical"))
        assert _tell(happening) == 1
        assert "صارت أشد عجلة" in _plain(happening.mails()[-1])


def test_what_is_left_of_a_very_long_debt_goes_into_the_next_message(
    happening: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.alerts.digesting.MOST_ALERTS", 3)
    happening.subscribe()
    for number in range(5):
        happening.store(number)
    assert _tell(happening) == 1
    happening.now += timedelta(minutes=2)
    assert happening.digest() == 1
    assert [str(mail["X-Rasid-Cases"]) for mail in happening.mails()] == ["3", "2"]
