from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from desk_rooms import NOW, Room
from lxml import html

from service.accounts import find_user
from service.alerts import owning, subscriptions
from service.alerts.links import Signer
from service.alerts.subscriptions import Channel, Recipient, Subscription
from service.database import outbox as outbox_
from service.database.tables import audit, outbox
from service.database.tables import subscriptions as subscriptions_

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

SCRIPT = {"hx-request": "true"}
OWN = "editor@newsroom.example"
FORM = {"name": "ماء البصرة", "query": "?need=water&primary=IQ-BA", "tells": "new", "cadence": "at_once"}


def _csrf(client: TestClient) -> str:
    page = html.fromstring(client.get("/saved").text)
    return str(page.cssselect("form [name=csrf]")[0].get("value"))


def _post(client: TestClient, path: str, *, script: bool = False, **data: Any) -> Any:
    return client.post(path, data=data | {"csrf": _csrf(client)}, headers=SCRIPT if script else {})


def _make(client: TestClient, **changed: Any) -> Any:
    return _post(client, "/alerts/new", **(FORM | {"others": "desk@office.example"} | changed))


def _rows(client: TestClient, path: str = "/alerts") -> dict[str, html.HtmlElement]:
    page = html.fromstring(client.get(path).text)
    return {_words(row.cssselect("h3")[0]): row for row in page.cssselect(".alert-row[id]")}


def _number(row: html.HtmlElement) -> int:
    return int(row.get("id").removeprefix("alert-"))


def _words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _fault(answer: Any) -> str:
    assert answer.status_code == 422, answer.text
    return _words(html.fromstring(answer.text).cssselect("#refused")[0])


def _held(room: Room, number: int) -> Subscription:
    with room.database.read() as connection:
        held = subscriptions.find(connection, number)
    assert held is not None
    return held


def _owe(room: Room, number: int, *, subject: str = "راصد: قضية", state: str = "dead") -> int:
    with room.database.write() as connection:
        held = subscriptions.find(connection, number)
        assert held is not None
        one = held.recipients[0]
        posted = outbox_.post(
            connection,
            message_id=f"<{number}-{subject}@x>",
            recipient=one.address,
            channel=one.channel.value,
            subject=subject,
            message=b"the secret body",
            subscription=number,
            target=one.id,
            now=NOW,
        )
        values = {"state": state, "attempts": 3, "detail": "550 no such mailbox" if state == "dead" else ""}
        connection.execute(outbox.update().where(outbox.c.id == posted).values(values))
    return posted


def test_the_lists_head_and_a_saved_search_lead_to_the_form(own_room: Room) -> None:
    client = own_room.client()
    page = html.fromstring(client.get("/?q=ماء&need=water&primary=IQ-BA&item=abc").text)
    link = page.cssselect("a.list-alert")[0].get("href")
    form = html.fromstring(client.get(link).text)
    fields = {field.get("name"): field.get("value") for field in form.cssselect(".alert-form input")}
    assert fields["name"] == "ماء، ماء، البصرة"
    assert fields["query"] == "q=%D9%85%D8%A7%D8%A1&need=water&primary=IQ-BA"
    assert "كلمات البحث«ماء»" in _words(form.cssselect(".alert-search")[0])
    _post(client, "/saved", name="محفوظ", query="need=water")
    saved = html.fromstring(client.get("/saved").text).cssselect(".saved-actions a")[0]
    assert saved.get("href") == "/alerts/new?need=water"
    assert _words(html.fromstring(client.get("/alerts").text).cssselect(".sections [aria-current]")[0]) == "التنبيهات"


