"""Every route is refused to whom it is not given: the routes are walked as the application has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from desk_browser import PASSWORD
from desk_rooms import NOW, OUTLETS, Room
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount

from service import accounts, logins
from service.desk.access import COOKIE, SECURE_COOKIE, allow, allowed, way_back
from service.desk.app import create_app
from service.roles import Role

PUBLIC = {
    *(("GET", "/healthz"), ("GET", "/login"), ("POST", "/login")),
    *(("GET", "/unsubscribe"), ("POST", "/unsubscribe")),
}
"""All that is answered without a login, but for the desk's own files below /static."""

SAFE = {"GET", "HEAD"}

Route = tuple[str, str, Callable[..., object]]


def _routes(room: Room) -> Iterator[Route]:
    """Method, path with its parameters filled in, and endpoint of every route."""
    for context in iter_route_contexts(room.app.routes):
        if isinstance(context.original_route, Mount):
            assert context.path == "/static"
            continue
        for method in context.methods or ():
            yield method, re.sub(r"\{[^}]*\}", "1", str(context.path)), context.endpoint


@pytest.fixture(scope="module")
def routes(embedded_room: Room) -> list[Route]:
    found = list(_routes(embedded_room))
    assert len(found) > 20
    return found


def _closed(routes: list[Route]) -> list[Route]:
    return [route for route in routes if route[:2] not in PUBLIC]


def test_only_the_public_routes_are_open_to_everybody(routes: list[Route]) -> None:
    open_to_all = {(method, path) for method, path, endpoint in routes if allowed(endpoint) == (None,)}
    assert open_to_all == PUBLIC


def test_every_route_names_the_role_that_it_asks_for(routes: list[Route]) -> None:
    assert [path for _, path, endpoint in routes if allowed(endpoint) is None] == []


def test_without_a_login_every_page_leads_to_the_login_and_the_api_says_401(
    embedded_room: Room, routes: list[Route]
) -> None:
    with embedded_room.client(None) as client:
        for method, path, _ in _closed(routes):
            answer = client.request(method, path)
            if path.startswith("/api/"):
                assert answer.status_code == 401, (method, path)
            else:
                assert answer.status_code == 303, (method, path)
                assert answer.headers["Location"].startswith("/login"), (method, path)


@pytest.mark.parametrize("secret", ["", "made up", "x" * 5000, "ä"])
def test_a_made_up_session_or_token_is_no_login(embedded_room: Room, secret: str) -> None:
    with embedded_room.client(None) as client:
        for headers in ({"Cookie": f"{COOKIE}={secret}"}, {"Authorization": f"Bearer {secret}"}):
            encoded = {name: value.encode("utf-8") for name, value in headers.items()}
            assert client.get("/", headers=encoded).status_code == 303


def test_a_form_without_the_sessions_token_is_refused_everywhere(embedded_room: Room, routes: list[Route]) -> None:
    with embedded_room.client("chief") as client, embedded_room.client("chief") as other:
        foreign = logins.csrf(other.cookies[COOKIE])
        for method, path, _ in _closed(routes):
            if method not in SAFE:
                for given in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "made up"}, {"X-CSRF-Token": foreign}):
                    assert client.request(method, path, headers=given).status_code == 403, (method, path)
        assert client.get("/account").status_code == 200


