"""Stands before every request: answers only to its own names, and tells browsers to run nothing foreign."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from service.api.problems import is_api, problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


LARGEST_BODY = 1_000_000
"""Bytes of the largest request that is read: a form or a note, never a file."""


_DIGITS = 20
"""Of the longest number that is read as a length."""


class Guard:
    """ASGI middleware: refuses a request for another Host or with a huge body, and sets the security headers.

    `hosts` are the names, beside those of this machine's loopback, by which the desk is reached. A foreign page may
    have its own name resolve to this machine (DNS rebinding) and read the desk; its Host gives it away.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 421 or 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "private, no-store")  # after a logout, "back" must show nothing
            await send(message)

        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not (is_loopback(hosts[0]) or _name(hosts[0]) in self._hosts):
            seen = ", ".join(hosts) or "none"
            detail = f"The desk does not answer to this name (see the setting base_url): {seen}"
            await _refusal(scope, 421, detail)(scope, receive, secured)
            return
        if _announced(scope) > LARGEST_BODY:
            await _refusal(scope, 413, "The request is too large.")(scope, receive, secured)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise TooLarge
            return message

        try:
            await self._app(scope, counted, secured)
        except TooLarge:
            await _refusal(scope, 413, "The request is too large.")(scope, receive, secured)


class TooLarge(HTTPException):
    """Raised while a request is read, before anything was answered.

    It is an HTTPException because FastAPI takes any other error of the body for a body that cannot be read.
    """

    def __init__(self) -> None:
        super().__init__(413, "too_large")


def _refusal(scope: Scope, status: int, detail: str) -> Response:
    if is_api(scope):
        return problem(scope, status, detail)
    return PlainTextResponse(f"{detail}\n", status_code=status)


def _announced(scope: Scope) -> int:
    """Return the length that a request says its body has; 0 where it says none, or nonsense that the server refuses."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length" and value.isdigit()]
    return max((int(value) for value in lengths if len(value) <= _DIGITS), default=0)


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a Host header (RFC 9110, 7.2) names this machine: `localhost` or a loopback address."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
        if name is None or parts.netloc != host or "@" in host:
            return False
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
