"""The page of one's own account: preferences, password, sessions, API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, get_args

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from service import accounts, logins
from service.alerts import owning
from service.desk.access import allow, cookie_name, in_person, way_back
from service.desk.agents import called
from service.desk.entering import address_of, remember
from service.desk.parts import Desk, by_script
from service.errors import AccountRefused, LoginRefused
from service.labels import Digits, Language
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.desk.access import Viewer

CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": get_args(Language),
    "theme": ("auto", "light", "dark"),
    "digits": get_args(Digits),
}
"""The preferences and their values; the first is what holds for who chose nothing."""

LIFETIMES: Mapping[str, timedelta | None] = {
    "30": timedelta(days=30),
    "90": timedelta(days=90),
    "365": timedelta(days=365),
    "never": None,
}
"""How long an API token may hold, by the value in the form."""

_DONE = frozenset({"preferences", "email", "password", "session", "sessions", "token_revoked"})


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the account's page."""
    router = APIRouter()
    _add_page(router, desk)
    _add_email(router, desk)
    _add_password(router, desk)
    _add_sessions(router, desk)
    _add_tokens(router, desk)
    return router


def _add_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/account", response_class=HTMLResponse)
    @allow(Role.READER)
    def show(request: Request, done: str = "") -> Response:
        return _draw(desk, request, done=done if done in _DONE else "")

    @router.post("/account/preferences")
    @allow(Role.READER)
    def prefer(
        request: Request,
        language: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "",
        digits: Annotated[str, Form()] = "",
    ) -> Response:
        given = {"language": language, "theme": theme, "digits": digits}
        kept = _prefer(desk, in_person(request), given)
        lang = "&lang=en" if kept.get("language") == "en" else ""
        return desk.go(request, f"/account?done=preferences{lang}")

    @router.post("/account/theme")
    @allow(Role.READER)
    def switch_theme(
        request: Request,
        theme: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002 - as /login
    ) -> Response:
        _prefer(desk, in_person(request), {"theme": theme})
        return Response(status_code=204) if by_script(request) else desk.go(request, way_back(next))


def _add_email(router: APIRouter, desk: Desk) -> None:
    @router.post("/account/email", response_class=HTMLResponse)
    @allow(Role.READER)
    def change_email(request: Request, email: Annotated[str, Form(max_length=1000)] = "") -> Response:
        viewer, now = in_person(request), desk.clock()
        try:
            with desk.database.write() as connection:
                user = accounts.user_of(connection, viewer.id)
                if user is None:
                    raise HTTPException(404, "page_not_found")
                owning.change_email(connection, user, email)
                accounts.note(connection, viewer.name, "email_changed", f"user:{viewer.name}", now)
        except AccountRefused as error:
            return _draw(desk, request, status=422, fault=told(desk, request, error), of="email", email=email)
        return desk.go(request, _page(desk, request, "email"))


