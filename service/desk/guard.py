"""Stands before every request: answers only to its own names, and tells browsers to run nothing foreign."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
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
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not (is_loopback(hosts[0]) or _name(hosts[0]) in self._hosts):
            seen = ", ".join(hosts) or "none"
            answer = f"The desk does not answer to this name (see the setting base_url): {seen}\n"
            await PlainTextResponse(answer, status_code=421)(scope, receive, secured)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise _TooLarge
            return message

        try:
            await self._app(scope, counted, secured)
        except _TooLarge:
            await PlainTextResponse("The request is too large.\n", status_code=413)(scope, receive, secured)


class _TooLarge(Exception):
    """Raised while a request is read, before anything was answered."""


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