def test_the_sessions_token_from_another_site_is_refused(embedded_room: Room) -> None:
    with embedded_room.client("editor") as client:
        token = {"csrf": logins.csrf(client.cookies[COOKIE]), "theme": "dark"}
        for site in ("cross-site", "same-site"):
            answer = client.post("/account/theme", data=token, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403
    with embedded_room.client(None) as client:
        login = {"name": "editor", "password": PASSWORD}
        assert client.post("/login", data=login, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(("name", "role"), [("reader", Role.READER), ("editor", Role.EDITOR)])
def test_a_role_opens_nothing_that_asks_for_a_wider_one(
    embedded_room: Room, routes: list[Route], name: str, role: Role
) -> None:
    with embedded_room.client(name) as client:
        csrf = {"X-CSRF-Token": logins.csrf(client.cookies[COOKIE])}
        refused = 0
        for method, path, endpoint in _closed(routes):
            mark = allowed(endpoint)
            assert mark is not None
            assert mark[0] is not None
            if not role.may(mark[0]):
                assert client.request(method, path, headers=csrf).status_code == 403, (method, path)
                refused += 1
        assert refused >= 5


def test_an_endpoint_without_a_mark_is_refused_to_everybody(embedded_room: Room) -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> str:
        return "nobody may read this"

    @router.get("/marked")
    @allow(Role.READER)
    def marked() -> str:
        return "read"

    app = create_app(embedded_room.index, embedded_room.database, outlets=OUTLETS, clock=lambda: NOW)
    app.include_router(router)
    room = Room(embedded_room.database, embedded_room.index, app)
    with room.client("chief") as client:
        assert client.get("/forgotten").status_code == 403
        assert client.get("/marked").json() == "read"
    with room.client(None) as client:
        assert client.get("/forgotten").status_code == 403


@pytest.fixture
def token(own_room: Room) -> str:
    with own_room.database.write() as connection:
        user = accounts.find_user(connection, "editor")
        assert user is not None
        return logins.make_token(connection, user.id, "a program", NOW)


def test_a_token_reads_and_writes_without_a_forms_token(own_room: Room, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    with own_room.client(None) as client:
        assert client.get("/", headers=bearer).status_code == 200
        assert client.post("/logout", headers=bearer).status_code == 303
        assert client.get("/users", headers=bearer).status_code == 403
        with own_room.database.read() as connection:
            user = accounts.find_user(connection, "editor")
            assert user is not None
            assert logins.tokens_of(connection, user.id, NOW)[0].used == NOW


@pytest.mark.parametrize("path", ["/account", "/account/tokens", "/account/password", "/account/sessions/end-others"])
def test_a_token_neither_makes_others_nor_changes_the_account(own_room: Room, token: str, path: str) -> None:
    with own_room.client(None) as client:
        method = "GET" if path == "/account" else "POST"
        answer = client.request(method, path, data={"name": "more"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert "هذا لا يُفعل بمفتاح API" in answer.text


def test_a_login_makes_a_new_secret_and_ends_the_session_that_the_browser_had(own_room: Room) -> None:
    with own_room.client("editor") as client:
        first = client.cookies[COOKIE]
        client.post("/login", data={"name": "second", "password": PASSWORD})
        second = client.cookies[COOKIE]
        assert second != first
        assert client.get("/account").text.count("second") >= 1
    with own_room.client(None) as client:
        client.cookies[COOKIE] = first
        assert client.get("/").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_by_https_from_everything_else(embedded_room: Room) -> None:
    with embedded_room.client(None) as client:
        login = {"name": "editor", "password": PASSWORD}
        plain = client.post("/login", data=login).headers["Set-Cookie"]
    assert plain.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in plain
    assert "Secure" not in plain
    secure_room = embedded_room.over(embedded_room.index, base_url="https://desk.example")
    with secure_room.client("editor", address="https://desk.example") as client:
        assert SECURE_COOKIE in client.cookies
        assert client.get("/").status_code == 200
        out = {"csrf": logins.csrf(client.cookies[SECURE_COOKIE])}
        ended = client.post("/logout", data=out).headers["Set-Cookie"]
        assert client.get("/").status_code == 303
    assert ended.startswith(f'{SECURE_COOKIE}=""')
    assert "Secure" in ended
    assert "Domain" not in ended


def test_logging_out_ends_the_session(own_room: Room) -> None:
    with own_room.client("editor") as client:
        secret = client.cookies[COOKIE]
        assert client.post("/logout", data={"csrf": logins.csrf(secret)}).headers["Location"] == "/login"
        client.cookies[COOKIE] = secret
        assert client.get("/").status_code == 303


def test_the_login_leads_back_to_what_was_asked_for_and_nowhere_else(embedded_room: Room) -> None:
    with embedded_room.client(None) as client:
        wanted = client.get("/?need=water&lang=en").headers["Location"]
        page = client.get(wanted)
        assert 'name="next" value="/?need=water&amp;lang=en"' in page.text
        for following, led in (("/users?a=1", "/users?a=1"), ("//evil.example/", "/"), ("https://evil.example", "/")):
            login = {"name": "editor", "password": PASSWORD, "next": following}
            assert client.post("/login", data=login).headers["Location"] == led


@pytest.mark.parametrize("path", ["//x", "/\\x", "https://x", "x", "", "/\tx", "/\n/x", "http:/x", "javascript:1"])
def test_a_way_back_never_leads_away(path: str) -> None:
    assert way_back(path) == "/"


def test_a_refused_login_says_neither_what_was_wrong_nor_who_is_known(embedded_room: Room) -> None:
    with embedded_room.client(None) as client:
        answers = [
            client.post("/login?lang=en", data={"name": name, "password": password})
            for name, password in (("editor", "wrong"), ("nobody\0", "wrong"), ("nobody" * 5000, "w" * 50_000))
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert all("The name or the password is not right." in answer.text for answer in answers)
    assert all("Set-Cookie" not in answer.headers for answer in answers)


def test_who_guesses_is_told_to_wait(own_room: Room) -> None:
    wrong = {"name": "editor", "password": "wrong"}
    with own_room.client(None) as client:
        assert [client.post("/login", data=wrong).status_code for _ in range(5)] == [401] * 5
        told = client.post("/login", data=wrong)
        right = client.post("/login", data={"name": "editor", "password": PASSWORD})
    assert (told.status_code, right.status_code) == (429, 429)
    assert told.headers["Retry-After"] == "1"
    assert "محاولات كثيرة. انتظر ثانية واحدة" in told.text


def test_a_session_lives_as_long_as_it_is_used(embedded_room: Room) -> None:
    now = [NOW]
    room = embedded_room.over(embedded_room.index, clock=lambda: now[0])
    with room.client("editor") as client:
        for _ in range(3):
            now[0] += logins.SESSION - timedelta(minutes=1)
            assert client.get("/").status_code == 200
        now[0] += logins.SESSION
        assert client.get("/").status_code == 303


def test_without_an_administrator_the_login_says_how_to_make_one(own_room: Room) -> None:
    with own_room.client(None) as client:
        assert "rasid users add" not in client.get("/login").text
        with own_room.database.write() as connection:
            connection.execute(accounts.users.update().values(role="editor"))
        assert "rasid users add NAME --role administrator" in client.get("/login").text


def test_a_script_that_is_logged_out_is_led_to_the_login(embedded_room: Room) -> None:
    with embedded_room.client(None) as client:
        answer = client.get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login?next=")


def test_who_may_not_is_told_so_in_the_pages_language(embedded_room: Room) -> None:
    with embedded_room.client("reader") as client:
        assert "ليس لك أن تفتح هذا" in client.get("/users").text
        assert "You may not open this" in client.get("/users?lang=en").text


def test_static_files_need_no_login(embedded_room: Room) -> None:
    with embedded_room.client(None) as client:
        assert client.get("/static/desk.css").status_code == 200


def test_a_huge_body_is_refused_at_once_and_by_count(embedded_room: Room) -> None:
    huge = b"name=editor&password=" + b"a" * 1_100_000
    with embedded_room.client(None) as client:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        announced = client.post("/login", content=huge, headers=kind)
        lying = client.post("/login", content=b"name=a", headers={**kind, "Content-Length": "99999999999"})
        counted = client.post("/login", content=iter([huge[:600_000], huge[600_000:]]), headers=kind)
        fitting = client.post("/login", content=huge[:900_000], headers=kind)
    assert [answer.status_code for answer in (announced, lying, counted, fitting)] == [413, 413, 413, 401]
    assert announced.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["desk.example", "DESK.example:8443", "127.0.0.1", "localhost"])
def test_the_desk_answers_to_the_name_of_its_base_url(embedded_room: Room, host: str) -> None:
    room = embedded_room.over(embedded_room.index, base_url="https://desk.example/rasid")
    with room.client(None) as client:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
        for other in ("desk.example.evil.example", "evil.example", "xdesk.example", ""):
            assert client.get("/healthz", headers={"Host": other}).status_code == 421


def test_two_host_headers_are_refused(embedded_room: Room) -> None:
    with TestClient(embedded_room.app, base_url="http://127.0.0.1") as client:
        answer = client.get("/healthz", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert answer.status_code == 421
