"""How a mail reads, and that it is one that every mail program understands."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from alert_newsroom import DESK, NOW, SENDER, TO, Newsroom, analysis, parsed
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from service.alerts.messages import MOST_TOLD, Letter, Telling
from service.alerts.posts import Poster
from service.alerts.subscriptions import Channel, Recipient, Subscription
from service.database.articles import document_id
from service.database.documents import Record
from service.mail.composing import Composer

COMPOSER = Composer(sender=SENDER, desk_url=DESK)
LEFT, RIGHT, FIRST, END = "\u2066", "\u2067", "\u2068", "\u2069"


def _record(number: int = 1, **changed: Any) -> Record:
    values: dict[str, Any] = {
        "id": document_id(f"https://agency.example/{number}"),
        "revision": 1,
        "url": f"https://agency.example/{number}",
        "outlet": "agency",
        "title": f"أهالي حي الزهور يناشدون ({number})",
        "body": "نص",
        "published": NOW,
        "fetched": NOW,
        "group": "-",
        "case": f"case-{number}",
        "case_state": "new",
        "analysis": analysis(),
    }
    return Record(**(values | changed))


def _telling(number: int = 1, facts: tuple[str, ...] = ("new",), **changed: Any) -> Telling:
    outlet = changed.pop("outlet", "وكالة الرافد")
    told = {key: changed.pop(key) for key in ("urgency", "state", "outlets", "since") if key in changed}
    return Telling(f"case-{number}", facts, _record(number, **changed), outlet, **told)


def _letter(*tellings: Telling, to: str = TO, masked: bool = True, **subscription: Any) -> Letter:
    recipient = Recipient(Channel.MAIL, to, id=7)
    values: dict[str, Any] = {"name": "بحث", "query": "need=water", "recipients": (recipient,), "id": 3, "owner": 1}
    return Letter(Subscription(**(values | subscription)), recipient, tellings or (_telling(),), masked, "token.of-7")


def _mail(letter: Letter) -> Any:
    return parsed(COMPOSER.compose(letter, NOW).content)


def _part(mail: Any, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_says_what_where_who_and_whom_from_right_to_left(happening: Newsroom) -> None:
    happening.subscribe()
    happening.store(1)
    happening.match()
    happening.digest()
    (mail,) = happening.mails()
    assert mail["To"] == TO
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    page = html.fromstring(_part(mail, "html"))
    assert (page.get("dir"), page.get("lang"), mail["Content-Language"]) == ("rtl", "ar", "ar")
    for words in (_part(mail, "plain"), page.text_content()):
        for word in ("ماء", "واسط", "أهالي حي الزهور", "محافظ واسط", "مستشفى الزهراء", "وكالة الرافد", "عاجل"):
            assert word in words
    assert f"{DESK}/item/{document_id('https://agency.example/1')}" in page.xpath("//a/@href")
    assert not page.xpath("//script | //*[@onclick] | //link | //img")


def test_an_english_subscription_gets_an_english_mail_whose_links_are_english() -> None:
    mail = _mail(_letter(language="en"))
    page = html.fromstring(_part(mail, "html"))
    assert (page.get("dir"), page.get("lang"), mail["Content-Language"]) == ("ltr", "en", "en")
    assert all("lang=en" in link for link in page.xpath("//a/@href"))
    assert "Wasit" in page.text_content()
    assert "Rasid" in mail["Subject"]


def test_phone_numbers_stand_nowhere_in_a_masked_message() -> None:
    title = "أهالي حي الزهور، للتواصل 0770 123 4567"
    letter = _letter(_telling(title=title))
    mail = _mail(letter)
    poster = Poster(desk_url=DESK)
    texts = [_part(mail, "plain"), _part(mail, "html"), str(mail["Subject"])]
    texts += [poster.json(letter, NOW).content.decode(), poster.text(letter, NOW).content.decode()]
    for text in texts:
        assert "1234567" not in text
        assert "123 4567" not in text
    assert "123 4567" in _part(_mail(_letter(_telling(title=title), masked=False)), "plain")


def test_scraped_markup_stays_text_and_adds_no_header() -> None:
    record = {
        "title": "<script>alert(1)</script>\r\nBcc: everybody@example.org \u202e مقلوب",
        "analysis": analysis(summary="<img src=x onerror=alert(1)>"),
    }
    mail = _mail(_letter(_telling(**record, outlet="<b>منفذ</b>"), name="<i>بحث</i>\r\nBcc: x@example.org"))
    page = html.fromstring(_part(mail, "html"))
    assert not page.xpath("//script | //img | //b | //i")
    assert "<script>" in page.text_content()
    assert mail["Bcc"] is None
    assert "\u202e" not in str(mail["Subject"]) + _part(mail, "html") + _part(mail, "plain")


def test_a_long_letter_is_cut_to_the_most_urgent_with_a_link_to_the_rest() -> None:
    tellings = [
        _telling(number, urgency="critical" if number == MOST_TOLD + 1 else "normal") for number in range(MOST_TOLD + 3)
    ]
    mail = _mail(_letter(*tellings))
    page = html.fromstring(_part(mail, "html"))
    links = [link for link in page.xpath("//a/@href") if "/item/" in link]
    assert len(links) == MOST_TOLD
    assert document_id(f"https://agency.example/{MOST_TOLD + 1}") in links[0]
    assert "3 مناشدات" in page.text_content()
    assert f"{DESK}/?need=water" in page.xpath("//a/@href")
    assert mail["X-Rasid-Cases"] == str(MOST_TOLD + 3)


def test_the_message_id_depends_on_recipient_and_what_is_told_alone() -> None:
    def id_of(letter: Letter, now: Any = NOW) -> str:
        return COMPOSER.compose(letter, now).id

    once = id_of(_letter())
    assert once == id_of(_letter(), NOW + timedelta(days=1)) == id_of(_letter(name="another"))
    others = {
        id_of(_letter(to="x@y.example")),
        id_of(_letter(_telling(2))),
        id_of(_letter(_telling(facts=("urgency:critical",)))),
    }
    assert len(others | {once}) == 4
    assert id_of(_letter(_telling(1), _telling(2))) == id_of(_letter(_telling(2), _telling(1)))
    assert re.fullmatch(r"<[0-9a-f]{40}@newsroom\.example>", once)


def test_each_telling_says_why_it_came_and_whether_it_is_a_follow_up() -> None:
    facts = ("urgency:critical", "place:الصويرة", "outlets:3", "overdue:2026-11-26T10:00:00+00:00")
    plain = _part(_mail(_letter(_telling(facts=facts, urgency="critical", outlets=3))), "plain")
    assert "متابعة" in plain
    why = re.search(r"سبب الإرسال: (.*)", plain)
    assert why is not None
    assert len(why[1].split("، ")) == 4
    assert "الصويرة" in why[1]


def test_the_headers_tell_machines_what_it_is_and_how_to_leave() -> None:
    mail = _mail(_letter())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["List-Unsubscribe"] == f"<{DESK}/unsubscribe?token=token.of-7>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["From"].addresses[0].addr_spec == "rasid@newsroom.example"
    assert mail["From"].addresses[0].display_name == "راصد"
    assert mail["Date"].datetime == NOW


SIGNS = st.characters(blacklist_categories=("Cs",))
TEXTS = st.text(SIGNS, min_size=1, max_size=200)


@settings(deadline=None, max_examples=60)
@given(
    title=TEXTS,
    name=TEXTS,
    spans=st.lists(TEXTS, max_size=3),
    masked=st.booleans(),
    language=st.sampled_from(["ar", "en"]),
)
def test_any_text_makes_a_mail_that_reads_back_whole(
    title: str, name: str, spans: list[str], masked: bool, language: Any
) -> None:
    people = [{"text": text, "start": 0, "end": 1} for text in spans]
    read = analysis(appellants=people, addressees=people, facilities=people, summary=title)
    letter = _letter(_telling(title=title, analysis=read, outlet=name), name=name, masked=masked, language=language)
    content = COMPOSER.compose(letter, NOW).content
    head = content.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 and line.isascii() for line in content.split(b"\r\n"))  # RFC 5322, 2.1.1
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(re.match(rb"[A-Za-z-]+:|[ \t]", line) for line in head.split(b"\r\n"))  # folded, never broken
    mail = message_from_bytes(content, policy=policy.default)
    for part in mail.walk():
        assert part.defects == []
        assert all(not value.defects for value in part.values())
    assert set(mail.keys()) >= {"Message-ID", "Date", "From", "To", "Subject", "MIME-Version"}
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    _balanced(_part(mail, "plain"))


def _balanced(text: str) -> None:
    for line in text.splitlines():
        depth = 0
        for sign in line:
            depth += (sign in {LEFT, RIGHT, FIRST}) - (sign == END)
            assert depth >= 0
        assert depth == 0


@pytest.mark.parametrize(
    ("to", "header"),
    [
        ("noor@بلدية.example", "noor@xn--"),
        ("noor@bücher.example", "noor@xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_written_as_the_dns_has_it(to: str, header: str) -> None:
    message = COMPOSER.compose(_letter(to=to), NOW)
    assert message.content.isascii()
    assert str(parsed(message.content)["To"]).startswith(header)


def test_letters_before_the_at_are_written_as_they_are() -> None:
    message = COMPOSER.compose(_letter(to="نور@newsroom.example"), NOW)
    assert "To: نور@newsroom.example\r\n".encode() in message.content
