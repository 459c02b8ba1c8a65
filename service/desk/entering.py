"""Logging in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service import accounts
from service.accounts import Role
from service.desk.access import COOKIE, allow, viewer_of, way_back
from service.errors import LoginRefused

if TYPE_CHECKING:
    from service.desk.parts import Desk


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the login."""
    router = APIRouter()

    @router.get("/login", response_class=HTMLResponse)
    @allow(None)
    def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the URL
        if request.state.viewer is not None:
            return desk.go(request, next)
        return desk.draw(request, "login.html", next=way_back(next), name="", refused=None)

    @router.post("/login", response_class=HTMLResponse)
    @allow(None)
    def log_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002 - the name in the form
    ) -> Response:
        address = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")
        refused: LoginRefused | None = None
        login = None
        with desk.database.write() as connection:
            try:
                login = accounts.begin(connection, name, password, address=address, agent=agent, now=desk.clock())
                accounts.note(connection, login.user.name, "login", f"user:{login.user.name}", desk.clock())
            except LoginRefused as error:  # the failure is counted in this transaction
                refused = error
        if login is None:
            status = 429 if refused is not None and refused.wait else 401
            return desk.draw(request, "login.html", status=status, next=way_back(next), name=name[:80], refused=refused)
        answer = RedirectResponse(f"{desk.pages.links.base}{way_back(next)}", status_code=303)
        answer.set_cookie(
            COOKIE,
            login.secret,
            max_age=int(accounts.SESSION.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=desk.secure,
        )
        return answer

    @router.post("/logout")
    @allow(Role.READER)
    def log_out(request: Request) -> Response:
        with desk.database.write() as connection:
            accounts.end(connection, request.cookies.get(COOKIE, ""))
            accounts.note(
                connection, viewer_of(request).name, "logout", f"user:{viewer_of(request).name}", desk.clock()
            )
        answer = RedirectResponse(f"{desk.pages.links.base}/login", status_code=303)
        answer.delete_cookie(COOKIE)
        return answer

    return router
