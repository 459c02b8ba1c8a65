"""Who may do what: every endpoint names the role that it asks for, and what names none is refused."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from service import logins
from service.desk.address import language_of
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.database.engine import Database

COOKIE = "rasid_session"
SECURE_COOKIE = "__Host-rasid_session"
"""By https; the prefix keeps other hosts of the domain, and plain http, from setting it (RFC 6265bis, 4.1.3.2)."""

CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ATTRIBUTE = "rasid_access"

Endpoint = TypeVar("Endpoint", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `csrf` is what the forms of this session carry; by an API token, which no browser sends, it is ""."""

    id: int
    name: str
    role: Role
    csrf: str = ""
    preferences: Mapping[str, Any] = field(default_factory=dict)

    @property
    def edits(self) -> bool:
        """Whether everything may be read, corrected and triaged."""
        return self.role.may(Role.EDITOR)

    @property
    def administers(self) -> bool:
        """Whether users may be looked after."""
        return self.role.may(Role.ADMINISTRATOR)


def allow(role: Role | None) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint with the least role that may call it; None is for everybody, without a login."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, (role,))
        return endpoint

    return mark


def allowed(endpoint: object) -> tuple[Role | None] | None:
    """Return the mark of an endpoint, or None where it bears none."""
    mark: tuple[Role | None] | None = getattr(endpoint, _ATTRIBUTE, None)
    return mark


class LoginNeeded(HTTPException):
    """Raised where nobody is logged in; pages answer with the way to the login, the API with a problem."""

    def __init__(self) -> None:
        super().__init__(401, "login")


class Gate:
    """The dependency of every route: finds out who asks, and lets in whom the endpoint's mark admits."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC), *, secure: bool = False
    ) -> None:
        self._database = database
        self._clock = clock
        self._cookie = cookie_name(secure=secure)

    async def __call__(self, request: Request) -> None:
        """Set `request.state.viewer`. Raises LoginNeeded, or HTTPException 403 for a role or a form that may not."""
        mark = allowed(request.scope.get("endpoint"))
        request.state.viewer = viewer = await run_in_threadpool(self._viewer, request)
        if mark is None:
            raise HTTPException(403, "no_role")
        if mark[0] is None:
            if request.method not in _SAFE and not _is_near(request):  # another site may not log anybody in either
                raise HTTPException(403, "foreign_form")
            return
        if viewer is None:
            raise LoginNeeded
        if not viewer.role.may(mark[0]):
            raise HTTPException(403, "no_role")
        if request.method not in _SAFE and viewer.csrf and not await _is_ours(request, viewer.csrf):
            raise HTTPException(403, "foreign_form")

    def _viewer(self, request: Request) -> Viewer | None:
        now = self._clock()
        header = request.headers.get("authorization", "")
        if header.lower().startswith("bearer "):
            return self._of_token(header[7:].strip(), now)
        secret = request.cookies.get(self._cookie, "")
        if not secret:
            return None
        with self._database.read() as connection:
            found = logins.of_session(connection, secret, now)
        if found is None:
            return None
        user, seen = found
        if seen < now - logins.RENEWED:
            with self._database.write() as connection:
                logins.renew(connection, secret, now)
        return Viewer(user.id, user.name, user.role, logins.csrf(secret), user.preferences)

    def _of_token(self, secret: str, now: datetime) -> Viewer | None:
        with self._database.read() as connection:
            found = logins.of_token(connection, secret, now)
        if found is None:
            return None
        user, token, used = found
        if used is None or used < now - logins.RENEWED:
            with self._database.write() as connection:
                logins.use_token(connection, token, now)
        return Viewer(user.id, user.name, user.role, "", user.preferences)


async def _is_ours(request: Request, csrf: str) -> bool:
    """Tell whether a form or script of our own pages sent a request that changes something."""
    if not _is_near(request):
        return False
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        form = await request.form()
        given = str(form.get(CSRF_FIELD, ""))
    return hmac.compare_digest(given.encode("utf-8", "replace"), csrf.encode())


def _is_near(request: Request) -> bool:
    """Tell whether the browser says that our own pages sent the request; by plain http it says nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session's cookie."""
    return SECURE_COOKIE if secure else COOKIE


def viewer_of(request: Request) -> Viewer:
    """Return who asks; for endpoints that ask for a role, where somebody always does."""
    viewer: Viewer | None = request.state.viewer
    if viewer is None:
        raise LoginNeeded
    return viewer


def in_person(request: Request) -> Viewer:
    """Return who asks by a session. Raises HTTPException 403 for an API token: none makes others."""
    viewer = viewer_of(request)
    if not viewer.csrf:
        raise HTTPException(403, "in_person")
    return viewer


def login_link(base: str, request: Request) -> str:
    """Return the link to the login, in the page's language, that leads back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    pairs = [f"next={quote(wanted, safe='')}"] if request.method == "GET" else []
    pairs += ["lang=en"] if language_of(request.query_params) == "en" else []
    return f"{base}/login{'?' if pairs else ''}{'&'.join(pairs)}"


def way_back(wanted: str) -> str:
    """Return a path of ours to go on to after a login or a decision; "/" for anything that leads elsewhere."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if ours and wanted.isprintable() else "/"
