"""Logging in and out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service import accounts, logins
from service.desk.access import allow, cookie_name, viewer_of, way_back
from service.errors import LoginRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.desk.parts import Desk

_COOKIE_SECONDS = 400 * 24 * 3600
"""How long a browser keeps the cookie, as long as browsers allow; the session ends when the database says so."""

_log = logging.getLogger(__name__)


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the login."""
    router = APIRouter()
    cookie = cookie_name(secure=desk.secure)

    @router.get("/login", response_class=HTMLResponse)
    @allow(None)
    def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the URL
        if request.state.viewer is not None:
            return desk.go(request, next)
        return _form(desk, request, next)

    @router.post("/login", response_class=HTMLResponse)
    @allow(None)
    def log_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002 - the name in the form
    ) -> Response:
        address, agent = address_of(request), request.headers.get("user-agent", "")
        try:
            login = logins.log_in(desk.database, name, password, address=address, agent=agent, now=desk.clock())
        except LoginRefused as error:
            _log.warning("a login from %s was refused: %s", address, error)
            return _form(desk, request, next, status=429 if error.wait else 401, name=name[:80], refused=error)
        if old := request.cookies.get(cookie):
            with desk.database.write() as connection:
                logins.end(connection, old)
        onward = _in_language(way_back(next), login.user.preferences, request)
        answer = RedirectResponse(f"{desk.pages.links.base}{onward}", status_code=303)
        remember(answer, login.secret, secure=desk.secure)
        return answer

    @router.post("/logout")
    @allow(Role.READER)
    def log_out(request: Request) -> Response:
        name = viewer_of(request).name
        with desk.database.write() as connection:
            logins.end(connection, request.cookies.get(cookie, ""))
            accounts.note(connection, name, "logout", f"user:{name}", desk.clock())
        answer = RedirectResponse(desk.pages.links.page("/login", desk.words(request).language), status_code=303)
        answer.delete_cookie(cookie, httponly=True, samesite="lax", secure=desk.secure)
        return answer

    return router


def remember(answer: Response, secret: str, *, secure: bool) -> None:
    """Give a browser the secret of its session."""
    answer.set_cookie(
        cookie_name(secure=secure), secret, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure
    )


def address_of(request: Request) -> str:
    """Return the address from which a request comes."""
    return request.client.host if request.client else ""


def _form(
    desk: Desk, request: Request, wanted: str, *, status: int = 200, name: str = "", refused: LoginRefused | None = None
) -> HTMLResponse:
    with desk.database.read() as connection:
        anybody = accounts.count_administrators(connection) > 0
    values = {"next": way_back(wanted), "name": name, "refused": refused, "anybody": anybody}
    answer = desk.draw(request, "login.html", status=status, **values)
    if refused is not None and refused.wait:
        answer.headers["Retry-After"] = str(max(1, round(refused.wait.total_seconds())))
    return answer


def _in_language(path: str, preferences: Mapping[str, object], request: Request) -> str:
    """Return the path in the language of who logged in, or else of the login page, unless it names one itself."""
    parts = urlsplit(path)
    if preferences.get("language", request.query_params.get("lang")) != "en" or "lang" in dict(parse_qsl(parts.query)):
        return path
    return urlunsplit(parts._replace(query=f"{parts.query}&lang=en" if parts.query else "lang=en"))