def test_an_alert_is_made_shown_and_changed(own_room: Room) -> None:
    client = own_room.client()
    made = _make(
        client,
        others="desk@office.example\n\n https://hooks.example/in?x=1 \ntgram://123/456",
        tells=["overdue", "new"],
        cadence="weekly",
        at="07:30",
        weekday="3",
        quiet_from="22:00",
        quiet_to="06:00",
        but_critical="true",
        language="en",
    )
    assert (made.status_code, made.headers["location"]) == (303, "/alerts?done=made")
    row = _rows(client)["ماء البصرة"]
    told = _words(row)
    for part in (
        "الحاجةماء",
        "قضية جديدة، مضى موعد الرد عليها",
        "كل أسبوع: الخميس 07:30، صمت من 22:00 إلى 06:00 إلا للحرج",
        "بريد desk@office.example",
        "خطاف ويب https://hooks.example/in?x=1",
        "خدمة tgram://123/456",
        "لم يُرسَل شيء بعد",
    ):
        assert part in told
    number = _number(row)
    held = _held(own_room, number)
    assert [one.channel for one in held.recipients] == [Channel.MAIL, Channel.WEBHOOK, Channel.APPRISE]
    assert [one.user for one in held.recipients] == [None, None, None]
    secret = held.recipients[1].secret
    form = html.fromstring(client.get(f"/alerts/{number}").text)
    assert secret in [field.get("value") for field in form.cssselect("input[readonly]")]
    changed = {"name": "x", "others": "https://hooks.example/in?x=1", "query": "need=health", "cadence": "daily"}
    assert _post(client, f"/alerts/{number}", **(FORM | changed)).status_code == 303
    again = _held(own_room, number)
    assert (again.name, again.query, again.language) == ("x", "need=health", "ar")
    assert [(one.address, one.secret) for one in again.recipients] == [("https://hooks.example/in?x=1", secret)]


def test_ones_own_address_is_of_the_account_and_told_by_its_role(own_room: Room) -> None:
    client = own_room.client()
    assert "أضفه في صفحة حسابك" in _fault(_make(client, own="true"))
    assert _post(client, "/account/email", email="not an address").status_code == 422
    assert _post(client, "/account/email", email=f" {OWN} ").headers["location"] == "/account?done=email"
    assert _make(client, own="true", others="other@office.example").status_code == 303
    number = _number(_rows(client)["ماء البصرة"])
    with own_room.database.read() as connection:
        user = find_user(connection, "editor")
    assert user is not None
    told = {one.address: one.user for one in _held(own_room, number).recipients}
    assert told == {OWN: user.id, "other@office.example": None}
    _post(client, "/account/email", email="new@newsroom.example")
    told = {one.address: one.user for one in _held(own_room, number).recipients}
    assert told == {"new@newsroom.example": user.id, "other@office.example": None}
    _post(client, "/account/email", email="")
    assert [one.address for one in _held(own_room, number).recipients] == ["other@office.example"]


def test_a_reader_names_no_address_but_the_own_one(own_room: Room) -> None:
    reader = own_room.client("reader")
    assert "بريده هو فقط" in _fault(_make(reader))
    assert "أضفه في صفحة حسابك" in _fault(_make(reader, own="true", others=""))
    _post(reader, "/account/email", email="reader@newsroom.example")
    for other in ("x@y.example", "https://hooks.example", "tgram://1/2"):
        assert "بريده هو فقط" in _fault(_make(reader, own="true", others=other))
    assert _make(reader, own="true", others="").status_code == 303
    assert not html.fromstring(reader.get("/alerts/new").text).cssselect("textarea")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"name": " \u202e "}, "اكتب اسماً"),
        ({"name": "ط" * 81}, "أطول من 80"),
        ({"tells": []}, "شيئاً واحداً"),
        ({"tells": ["everything"]}, "شيئاً واحداً"),
        ({"others": ""}, "مستلم واحد"),
        ({"others": "\n".join(f"a{n}@b.example" for n in range(51))}, "مستلم واحد"),
        ({"others": "not an address"}, "بريداً صحيحاً"),
        ({"others": "a@b.example\r\nBcc: c@d.example"}, "بريداً صحيحاً"),
        ({"others": "https://"}, "الروابط"),
        ({"others": "json://127.0.0.1:9200/"}, "apprise"),
        ({"cadence": "always"}, "متى تُرسل"),
        ({"weekday": "7", "cadence": "weekly"}, "يوماً"),
        ({"at": "25:00"}, "مثل 08:00"),
        ({"quiet_from": "22:00"}, "بداية ونهاية"),
        ({"language": "fr"}, "عربية أو إنكليزية"),
    ],
)
def test_what_cannot_be_kept_is_said_and_the_form_stays_filled(
    own_room: Room, changed: dict[str, Any], fault: str
) -> None:
    client = own_room.client()
    answer = _make(client, **changed)
    assert fault in _fault(answer)
    page = html.fromstring(answer.text)
    assert page.cssselect("[name=query]")[0].get("value") == FORM["query"]
    assert _rows(client) == {}