def _add_password(router: APIRouter, desk: Desk) -> None:
    @router.post("/account/password", response_class=HTMLResponse)
    @allow(Role.READER)
    def change_password(
        request: Request,
        old: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        viewer, now = in_person(request), desk.clock()
        try:
            _same_twice(new, again)
            logins.prove(desk.database, viewer.name, old, address=address_of(request), now=now)
            with desk.database.write() as connection:
                accounts.set_password(connection, viewer.id, new)
                accounts.note(connection, viewer.name, "password_changed", f"user:{viewer.name}", now)
                agent = request.headers.get("user-agent", "")
                secret = logins.begin(connection, viewer.id, agent=agent, now=now)
        except (AccountRefused, LoginRefused) as error:
            return _draw(desk, request, status=422, fault=told(desk, request, error), of="password")
        answer = desk.go(request, _page(desk, request, "password"))
        remember(answer, secret, secure=desk.secure)
        return answer


def _add_sessions(router: APIRouter, desk: Desk) -> None:
    @router.post("/account/sessions/end")
    @allow(Role.READER)
    def end_session(request: Request, session: Annotated[str, Form()] = "") -> Response:
        viewer = in_person(request)
        with desk.database.write() as connection:
            if not logins.end_session(connection, viewer.id, session):
                raise HTTPException(404, "page_not_found")
            accounts.note(connection, viewer.name, "session_ended", f"user:{viewer.name}", desk.clock())
        return desk.go(request, _page(desk, request, "session"))

    @router.post("/account/sessions/end-others")
    @allow(Role.READER)
    def end_others(request: Request) -> Response:
        viewer = in_person(request)
        with desk.database.write() as connection:
            ended = logins.end_others(connection, viewer.id, request.cookies.get(cookie_name(secure=desk.secure), ""))
            subject = f"user:{viewer.name}"
            accounts.note(connection, viewer.name, "session_ended", subject, desk.clock(), sessions=ended)
        return desk.go(request, _page(desk, request, "sessions"))


def _add_tokens(router: APIRouter, desk: Desk) -> None:
    @router.post("/account/tokens", response_class=HTMLResponse)
    @allow(Role.READER)
    def make_token(
        request: Request, name: Annotated[str, Form()] = "", lifetime: Annotated[str, Form()] = "90"
    ) -> Response:
        viewer, now = in_person(request), desk.clock()
        if lifetime not in LIFETIMES:
            raise HTTPException(400, "bad_request")
        span = LIFETIMES[lifetime]
        try:
            with desk.database.write() as connection:
                secret = logins.make_token(connection, viewer.id, name, now, now + span if span else None)
                detail = {"name": name.strip()[: logins.LONGEST_TOKEN_NAME], "lifetime": lifetime}
                accounts.note(connection, viewer.name, "token_made", f"user:{viewer.name}", now, **detail)
        except AccountRefused as error:
            return _draw(desk, request, status=422, fault=told(desk, request, error), of="token")
        return _draw(desk, request, secret=secret)

    @router.post("/account/tokens/revoke")
    @allow(Role.READER)
    def revoke_token(request: Request, token: Annotated[int, Form(ge=1, lt=2**63)]) -> Response:
        viewer, now = in_person(request), desk.clock()
        with desk.database.write() as connection:
            name = logins.revoke_token(connection, viewer.id, token, now)
            if name is None:
                raise HTTPException(404, "page_not_found")
            accounts.note(connection, viewer.name, "token_revoked", f"user:{viewer.name}", now, name=name)
        return desk.go(request, _page(desk, request, "token_revoked"))


def _same_twice(new: str, again: str) -> None:
    if new != again:
        raise AccountRefused("differing_passwords", "the new password was not written the same twice")


def told(desk: Desk, request: Request, error: AccountRefused | LoginRefused) -> str:
    """Return why something was refused, in the page's words."""
    words = desk.words(request)
    if isinstance(error, AccountRefused):
        return words.text(f"account_{error.key}")
    if error.wait:
        return words.text("login_wait", count=words.count("second", max(1, round(error.wait.total_seconds()))))
    return words.text("account_wrong_password")


def _page(desk: Desk, request: Request, done: str) -> str:
    """Return the path of this page that tells what was done."""
    lang = "&lang=en" if desk.words(request).language == "en" else ""
    return f"/account?done={done}{lang}"


def _prefer(desk: Desk, viewer: Viewer, given: Mapping[str, str]) -> Mapping[str, object]:
    """Keep what is given of the preferences, and return them all. Raises HTTPException 400 for what is no choice."""
    if any(value not in CHOICES[name] for name, value in given.items() if value):
        raise HTTPException(400, "bad_request")
    kept = {**viewer.preferences, **{name: value for name, value in given.items() if value}}
    with desk.database.write() as connection:
        accounts.change_user(connection, viewer.id, desk.clock(), preferences=kept)
    return kept


def _draw(
    desk: Desk,
    request: Request,
    *,
    status: int = 200,
    done: str = "",
    secret: str = "",
    fault: str = "",
    of: str = "",
    email: str | None = None,
) -> HTMLResponse:
    viewer, now = in_person(request), desk.clock()
    with desk.database.read() as connection:
        sessions = logins.sessions_of(connection, viewer.id, now)
        tokens = logins.tokens_of(connection, viewer.id, now)
        user = accounts.user_of(connection, viewer.id)
    answer = desk.draw(
        request,
        "account.html",
        status=status,
        sessions=[(session, called(session.agent)) for session in sessions],
        current=logins.digest(request.cookies.get(cookie_name(secure=desk.secure), "")),
        tokens=tokens,
        choices=CHOICES,
        chosen={name: viewer.preferences.get(name, values[0]) for name, values in CHOICES.items()},
        lifetimes=tuple(LIFETIMES),
        email=email if email is not None else user.email if user else "",
        done=done,
        secret=secret,
        fault=fault,
        of=of,
    )
    if secret:
        answer.headers["Cache-Control"] = "no-store"
    return answer
