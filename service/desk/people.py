"""The pages of administrators: the users, and the log of what everybody did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from service import accounts, auditing, logins
from service.auditing import Chosen
from service.desk.access import allow, in_person
from service.desk.account import told
from service.desk.parts import Desk
from service.errors import AccountRefused
from service.passwords import SHORTEST, suggestion
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.accounts import User

_DONE = frozenset({"role", "disabled", "enabled"})

_LONGEST_FILTER = 200

Number = Annotated[int, Path(ge=1, lt=2**63)]


def routes(desk: Desk) -> APIRouter:
    """Return the routes of users and log."""
    router = APIRouter()

    @router.get("/users", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def show_users(request: Request, done: str = "", name: str = "") -> Response:
        return _draw(desk, request, done=done if done in _DONE else "", about=accounts.possible_name(name))

    @router.post("/users", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def add_user(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        role: Annotated[str, Form()] = Role.EDITOR.value,
    ) -> Response:
        actor, now, given = in_person(request).name, desk.clock(), _role(role)
        try:
            with desk.database.write() as connection:
                accounts.add_user(connection, name, password, given, now)
                subject = f"user:{accounts.fold_name(name)}"
                accounts.note(connection, actor, "user_added", subject, now, role=given.value)
        except AccountRefused as error:
            return _draw(desk, request, status=422, fault=told(desk, request, error), written=(name, given))
        return _draw(desk, request, done="added", about=accounts.fold_name(name), password=password)

    @router.post("/users/{user}/role", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def change_role(request: Request, user: Number, role: Annotated[str, Form()] = "") -> Response:
        return _change(desk, request, user, role=_role(role))

    @router.post("/users/{user}/disable", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def disable(request: Request, user: Number) -> Response:
        return _change(desk, request, user, disabled=True)

    @router.post("/users/{user}/enable", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def enable(request: Request, user: Number) -> Response:
        return _change(desk, request, user, disabled=False)

    @router.post("/users/{user}/password", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def set_password(request: Request, user: Number, password: Annotated[str, Form()] = "") -> Response:
        actor, now = in_person(request), desk.clock()
        if user == actor.id:  # one's own is changed where the old one is asked for
            raise HTTPException(403, "no_role")
        with desk.database.read() as connection:
            found = _found(connection, user)
        try:
            with desk.database.write() as connection:
                accounts.set_password(connection, user, password)
                accounts.note(connection, actor.name, "password_changed", f"user:{found.name}", now)
        except AccountRefused as error:
            return _draw(desk, request, status=422, fault=told(desk, request, error), about=found.name)
        return _draw(desk, request, done="password", about=found.name, password=password)

    @router.get("/audit", response_class=HTMLResponse)
    @allow(Role.ADMINISTRATOR)
    def show_audit(
        request: Request, actor: str = "", action: str = "", subject: str = "", before: str = ""
    ) -> Response:
        chosen = Chosen(*(value.replace("\0", "").strip()[:_LONGEST_FILTER] for value in (actor, action, subject)))
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        with desk.database.read() as connection:
            page = auditing.read(connection, chosen, number)
            names = [user.name for user in accounts.every_user(connection)]
        return desk.draw(request, "audit.html", chosen=chosen, page=page, names=names, before=number)

    return router


def _role(given: str) -> Role:
    try:
        return Role(given)
    except ValueError:
        raise HTTPException(400, "bad_request") from None


def _found(connection: sa.Connection, number: int) -> User:
    user = accounts.user_of(connection, number)
    if user is None:
        raise HTTPException(404, "page_not_found")
    return user


def _change(
    desk: Desk, request: Request, user: int, *, role: Role | None = None, disabled: bool | None = None
) -> Response:
    actor, now = in_person(request).name, desk.clock()
    name = ""
    try:
        with desk.database.write() as connection:
            found = _found(connection, user)
            name = found.name
            accounts.change_user(connection, user, now, role=role, disabled=disabled)
            action = "role_changed" if role else "user_disabled" if disabled else "user_enabled"
            detail = {"role": role.value, "before": found.role.value} if role else {}
            accounts.note(connection, actor, action, f"user:{name}", now, **detail)
    except AccountRefused as error:
        return _draw(desk, request, status=422, fault=told(desk, request, error), about=name)
    done = "role" if role else "disabled" if disabled else "enabled"
    lang = "&lang=en" if desk.words(request).language == "en" else ""
    return desk.go(request, f"/users?done={done}&name={name}{lang}")


def _draw(
    desk: Desk,
    request: Request,
    *,
    status: int = 200,
    done: str = "",
    about: str = "",
    password: str = "",
    fault: str = "",
    written: tuple[str, Role] = ("", Role.EDITOR),
) -> HTMLResponse:
    with desk.database.read() as connection:
        users = accounts.every_user(connection)
        seen = logins.last_seen(connection)
    answer = desk.draw(
        request,
        "users.html",
        status=status,
        users=users,
        seen=seen,
        roles=tuple(Role),
        done=done,
        about=about,
        password=password,
        fault=fault,
        written=written,
        suggestion=suggestion,
        shortest=SHORTEST,
    )
    answer.headers["Cache-Control"] = "no-store"  # passwords stand in it
    return answer
