from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import html

from service.database import cases, changes, documents, outbox
from service.database.articles import document_id
from service.database.documents import Record
from service.database.engine import Database
from service.database.tables import articles as articles_table
from service.database.tables import outbox as outbox_table
from service.mail.composing import MOST_CASES, Composer, Told
from service.mail.delivery import Delivered, SmtpAccount, deliver
from service.mail.matching import Matched, match_changes

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OUTLETS = {"agency": "وكالة الرافد"}
SENDER = "راصد <rasid@newsroom.example>"
TO = "editor@newsroom.example"


@pytest.fixture
def composer() -> Composer:
    return Composer(sender=SENDER, desk_url="http://127.0.0.1:8600", language="ar")


@pytest.fixture
def account(mail_server: Any) -> SmtpAccount:
    return SmtpAccount("127.0.0.1", mail_server.port, "none", "", "", SENDER)


def _analysis(**changed: Any) -> dict[str, Any]:
    span = {"text": "أهالي حي الزهور", "start": 0, "end": 15}
    appeal = {
        "start": 0,
        "end": 50,
        "appellants": [span],
        "addressees": [{"text": "محافظ واسط", "start": 16, "end": 26}],
        "needs": ["water"],
        "urgency": "high",
        "governorates": ["IQ-WA"],
        "facilities": [{"text": "مستشفى الزهراء", "start": 30, "end": 44}],
        "summary": "أهالي حي الزهور يناشدون محافظ واسط إعادة الماء، هاتف 07701234567",
        "evidence": [],
    }
    governorates = {"mentioned": ["IQ-WA"], "primary": ["IQ-WA"]}
    return {"stance": "appeal", "governorates": governorates, "facilities": [], "appeals": [appeal | changed]}


def _case(database: Database, number: int, **changed: Any) -> str:
    """Store a Document with a Case of its own, and bring it past the indexer."""
    url = f"https://agency.example/{number}"
    id_ = document_id(url)
    with database.write() as connection:
        connection.execute(
            articles_table.insert().values(
                document=id_,
                version=1,
                url=url,
                outlet="agency",
                source="agency-feed",
                title=f"أهالي حي الزهور يناشدون، للتواصل 0770 123 4567 ({number})",
                body="نص",
                content="-",
                published=NOW,
                published_raw="",
                published_from="feed",
                fetched=NOW,
                language="ar",
                state="analysed",
            )
        )
        case = cases.open_case(connection, id_, NOW, "the first to tell it")
        documents.store(
            connection,
            id=id_,
            version=1,
            stance="appeal",
            group=id_,
            case=case,
            signature=(),
            facts=None,
            keys=(),
            first_seen=NOW,
        )
        documents.store_analysis(
            connection, document=id_, version=1, analyser="-", at=NOW, analysis=_analysis(**changed)
        )
        changes.announce(connection, [id_], NOW)
        changes.restart(connection, changes.INDEXER, changes.last(connection))
    return case


def _mails(database: Database) -> list[EmailMessage]:
    with database.read() as connection:
        rows = connection.execute(sa.select(outbox_table).order_by(outbox_table.c.id)).all()
    return [_parsed(row.message) for row in rows]


