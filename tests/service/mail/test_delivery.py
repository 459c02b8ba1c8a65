"""Owed mails over real SMTP: sent once, put off, or dead with the server's words."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alert_newsroom import SENDER, TO, Newsroom, parsed
from mail_servers import Office, details, due_now, serving

from service.alerts import subscriptions
from service.database import outbox
from service.database.engine import Database
from service.database.tables import outbox as outbox_table
from service.database.tables import subscriptions as subscriptions_table
from service.mail.carriers import Carriers
from service.mail.delivery import Delivered, Mailer
from service.mail.smtp import SmtpAccount

HEAD = "head@newsroom.example"


def _deliver(database: Database, account: SmtpAccount, **limits: int) -> Delivered:
    return Mailer(database, Carriers(account), **limits).deliver()


def _states(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return outbox.states(connection)


def _owe(happening: Newsroom, *addresses: str, messages: int = 1) -> Database:
    happening.subscribe(*addresses)
    for number in range(messages):
        happening.store(number)
        happening.match()
        happening.digest()
        happening.pass_(minutes=2)
    return happening.database


def test_a_due_mail_is_sent_once_over_real_smtp(owed: Newsroom, account: SmtpAccount, office: Office) -> None:
    assert _deliver(owed.database, account) == Delivered(sent=1)
    assert _deliver(owed.database, account) == Delivered()
    ((recipient, content),) = office.accepted
    assert recipient == TO
    assert parsed(content)["Subject"] == owed.mails()[0]["Subject"]
    assert parsed(content).get_body(("plain",)).get_content() == owed.mails()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert _states(owed.database) == {"sent": 1}
    assert details(owed.database) == ["250 queued as 1"]


def test_many_mails_go_over_one_connection(happening: Newsroom, account: SmtpAccount, office: Office) -> None:
    database = _owe(happening, *(f"desk-{number}@newsroom.example" for number in range(12)))
    assert _deliver(database, account) == Delivered(sent=12)
    assert len(office.accepted) == 12
    assert len(office.peers) == 1


def test_greylisting_delays_the_mail_and_the_same_mail_comes_later(
    owed: Newsroom, account: SmtpAccount, office: Office
) -> None:
    office.grey = True
    assert _deliver(owed.database, account) == Delivered(delayed=1)
    assert _deliver(owed.database, account) == Delivered()
    assert details(owed.database) == ["the recipient was refused: 450 4.2.0 greylisted, come back in five minutes"]
    due_now(owed.database)
    assert _deliver(owed.database, account) == Delivered(sent=1)
    assert parsed(office.accepted[0][1])["Message-ID"] == owed.mails()[0]["Message-ID"]


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_refusal_for_good_makes_a_dead_letter_with_the_servers_words(
    happening: Newsroom, account: SmtpAccount, office: Office, step: str
) -> None:
    database = _owe(happening, TO, HEAD)
    office.answers[step] = "550 5.1.1 no such user here"
    assert _deliver(database, account) == Delivered(dead=2)
    assert all("550 5.1.1 no such user here" in detail for detail in details(database))
    with database.read() as connection:
        assert "no such user" in str(connection.scalar(sa.select(subscriptions_table.c.fault)))


def test_one_recipient_that_is_refused_does_not_keep_the_others_from_theirs(
    happening: Newsroom, account: SmtpAccount, office: Office
) -> None:
    database = _owe(happening, "gone@newsroom.example", TO)
    office.answers["gone@newsroom.example"] = "550 gone"
    assert _deliver(database, account) == Delivered(sent=1, dead=1)
    assert [recipient for recipient, _ in office.accepted] == [TO]


@pytest.mark.parametrize("answer", ["550 5.7.1 you may not send", "451 later"])
def test_a_sender_that_is_refused_is_a_fault_of_the_settings_and_loses_no_mail(
    happening: Newsroom, account: SmtpAccount, office: Office, answer: str
) -> None:
    database = _owe(happening, TO, HEAD)
    office.answers["MAIL"] = answer
    assert _deliver(database, account) == Delivered(delayed=1)
    assert _states(database) == {"pending": 2}
    assert f"the sender was refused: {answer}" in details(database)
    del office.answers["MAIL"]
    due_now(database)
    assert _deliver(database, account) == Delivered(sent=2)


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_passing_refusal_at_each_step_delays_the_mail(
    owed: Newsroom, account: SmtpAccount, office: Office, step: str
) -> None:
    office.answers[step] = "452 4.2.2 mailbox full"
    assert _deliver(owed.database, account) == Delivered(delayed=1)
    assert "452 4.2.2 mailbox full" in details(owed.database)[0]


def test_a_connection_lost_in_mid_data_delays_the_mail(owed: Newsroom, account: SmtpAccount, office: Office) -> None:
    office.drop_in_data = True
    assert _deliver(owed.database, account) == Delivered(delayed=1)
    office.drop_in_data = False
    due_now(owed.database)
    assert _deliver(owed.database, account) == Delivered(sent=1)


def test_a_server_that_does_not_answer_in_time_delays_the_mail(
    owed: Newsroom, account: SmtpAccount, office: Office
) -> None:
    office.seconds = 3
    start = time.monotonic()
    assert _deliver(owed.database, dataclasses.replace(account, timeout=0.4)) == Delivered(delayed=1)
    assert time.monotonic() - start < 2.5
    assert "timed out" in details(owed.database)[0]
    office.seconds = 0
    due_now(owed.database)
    assert _deliver(owed.database, account) == Delivered(sent=1)


def test_a_mail_server_that_is_away_or_lacks_the_demanded_tls_delays_everything(
    owed: Newsroom, account: SmtpAccount
) -> None:
    for broken in (dataclasses.replace(account, port=1), dataclasses.replace(account, security="starttls")):
        due_now(owed.database)
        assert _deliver(owed.database, broken) == Delivered(delayed=1)
    assert _states(owed.database) == {"pending": 1}
    assert "STARTTLS" in details(owed.database)[0]


def test_after_a_passing_fault_the_rest_waits_for_the_next_round(happening: Newsroom, account: SmtpAccount) -> None:
    database = _owe(happening, *(f"desk-{number}@newsroom.example" for number in range(5)))
    assert _deliver(database, dataclasses.replace(account, port=1)) == Delivered(delayed=1)
    with database.read() as connection:
        assert sorted(connection.scalars(sa.select(outbox_table.c.attempts))) == [0, 0, 0, 0, 1]


def test_a_mail_whose_mailer_died_is_sent_again_with_the_same_message_id(
    owed: Newsroom, account: SmtpAccount, office: Office
) -> None:
    with owed.database.write() as connection:
        claimed = outbox.claim(connection, datetime.now(UTC))
    assert claimed is not None
    assert _deliver(owed.database, account) == Delivered()
    due_now(owed.database)
    assert _deliver(owed.database, account) == Delivered(sent=1)
    assert parsed(office.accepted[0][1])["Message-ID"] == parsed(claimed.message)["Message-ID"]


def test_a_mail_that_is_only_ever_delayed_waits_longer_each_time_and_is_given_up_in_the_end(owed: Newsroom) -> None:
    now, waits = datetime.now(UTC), []
    for _ in range(outbox.GIVEN_UP):
        with owed.database.write() as connection:
            claimed = outbox.claim(connection, now)
            assert claimed is not None
            outbox.delay(connection, claimed, now, "451 later")
            due = outbox.next_due(connection)
        if due is not None:
            waits.append(due - now)
            now = due
    assert waits[:3] == [outbox.FIRST_RETRY, 2 * outbox.FIRST_RETRY, 4 * outbox.FIRST_RETRY]
    assert max(waits) == outbox.LAST_RETRY
    assert _states(owed.database) == {"dead": 1}


def test_no_more_than_so_many_messages_go_out_in_a_minute(
    happening: Newsroom, account: SmtpAccount, office: Office
) -> None:
    database = _owe(happening, *(f"desk-{number}@newsroom.example" for number in range(5)))
    assert _deliver(database, account, per_minute=3) == Delivered(sent=3)
    assert _deliver(database, account, per_minute=3) == Delivered()
    assert len(office.accepted) == 3
    assert _states(database) == {"sent": 3, "pending": 2}


def test_one_recipient_gets_no_more_than_so_many_in_an_hour_while_others_get_theirs(
    happening: Newsroom, account: SmtpAccount, office: Office
) -> None:
    database = _owe(happening, TO, messages=4)
    happening.subscribe(HEAD)
    happening.store(9)
    happening.match()
    happening.digest()
    assert _deliver(database, account, per_recipient=2) == Delivered(sent=3)
    assert sorted(recipient for recipient, _ in office.accepted) == [TO, TO, HEAD]
    assert _deliver(database, account, per_recipient=2) == Delivered()
    assert _states(database) == {"sent": 3, "pending": 3}


def test_a_mail_that_arrives_clears_what_was_noted_at_its_subscription(
    happening: Newsroom, account: SmtpAccount, office: Office
) -> None:
    database = _owe(happening, TO)
    office.answers["RCPT"] = "550 no"
    _deliver(database, account)
    del office.answers["RCPT"]
    happening.store(7)
    happening.match()
    happening.digest()
    assert _deliver(database, account) == Delivered(sent=1)
    with database.read() as connection:
        assert [one.fault for one in subscriptions.every(connection)] == [""]


@pytest.mark.parametrize(
    ("address", "at"),
    [("noor@بلدية.example", "noor@xn--"), ("noor@bücher.example", "noor@xn--bcher-kva.example")],
)
def test_a_domain_in_other_letters_is_sent_as_the_dns_has_it(
    happening: Newsroom, account: SmtpAccount, office: Office, address: str, at: str
) -> None:
    database = _owe(happening, address)
    assert _deliver(database, account) == Delivered(sent=1)
    assert office.accepted[0][0].startswith(at)


def test_letters_before_the_at_go_to_a_server_that_takes_them(happening: Newsroom, account: SmtpAccount) -> None:
    with serving(Office(), enable_SMTPUTF8=True) as able:
        database = _owe(happening, "نور@newsroom.example")
        assert _deliver(database, dataclasses.replace(account, port=able.port)) == Delivered(sent=1)
    assert able.accepted[0][0] == "نور@newsroom.example"
    assert "SMTPUTF8" in able.asked[0]


def test_letters_before_the_at_are_refused_with_a_reason_where_the_server_takes_none(
    happening: Newsroom, account: SmtpAccount
) -> None:
    with serving(Office(), enable_SMTPUTF8=False) as unable:
        database = _owe(happening, "نور@newsroom.example", TO)
        assert _deliver(database, dataclasses.replace(account, port=unable.port)) == Delivered(sent=1, dead=1)
    assert "no SMTPUTF8" in details(database)[0]


def test_a_message_that_nobody_foresaw_does_not_hold_up_the_others(
    happening: Newsroom, account: SmtpAccount, office: Office
) -> None:
    database = _owe(happening, TO, HEAD)
    with database.write() as connection:
        first = sa.select(sa.func.min(outbox_table.c.id)).scalar_subquery()
        odd = outbox_table.update().values(recipient="ا" * 300 + "@" + "ب" * 300)
        connection.execute(odd.where(outbox_table.c.id == first))
    done = _deliver(database, account)
    assert done.sent == 1
    assert done.delayed + done.dead == 1
    assert len(office.accepted) == 1


def test_the_sender_in_the_envelope_is_the_bare_address(owed: Newsroom, account: SmtpAccount, office: Office) -> None:
    _deliver(owed.database, account)
    assert parsed(office.accepted[0][1])["From"].addresses[0].addr_spec in SENDER
