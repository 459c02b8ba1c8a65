"""Programs that ask the API of the tests' newsroom."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from desk_rooms import NOW, Room
from fastapi.testclient import TestClient

from service import accounts, logins

Program = Callable[..., TestClient]


@cache
def token_of(room: Room, name: str) -> str:
    with room.database.write() as connection:
        user = accounts.find_user(connection, name)
        assert user is not None
        return logins.make_token(connection, user.id, "program", NOW)


def program_in(room: Room) -> Program:
    def program(name: str | None = "editor") -> TestClient:
        headers = {} if name is None else {"Authorization": f"Bearer {token_of(room, name)}"}
        return TestClient(room.app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)

    return program
