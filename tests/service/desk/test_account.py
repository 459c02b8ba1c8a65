"""The account's page, the users' and the audit log, as forms post to them."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from desk_browser import PASSWORD
from desk_rooms import NOW, Room
from fastapi.testclient import TestClient
from httpx2 import Response
from lxml import html

from service import accounts, auditing, logins
from service.auditing import Chosen
from service.database.tables import api_tokens
from service.desk.access import COOKIE
from service.desk.agents import called


def _post(client: TestClient, path: str, **fields: object) -> Response:
    return client.post(path, data={"csrf": logins.csrf(client.cookies[COOKIE]), **fields})


def _page(client: TestClient, path: str) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def _number(room: Room, name: str) -> int:
    with room.database.read() as connection:
        user = accounts.find_user(connection, name)
    assert user is not None
    return user.id


def _log(room: Room, **chosen: str) -> list[tuple[str, str, str]]:
    with room.database.read() as connection:
        entries = auditing.read(connection, Chosen(**chosen)).entries
    return [(entry.actor, entry.action, entry.subject) for entry in entries]


def test_preferences_hold_on_every_page_and_at_the_next_login(own_room: Room) -> None:
    with own_room.client("editor") as client:
        chosen = {"language": "en", "theme": "dark", "digits": "arab"}
        assert _post(client, "/account/preferences", **chosen).headers["Location"].endswith("lang=en")
        for path in ("/", "/account"):
            page = _page(client, path)
            assert page.get("data-theme") == "dark"
            assert page.cssselect(".brand")[0].get("href") == "/?lang=en"
        assert "١٩" in _page(client, "/").cssselect(".sections")[0].text_content()
        assert {field.get("value") for field in _page(client, "/account").cssselect("input[checked]")} == {
            "en",
            "dark",
            "arab",
        }
    with own_room.client(None) as client:
        for wanted, led in (
            ("", "/?lang=en"),
            ("/?need=water#x", "/?need=water&lang=en#x"),
            ("/cases?lang=ar", "/cases?lang=ar"),
        ):
            login = {"name": "editor", "password": PASSWORD, "next": wanted}
            assert client.post("/login", data=login).headers["Location"] == led


def test_who_chose_no_language_goes_on_in_that_of_the_login(embedded_room: Room) -> None:
    login = {"name": "second", "password": PASSWORD}
    with embedded_room.client(None) as client:
        assert client.post("/login?lang=en", data=login).headers["Location"] == "/?lang=en"
        assert client.post("/login", data=login).headers["Location"] == "/"


@pytest.mark.parametrize("given", [{"theme": "pink"}, {"language": "fr"}, {"digits": "<b>"}])
def test_a_preference_that_there_is_not_is_refused(embedded_room: Room, given: dict[str, str]) -> None:
    with embedded_room.client("editor") as client:
        assert _post(client, "/account/preferences", **given).status_code == 400


def test_the_theme_is_switched_from_any_page(own_room: Room) -> None:
    with own_room.client("editor") as client:
        assert _post(client, "/account/theme", theme="dark", next="/?need=water").headers["Location"] == "/?need=water"
        assert _page(client, "/").get("data-theme") == "dark"
        token = {"X-CSRF-Token": logins.csrf(client.cookies[COOKIE]), "HX-Request": "true"}
        assert client.post("/account/theme", data={"theme": "light"}, headers=token).status_code == 204
        assert _page(client, "/").get("data-theme") == "light"
        assert _post(client, "/account/theme", theme="dark", next="//evil.example").headers["Location"] == "/"


def test_the_password_is_changed_with_the_old_one_and_ends_the_other_sessions(own_room: Room) -> None:
    with own_room.client("editor") as client, own_room.client("editor") as elsewhere:
        before = client.cookies[COOKIE]
        new = {"new": "a newer password", "again": "a newer password"}
        refused = _post(client, "/account/password?lang=en", old="wrong", **new)
        assert refused.status_code == 422
        assert "The present password is not right." in refused.text
        differing = _post(
            client, "/account/password?lang=en", old=PASSWORD, new="a newer password", again="another one"
        )
        assert "was not written the same twice" in differing.text
        short = _post(client, "/account/password?lang=en", old=PASSWORD, new="short", again="short")
        assert "shorter than ten characters" in short.text
        assert _post(client, "/account/password", old=PASSWORD, **new).headers["Location"] == "/account?done=password"
        assert client.cookies[COOKIE] != before
        assert client.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 303
    assert _log(own_room, action="password_changed") == [("editor", "password_changed", "user:editor")]


def test_the_old_password_cannot_be_guessed_from_an_open_session(own_room: Room) -> None:
    new = {"new": "a newer password", "again": "a newer password"}
    with own_room.client("editor") as client:
        for _ in range(5):
            _post(client, "/account/password", old="wrong", **new)
        told = _post(client, "/account/password?lang=en", old=PASSWORD, **new)
    assert told.status_code == 422
    assert "Too many attempts." in told.text


def test_sessions_are_listed_and_ended(own_room: Room) -> None:
    with own_room.client("editor") as client, own_room.client("editor") as other, own_room.client("editor") as third:
        rows = _page(client, "/account?lang=en").cssselect(".things")[0].cssselect("li")
        assert sum("This session" in row.text_content() for row in rows) == 1
        ended = logins.digest(other.cookies[COOKIE])
        assert _post(client, "/account/sessions/end", session=ended).status_code == 303
        assert other.get("/").status_code == 303
        assert _post(client, "/account/sessions/end", session=ended).status_code == 404
        _post(client, "/account/sessions/end-others")
        assert third.get("/").status_code == 303
        assert client.get("/").status_code == 200


def test_nobody_ends_the_session_of_another(own_room: Room) -> None:
    with own_room.client("editor") as client, own_room.client("second") as other:
        session = logins.digest(other.cookies[COOKIE])
        assert _post(client, "/account/sessions/end", session=session).status_code == 404
        assert other.get("/").status_code == 200


def test_a_token_is_shown_once_listed_and_revoked(own_room: Room) -> None:
    with own_room.client("editor") as client:
        made = _post(client, "/account/tokens", name="لوحة <b>المحافظة</b>", lifetime="30")
        assert made.headers["Cache-Control"] == "no-store"
        secret = html.fromstring(made.text).cssselect(".secret input")[0].get("value")
        bearer = {"Authorization": f"Bearer {secret}"}
        page = _page(client, "/account")
        assert secret not in html.tostring(page, encoding="unicode")
        assert "لوحة <b>المحافظة</b>" in page.cssselect("#tokens .things")[0].text_content()
        assert "13 آب 2026" in page.cssselect("#tokens .things")[0].text_content()
        with own_room.client(None) as program:
            assert program.get("/", headers=bearer).status_code == 200
            number = page.cssselect("#tokens .things [name=token]")[0].get("value")
            assert _post(client, "/account/tokens/revoke", token=number).status_code == 303
            assert program.get("/", headers=bearer).status_code == 303
        assert _post(client, "/account/tokens/revoke", token=number).status_code == 404
        assert _post(client, "/account/tokens?lang=en", name=" ").status_code == 422
        assert _post(client, "/account/tokens", name="x", lifetime="31").status_code == 400
        assert _post(client, "/account/tokens", name="x", lifetime="never").status_code == 200
    with own_room.database.read() as connection:
        expiries = set(connection.scalars(sa.select(api_tokens.c.expires)))
    assert expiries == {NOW + timedelta(days=30), None}


def test_an_administrator_adds_a_user_who_can_log_in(own_room: Room) -> None:
    with own_room.client("chief") as client:
        suggested = _page(client, "/users").cssselect(".panel [name=password]")[0].get("value")
        assert re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", suggested)
        added = _post(client, "/users?lang=en", name="Suad", password=PASSWORD, role="reader")
        assert added.status_code == 200
        assert "suad is added." in added.text
        assert added.headers["Cache-Control"] == "no-store"
        taken = _post(client, "/users?lang=en", name="suad", password=PASSWORD, role="reader")
        assert (taken.status_code, "There is a user of this name already." in taken.text) == (422, True)
        assert _post(client, "/users", name="<i>", password=PASSWORD, role="reader").status_code == 422
        assert _post(client, "/users", name="ali", password=PASSWORD, role="king").status_code == 400
    with own_room.client("suad") as client:
        assert client.get("/").status_code == 200
    assert ("chief", "user_added", "user:suad") in _log(own_room)


def test_an_administrator_changes_role_password_and_state_at_once(own_room: Room) -> None:
    number = _number(own_room, "second")
    with own_room.client("chief") as chief, own_room.client("second") as client:
        assert client.get("/users").status_code == 403
        told = _post(chief, f"/users/{number}/role", role="administrator").headers["Location"]
        assert "تغيّرت صلاحية second." in _page(chief, told).cssselect(".done")[0].text_content()
        assert client.get("/users").status_code == 200
        _post(chief, f"/users/{number}/disable")
        assert client.get("/").status_code == 303
        assert "موقوف" in _page(chief, "/users").cssselect(f"#u-{number}")[0].text_content()
        _post(chief, f"/users/{number}/enable")
        set_ = _post(chief, f"/users/{number}/password", password="handed over by hand")
        assert "handed over by hand" in set_.text
        assert _post(chief, f"/users/{number}/password", password="short").status_code == 422
        assert _post(chief, "/users/999/role", role="reader").status_code == 404
        assert _post(chief, f"/users/{10**30}/role", role="reader").status_code == 404
        login = {"name": "second", "password": "handed over by hand"}
        assert client.post("/login", data=login).status_code == 303
    done = [action for _, action, _ in _log(own_room, actor="chief", subject="user:second")]
    assert done == ["password_changed", "user_enabled", "user_disabled", "role_changed"]


def test_the_last_administrator_cannot_shut_everybody_out(own_room: Room) -> None:
    number = _number(own_room, "chief")
    with own_room.client("chief") as client:
        for path, fields in ((f"/users/{number}/role", {"role": "editor"}), (f"/users/{number}/disable", {})):
            answer = _post(client, f"{path}?lang=en", **fields)
            assert answer.status_code == 422
            assert "This is the last administrator. Make another one first." in answer.text
        assert client.get("/users").status_code == 200
        assert _post(client, f"/users/{number}/password", password="without the old one").status_code == 403
    assert _log(own_room, subject="user:chief") == [("chief", "login", "user:chief")]


def test_the_log_is_paged_filtered_and_told_in_words(own_room: Room) -> None:
    with own_room.database.write() as connection:
        for number in range(60):
            accounts.note(connection, "editor", "corrected", f"document:{number:064x}", NOW, value="<script>")
        accounts.note(connection, "second", "never_heard_of", "case:case-1", NOW, before=["a", "b"], after={"c": 1})
    with own_room.client("chief") as client:
        page = _page(client, "/audit")
        rows = page.cssselect(".log tbody tr")
        assert len(rows) == auditing.ENTRIES
        assert "دخل" in rows[0].text_content()
        assert "never_heard_of" in rows[1].text_content()
        assert rows[1].cssselect('a[href="/cases/case-1"]')
        assert "<script>" in rows[2].text_content()
        older = _page(client, page.cssselect(".pages [rel=next]")[0].get("href"))
        assert len(older.cssselect(".log tbody tr")) == 62 - auditing.ENTRIES
        chosen = _page(client, "/audit?actor=second&lang=en")
        assert len(chosen.cssselect(".log tbody tr")) == 1
        assert (
            len(_page(client, "/audit?action=corrected&subject=document:" + "0" * 64).cssselect(".log tbody tr")) == 1
        )
        corrected = _page(client, "/audit?action=corrected").cssselect(".pages [rel=next]")[0].get("href")
        assert "action=corrected" in urlsplit(corrected).query
        for odd in ("actor=%00", "before=-1", "before=" + "9" * 40, "before=x", "subject=%25", "action=' OR 1=1"):
            assert client.get(f"/audit?{odd}").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/130.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", "Firefox, Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_called_as_its_user_calls_it(agent: str, name: str) -> None:
    assert called(agent) == name
