"""Serves the desk over HTTP."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from service import assembly
from service.desk.app import create_app
from service.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from index import Index
    from service.assembly import Outlets
    from service.database.engine import Database
    from service.settings import Settings

STOP_SECONDS = 5
"""How long requests in flight may take when the desk is told to stop."""


def serve(
    settings: Settings,
    index: Index,
    database: Database,
    outlets: Outlets,
    *,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the desk until SIGINT or SIGTERM; `announce` is told its address once connections are taken.

    Raises SettingsError where the address or the port cannot be had.
    """
    listening = listen(settings.host, settings.port)
    try:
        host, port = listening.getsockname()[:2]
        app = create_app(
            index, database, outlets=outlets.names, base_url=settings.base_url, dues=assembly.dues(settings)
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                timeout_graceful_shutdown=STOP_SECONDS,
                server_header=False,
                forwarded_allow_ips=settings.proxies,
            )
        )
        # uvicorn waits for connections to end, and those that tell news have no end of their own (desk.live)
        app.state.stopping = lambda: server.should_exit
        # uvicorn stops on these signals and then raises them again: the caller's clean-up must still run
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        server.run(sockets=[listening])
    finally:
        listening.close()


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen. Raises SettingsError where the address or the port cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise SettingsError(f"the setting host (RASID_HOST={host}): {error}") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"port {port} on {host} cannot be had ({error.strerror}): set another with RASID_PORT, or 0 for any"
        ) from error
    return listening
