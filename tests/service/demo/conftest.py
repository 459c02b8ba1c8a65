from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest

from service.demo import Newsroom

if TYPE_CHECKING:
    from collections.abc import Iterator


class Visit(NamedTuple):
    """A running newsroom and a client that reaches its virtual hosts without a name server."""

    room: Newsroom
    client: httpx2.Client

    def get(self, url: str, *, method: str = "GET", **headers: str) -> httpx2.Response:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.client.request(
            method,
            path,
            headers={"host": parts.netloc} | {name.replace("_", "-"): each for name, each in headers.items()},
        )

    def at(self, host: str, path: str, *, method: str = "GET", **headers: str) -> httpx2.Response:
        return self.get(f"http://{host}.localhost:{self.room.port}{path}", method=method, **headers)


@pytest.fixture(scope="session")
def visit() -> Iterator[Visit]:
    """A visit for tests that only look: starting and stopping a server takes half a second."""
    yield from _visit()


@pytest.fixture
def fresh_visit() -> Iterator[Visit]:
    """A visit of its own, for tests that count requests or change the edition."""
    yield from _visit()


def _visit() -> Iterator[Visit]:
    with Newsroom(port=0) as room, httpx2.Client(base_url=room.url) as client:
        yield Visit(room, client)