def test_the_form_shows_what_a_week_would_have_brought(own_room: Room) -> None:
    client = own_room.client()
    week = html.fromstring(client.get("/alerts/new?stance=any").text).cssselect("#week")[0]
    assert len(week.cssselect(".alert-days tr")) == 7
    assert week.cssselect(".alert-rows li")
    shown = _post(client, "/alerts/preview", script=True, **(FORM | {"cadence": "weekly"}))
    assert "على الأكثر رسالة واحدة" in _words(html.fromstring(shown.text))
    empty = _post(client, "/alerts/preview", script=True, **(FORM | {"query": "q=سبيكة"}))
    assert "لم يجد هذا البحث شيئاً" in empty.text
    whole = _post(client, "/alerts/preview", **(FORM | {"name": "لم يُحفظ", "cadence": "daily"}))
    page = html.fromstring(whole.text)
    assert page.cssselect("[name=name]")[0].get("value") == "لم يُحفظ"
    assert page.cssselect("[name=cadence][checked]")[0].get("value") == "daily"
    assert _rows(client) == {}


def test_the_preview_is_masked_for_readers(own_room: Room) -> None:
    def previews(name: str) -> str:
        return own_room.client(name).get("/alerts/new?stance=any").text

    assert "0770" not in previews("reader")


def test_a_paused_alert_goes_on_from_when_it_is_resumed(own_room: Room) -> None:
    client = own_room.client()
    _make(client)
    number = _number(_rows(client)["ماء البصرة"])
    paused = html.fromstring(_post(client, f"/alerts/{number}/pause", script=True).text)
    assert "موقوف مؤقتاً" in _words(paused)
    assert _held(own_room, number).paused == NOW
    assert _post(client, f"/alerts/{number}/resume").headers["location"] == "/alerts"
    assert (_held(own_room, number).paused, _held(own_room, number).since) == (None, NOW)


@pytest.mark.parametrize("script", [True, False])
def test_a_deleted_alert_comes_back_as_it_was(own_room: Room, script: bool) -> None:
    client, second = own_room.client(), own_room.client("second")
    _make(
        client, others="https://hooks.example/in", cadence="weekly", weekday="2", quiet_from="22:00", quiet_to="05:00"
    )
    number = _number(_rows(client)["ماء البصرة"])
    before = _held(own_room, number)
    answer = _post(client, f"/alerts/{number}/delete", script=script)
    (gone,) = html.fromstring(f"<div>{answer.text}</div>").cssselect(".saved-gone form")
    sealed = gone.cssselect("[name=sealed]")[0].get("value")
    assert _rows(client) == {}
    undo = gone.get("action")
    assert _post(second, undo, sealed=sealed).status_code == 404
    assert _post(client, undo, sealed=sealed[:-2]).status_code == 404
    assert _post(client, f"/alerts/{number + 1}/restore", sealed=sealed).status_code == 404
    assert _post(client, undo, script=script, sealed=sealed).status_code in {200, 303}
    after = _held(own_room, number)
    kept = ("name", "query", "tells", "schedule", "language", "owner")
    assert all(getattr(before, field) == getattr(after, field) for field in kept)
    assert [(one.address, one.secret) for one in after.recipients] == [
        (one.address, one.secret) for one in before.recipients
    ]
    assert _post(client, undo, sealed=sealed).status_code == 409
    with own_room.database.read() as connection:
        rows = connection.execute(sa.select(audit.c.action, audit.c.detail).order_by(audit.c.id)).all()
    did = [row.action for row in rows if row.action.startswith("subscription")]
    assert did == ["subscription_made", "subscription_removed", "subscription_restored"]
    assert before.recipients[0].secret not in str([row.detail for row in rows])