def _parsed(message: bytes) -> EmailMessage:
    mail = message_from_bytes(message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _due_now(database: Database) -> None:
    """Let the waiting time of every unsent mail pass."""
    with database.write() as connection:
        connection.execute(outbox_table.update().where(outbox_table.c.state != "sent").values(due=datetime.now(UTC)))


def _states(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return outbox.states(connection)


def test_new_cases_of_a_batch_make_one_mail_for_each_recipient_and_are_never_told_again(
    database: Database, composer: Composer
) -> None:
    _case(database, 1)
    _case(database, 2)
    recipients = [TO, "head@newsroom.example"]
    assert match_changes(database, composer, recipients, OUTLETS) == Matched(changes=2, mails=2, cases=4)
    with database.write() as connection:
        changes.restart(connection, changes.MATCHER)
    assert match_changes(database, composer, recipients, OUTLETS) == Matched(changes=2)
    assert len(_mails(database)) == 2


def test_a_case_that_comes_up_again_beside_a_new_one_is_left_out(database: Database, composer: Composer) -> None:
    first = _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    with database.write() as connection:
        changes.announce(connection, [document_id("https://agency.example/1")], NOW)
    second = _case(database, 2)
    assert first != second
    assert match_changes(database, composer, [TO], OUTLETS) == Matched(changes=2, mails=1, cases=1)
    plain = _part(_mails(database)[1], "plain")
    assert document_id("https://agency.example/2") in plain
    assert document_id("https://agency.example/1") not in plain


def test_nothing_is_matched_before_it_can_be_found_in_the_index(database: Database, composer: Composer) -> None:
    _case(database, 1)
    with database.write() as connection:
        changes.restart(connection, changes.INDEXER)
    assert match_changes(database, composer, [TO], OUTLETS) == Matched()


def test_without_recipients_nothing_is_owed_and_nothing_piles_up(database: Database, composer: Composer) -> None:
    _case(database, 1)
    assert match_changes(database, composer, [], OUTLETS) == Matched(changes=1)
    assert match_changes(database, composer, [TO], OUTLETS) == Matched()


def test_a_mail_says_what_where_who_and_whom_from_right_to_left(database: Database, composer: Composer) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    (mail,) = _mails(database)
    assert mail["To"] == TO
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    page = html.fromstring(_part(mail, "html"))
    assert (page.get("dir"), page.get("lang")) == ("rtl", "ar")
    for words in (_part(mail, "plain"), page.text_content()):
        for word in ("ماء", "واسط", "أهالي حي الزهور", "محافظ واسط", "مستشفى الزهراء", "وكالة الرافد", "عاجل"):
            assert word in words
    assert f"http://127.0.0.1:8600/item/{document_id('https://agency.example/1')}" in page.xpath("//a/@href")
    assert not page.xpath("//script | //*[@onclick] | //link | //img")


def test_phone_numbers_stand_nowhere_in_a_mail(database: Database, composer: Composer) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    (mail,) = _mails(database)
    for text in (_part(mail, "plain"), _part(mail, "html"), str(mail["Subject"])):
        assert "1234567" not in text
        assert "123 4567" not in text


def test_scraped_markup_stays_text_in_a_mail(composer: Composer) -> None:
    record = Record(
        id=hashlib.sha256(b"x").hexdigest(),
        revision=1,
        url="https://agency.example/x",
        outlet="agency",
        title="<script>alert(1)</script>\r\nBcc: everybody@example.org \u202e مقلوب",
        body="",
        published=NOW,
        fetched=NOW,
        group="-",
        case="case-x",
        case_state="new",
        analysis=_analysis(summary="<img src=x onerror=alert(1)>"),
    )
    mail = _parsed(composer.compose(TO, [Told("case-x", record, "<b>منفذ</b>", 1)], NOW).message)
    page = html.fromstring(_part(mail, "html"))
    assert not page.xpath("//script | //img | //b")
    assert "<script>" in page.text_content()
    assert mail["Bcc"] is None
    assert "\u202e" not in str(mail["Subject"]) + _part(mail, "html")


def test_a_long_batch_is_cut_to_the_most_urgent_with_a_link_to_the_rest(database: Database, composer: Composer) -> None:
    for number in range(MOST_CASES + 3):
        _case(database, number, urgency="critical" if number == MOST_CASES + 1 else "normal")
    match_changes(database, composer, [TO], OUTLETS)
    (mail,) = _mails(database)
    page = html.fromstring(_part(mail, "html"))
    links = [link for link in page.xpath("//a/@href") if "/item/" in link]
    assert len(links) == MOST_CASES
    assert document_id(f"https://agency.example/{MOST_CASES + 1}") in links[0]
    assert "3 مناشدات" in page.text_content()


def test_the_message_id_depends_on_recipient_and_cases_alone(composer: Composer, database: Database) -> None:
    case = _case(database, 1)
    with database.read() as connection:
        (record,) = documents.records(connection, [document_id("https://agency.example/1")])
    told = [Told(case, record, "وكالة الرافد", 1)]
    later = NOW + timedelta(days=1)
    assert composer.compose(TO, told, NOW).message_id == composer.compose(TO, told, later).message_id
    assert composer.compose(TO, told, NOW).message_id != composer.compose("x@y.example", told, NOW).message_id


def test_a_due_mail_is_sent_once_over_real_smtp(
    database: Database, composer: Composer, account: SmtpAccount, mail_server: Any
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    assert deliver(database, account) == Delivered(sent=1)
    assert deliver(database, account) == Delivered()
    ((recipient, content),) = mail_server.accepted
    assert recipient == TO
    assert _parsed(content)["Subject"] == _mails(database)[0]["Subject"]
    assert _states(database) == {"sent": 1}


def test_a_passing_refusal_delays_the_mail_and_the_same_mail_comes_later(
    database: Database, composer: Composer, account: SmtpAccount, mail_server: Any
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    mail_server.at_recipient = "450 greylisted, come back"
    assert deliver(database, account) == Delivered(delayed=1)
    assert deliver(database, account) == Delivered()
    mail_server.at_recipient = None
    _due_now(database)
    assert deliver(database, account) == Delivered(sent=1)
    assert len(mail_server.accepted) == 1


@pytest.mark.parametrize("fault", ["at_recipient", "at_data"])
def test_a_refusal_for_good_makes_a_dead_letter_with_the_servers_words(
    database: Database, composer: Composer, account: SmtpAccount, mail_server: Any, fault: str
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO, "head@newsroom.example"], OUTLETS)
    setattr(mail_server, fault, "550 no such user here")
    assert deliver(database, account) == Delivered(dead=2)
    with database.read() as connection:
        details = connection.scalars(sa.select(outbox_table.c.detail)).all()
    assert all("no such user here" in detail for detail in details)


def test_a_connection_lost_in_mid_data_delays_the_mail(
    database: Database, composer: Composer, account: SmtpAccount, mail_server: Any
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    mail_server.drop_in_data = True
    assert deliver(database, account) == Delivered(delayed=1)
    mail_server.drop_in_data = False
    _due_now(database)
    assert deliver(database, account) == Delivered(sent=1)


def test_a_mail_server_that_is_away_or_lacks_the_demanded_tls_delays_everything(
    database: Database, composer: Composer, account: SmtpAccount
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    for broken in (dataclasses.replace(account, port=1), dataclasses.replace(account, security="starttls")):
        _due_now(database)
        assert deliver(database, broken) == Delivered(delayed=1)
    assert _states(database) == {"pending": 1}


def test_a_mail_whose_mailer_died_is_sent_again_with_the_same_message_id(
    database: Database, composer: Composer, account: SmtpAccount, mail_server: Any
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    with database.write() as connection:
        claimed = outbox.claim(connection, datetime.now(UTC))
    assert claimed is not None
    assert deliver(database, account) == Delivered()
    _due_now(database)
    assert deliver(database, account) == Delivered(sent=1)
    assert _parsed(mail_server.accepted[0][1])["Message-ID"] == _parsed(claimed.message)["Message-ID"]


def test_a_mail_that_is_only_ever_delayed_waits_longer_each_time_and_is_given_up_in_the_end(
    database: Database, composer: Composer
) -> None:
    _case(database, 1)
    match_changes(database, composer, [TO], OUTLETS)
    now, waits = datetime.now(UTC), []
    for _ in range(outbox.GIVEN_UP):
        with database.write() as connection:
            owed = outbox.claim(connection, now)
            assert owed is not None
            outbox.delay(connection, owed, now, "451 later")
            due = outbox.next_due(connection)
        if due is not None:
            waits.append(due - now)
            now = due
    assert waits[:3] == [outbox.FIRST_RETRY, 2 * outbox.FIRST_RETRY, 4 * outbox.FIRST_RETRY]
    assert max(waits) == outbox.LAST_RETRY
    assert _states(database) == {"dead": 1}
