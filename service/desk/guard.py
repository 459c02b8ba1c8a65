"""Stands before every request: answers only to names of this machine, and tells browsers to run nothing foreign."""

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
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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


class Guard:
    """ASGI middleware: refuses a request whose Host is not a loopback name, and sets the security headers.

    The desk has no login yet, so it is for this machine alone. Listening on a loopback address is not enough: a
    foreign page may have its own name resolve to 127.0.0.1 (DNS rebinding) and read the desk; its Host gives it away.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 421."""
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
        if len(hosts) == 1 and is_loopback(hosts[0]):
            await self._app(scope, receive, secured)
        else:
            seen = ", ".join(hosts) or "none"
            answer = f"The desk answers only to localhost, 127.0.0.1 and [::1]; the request's Host was: {seen}\n"
            await PlainTextResponse(answer, status_code=421)(scope, receive, secured)


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