def test_alerts_are_ones_own_and_administrators_see_all_without_the_secrets(own_room: Room) -> None:
    client, second, chief = own_room.client(), own_room.client("second"), own_room.client("chief")
    _make(client, others="https://hooks.example/token-in-path\ntgram://bottoken/1")
    number = _number(_rows(client)["ماء البصرة"])
    assert _rows(second) == {}
    for path in ("", "/pause", "/resume", "/delete"):
        assert _post(second, f"/alerts/{number}{path}", **FORM).status_code == 404
    row = _words(_rows(chief)["ماء البصرة"])
    assert "من editor" in row
    assert "https://hooks.example/…" in row
    assert "bottoken" not in row
    assert "token-in-path" not in row
    secret = _held(own_room, number).recipients[0].secret
    assert secret not in chief.get(f"/alerts/{number}").text
    assert _post(chief, f"/alerts/{number}/pause").status_code == 303
    gone = html.fromstring(_post(chief, f"/alerts/{number}/delete").text)
    sealed = gone.cssselect("[name=sealed]")[0].get("value")
    with own_room.database.write() as connection:
        kept = Signer.of(connection).unseal(sealed, owning.UNDONE_WITHIN)
    assert kept is not None
    assert secret not in str(kept)


def test_the_subscription_of_the_setting_is_shown_to_administrators_and_changed_in_the_settings(own_room: Room) -> None:
    with own_room.database.write() as connection:
        subscriptions.keep_in_step(connection, ["desk@office.example"], "ar", NOW)
    chief = own_room.client("chief")
    (row,) = _rows(chief).values()
    assert "المستلمون في إعداد alert_to" in _words(row)
    number = _number(row)
    assert chief.get(f"/alerts/{number}").status_code == 403
    assert _post(chief, f"/alerts/{number}/delete").status_code == 403
    assert _rows(own_room.client()) == {}


def test_nobody_has_more_than_the_most(own_room: Room) -> None:
    with own_room.database.write() as connection:
        user = find_user(connection, "editor")
        assert user is not None
        row = {"owner": user.id, "query": "", "tells": ["new"], "cadence": "daily", "language": "ar"}
        rows = [row | {"name": str(n), "created": NOW, "since": NOW} for n in range(owning.MOST)]
        connection.execute(subscriptions_.insert(), rows)
    assert "مئة تنبيه" in _fault(_make(own_room.client()))


def test_disabling_a_user_pauses_what_was_subscribed(own_room: Room) -> None:
    client, chief = own_room.client("second"), own_room.client("chief")
    _make(client)
    number = _number(_rows(client)["ماء البصرة"])
    with own_room.database.read() as connection:
        user = find_user(connection, "second")
    assert user is not None
    _post(chief, f"/users/{user.id}/disable")
    assert _held(own_room, number).paused == NOW


def test_messages_are_told_with_why_they_did_not_arrive_and_are_sent_again(own_room: Room) -> None:
    client, second, chief = own_room.client(), own_room.client("second"), own_room.client("chief")
    _make(client)
    number = _number(_rows(client)["ماء البصرة"])
    dead, sent = _owe(own_room, number), _owe(own_room, number, subject="وصلت", state="sent")
    page = html.fromstring(client.get("/alerts/messages").text)
    assert [_words(one) for one in page.cssselect("h3")] == ["وصلت", "راصد: قضية"]
    assert "550 no such mailbox" in _words(page.cssselect(".alert-message")[1])
    assert "secret body" not in client.get("/alerts/messages").text
    only = html.fromstring(client.get("/alerts/messages?state=dead").text)
    assert [one.get("id") for one in only.cssselect(".alert-message")] == [f"message-{dead}"]
    assert not html.fromstring(second.get("/alerts/messages").text).cssselect(".alert-message")
    assert "من editor" in _words(html.fromstring(chief.get("/alerts/messages").text).cssselect(".alert-message")[0])
    assert _post(second, f"/alerts/messages/{dead}/retry").status_code == 404
    assert _post(client, f"/alerts/messages/{sent}/retry").status_code == 409
    shown = html.fromstring(_post(client, f"/alerts/messages/{dead}/retry", script=True).text)
    assert "تنتظر" in _words(shown)
    with own_room.database.read() as connection:
        row = connection.execute(sa.select(outbox).where(outbox.c.id == dead)).one()
    assert (row.state, row.attempts, row.due) == ("pending", 0, NOW)


