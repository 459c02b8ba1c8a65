"""Serves the sample newsroom from a thread of its own, on loopback."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from service.demo.content import load_outlets
from service.demo.errors import PortTaken
from service.demo.expected import Expected
from service.demo.site import Site

if TYPE_CHECKING:
    from collections import Counter
    from types import TracebackType

EDITIONS: Final = (1, 2)
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 10.0
_GRACE_SECONDS: Final = 1
"""How long a stop waits for answers under way, such as the huge page to a slow client."""


class Newsroom:
    """The sample newsroom as a context: `with Newsroom(port=8017) as room:` serves until the block ends.

    Port 0 takes any free port; `room.port` is the one in use. It opens with edition 1 and empty counts. Making one
    raises ContentError where a file of the newsroom is broken, entering it PortTaken where the port cannot be had.
    """

    def __init__(self, port: int = 8017) -> None:
        self.port = port
        self._outlets = load_outlets()
        self._site = Site(self._outlets, port)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        listener = _listen(self.port)
        self.port = listener.getsockname()[1]
        self._site = Site(self._outlets, self.port)
        config = uvicorn.Config(
            self._site.application,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=asyncio.run, args=(_serve(self._server, listener),), name="sample-newsroom", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise PortTaken(f"the sample newsroom did not start on port {self.port}; try another RASID_DEMO_PORT")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()

    @property
    def url(self) -> str:
        """Address of the page that links the outlets."""
        return f"http://{_HOST}:{self.port}/"

    @property
    def hosts(self) -> frozenset[str]:
        """Names of the outlets' hosts; all of them stand at the loopback address."""
        return frozenset(outlet.outlet.host for outlet in self._outlets)

    @property
    def expected(self) -> Expected:
        """What a full crawl must find."""
        return Expected.of(self._outlets, self.port)

    @property
    def edition(self) -> int:
        """1, or 2 once edited articles, and their feeds, show the second edition."""
        return self._site.edition

    @edition.setter
    def edition(self, edition: int) -> None:
        if edition not in EDITIONS:
            raise ValueError(f"the newsroom has the editions {EDITIONS}, not {edition}")
        self._site.edition = edition

    @property
    def requests(self) -> Counter[str]:
        """How often each URL was asked for (GET), as the client wrote it."""
        return self._site.requests

    @property
    def served(self) -> Counter[str]:
        """How often the page of each item was given in full, by canonical URL."""
        return self._site.served


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    await server.serve(sockets=[listener])
    # A client that does not read keeps its connection past the grace: uvicorn leaves it to the end of the process.
    for connection in tuple(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only on sockets that name their protocol; with it every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen()
    except OSError as fault:
        listener.close()
        why = "is taken" if fault.errno == errno.EADDRINUSE else f"cannot be used ({fault.strerror})"
        raise PortTaken(f"port {port} of {_HOST} {why}: set RASID_DEMO_PORT to a free one") from fault
    return listener