def test_messages_are_paged(own_room: Room) -> None:
    client = own_room.client()
    _make(client)
    number = _number(_rows(client)["ماء البصرة"])
    for place in range(53):
        _owe(own_room, number, subject=f"رسالة {place}")
    page = html.fromstring(client.get("/alerts/messages?state=dead").text)
    assert len(page.cssselect(".alert-message")) == 50
    following = html.fromstring(client.get(page.cssselect("[rel=next]")[0].get("href")).text)
    assert [_words(one) for one in following.cssselect("h3")] == ["رسالة 2", "رسالة 1", "رسالة 0"]
    assert not following.cssselect("[rel=next]")


@pytest.fixture
def link(own_room: Room) -> str:
    with own_room.database.write() as connection:
        user = find_user(connection, "editor")
        assert user is not None
        given = (Recipient(Channel.MAIL, "desk@office.example"), Recipient(Channel.MAIL, "head@office.example"))
        number = subscriptions.add(connection, Subscription("ماء", "need=water", given, owner=user.id), NOW)
        held = subscriptions.find(connection, number)
        assert held is not None
        return f"/unsubscribe?token={Signer.of(connection).sign(held.recipients[0].id)}"


def test_looking_at_the_unsubscribing_page_changes_nothing_and_its_button_does(own_room: Room, link: str) -> None:
    visitor, client = own_room.client(None), own_room.client()
    page = visitor.get(link)
    assert page.status_code == 200
    assert "desk@office.example" in page.text
    row = _rows(client)["ماء"]
    assert "desk@office.example" in _words(row)
    dead = _owe(own_room, _number(row), state="pending")
    button = html.fromstring(page.text).cssselect("form")[0]
    assert button.get("action") == link
    assert "أُلغي الاشتراك" in visitor.post(button.get("action")).text
    row = _rows(client)["ماء"]
    assert "desk@office.example" not in _words(row)
    assert "head@office.example" in _words(row)
    assert "ليس في التنبيه" in visitor.get(link).text
    assert visitor.post(link).status_code == 200
    assert _post(client, f"/alerts/messages/{dead}/retry").status_code == 409
    with own_room.database.read() as connection:
        notes = connection.execute(sa.select(audit).where(audit.c.action == "unsubscribed")).all()
    assert [(note.actor, note.detail["to"]) for note in notes] == [("recipient", "desk@office.example")]


def test_a_mail_program_unsubscribes_with_one_click(own_room: Room, link: str) -> None:
    with own_room.client(None) as program:
        answer = program.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "desk@office.example" not in _words(_rows(own_room.client())["ماء"])


@pytest.mark.parametrize("token", ["", "x", "MQ.forged.signature", "٣" * 400, "\x00"])
def test_a_forged_link_is_told_in_both_languages(own_room: Room, link: str, token: str) -> None:
    visitor = own_room.client(None)
    for ask in (visitor.get, visitor.post):
        arabic, english = (ask("/unsubscribe", params={"token": token} | lang) for lang in ({}, {"lang": "en"}))
        assert (arabic.status_code, english.status_code) == (404, 404)
        assert "هذا الرابط لا يعمل" in arabic.text
        assert "This link does not work" in english.text


def test_a_link_expires(own_room: Room, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time as clock

    later = clock.time() + owning.LINK_LIVES.total_seconds() + 60
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert own_room.client(None).get(link).status_code == 404


def test_a_subscription_that_is_gone_leaves_nothing_to_do(own_room: Room, link: str) -> None:
    client = own_room.client()
    _post(client, f"/alerts/{_number(_rows(client)['ماء'])}/delete")
    assert "ليس في التنبيه" in own_room.client(None).get(link).text


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_names_and_queries_are_text(own_room: Room, payload: str) -> None:
    client = own_room.client()
    _make(client, name=payload, query=f"q={payload}&need={payload}")
    assert payload in _rows(client)
    page = html.fromstring(client.get("/alerts").text)
    assert not page.cssselect(".alert-row script, .alert-row img")


def test_an_empty_page_says_how_to_begin(own_room: Room) -> None:
    assert "لا تنبيهات بعد" in own_room.client().get("/alerts").text
