from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_programs import Program
from desk_rooms import NOW, OUTLETS, Room
from fastapi.testclient import TestClient

from index.errors import IndexUnavailable
from service.desk.app import create_app


def check(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(told)
    assert told["status"] == status
    return told


@pytest.mark.parametrize(
    "path", ["/api/v1/items", "/api/v1/cases", "/api/v1/me", "/api/v1/metrics", "/api/v1/openapi.json"]
)
def test_nobody_reads_without_an_account(program: Program, path: str) -> None:
    answer = program(None).get(path)
    check(answer, 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="rasid"'


def test_a_wrong_token_is_told_from_none(program: Program) -> None:
    answer = program(None).get("/api/v1/me", headers={"Authorization": "Bearer rasid_wrong"})
    check(answer, 401)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_reader_decides_nothing(program: Program, newsroom) -> None:
    answer = program("reader").post(
        f"/api/v1/items/{newsroom[0].id}/corrections", json={"field": "stance", "value": "none"}
    )
    check(answer, 403)


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v2/items", "/api/v1/nothing", "/api/v1/items/x/y/z"]
)
def test_an_unknown_address_is_a_problem(program: Program, path: str) -> None:
    assert check(program().get(path), 404)["instance"] == path


def test_a_page_that_is_not_of_the_api_answers_as_before(room: Room) -> None:
    answer = room.client("editor").get("/apiary")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_wrong_method_is_told_with_all_right_ones(program: Program) -> None:
    answer = program().put("/api/v1/saved-searches")
    check(answer, 405)
    assert answer.headers["allow"] == "GET, POST"


def test_a_huge_body_is_refused(program: Program) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 100_000 for _ in range(20))

    headers = {"Content-Type": "application/json"}
    check(program().post("/api/v1/saved-searches", content=pieces(), headers=headers), 413)


def test_another_name_is_refused(room: Room) -> None:
    client = TestClient(room.app, base_url="http://rasid.example")
    check(client.get("/api/v1/me"), 421)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"[]", "application/json", 422),
        (b'{"name": 5}', "application/json", 422),
        (b'{"name": "x", "colour": "red"}', "application/json", 422),
        (b'{"name": "\\u0000"}', "application/json", 422),
        (b'{"name": "\\ud800"}', "application/json", 422),
        (b'{"name": "x", "\\ud800": 1}', "application/json", 422),
    ],
)
def test_a_body_out_of_shape_is_refused(program: Program, body: bytes, kind: str, status: int) -> None:
    answer = program().post("/api/v1/saved-searches", content=body, headers={"Content-Type": kind})
    check(answer, status)


def test_what_was_wrong_is_told_without_the_value(program: Program) -> None:
    answer = program().post("/api/v1/saved-searches", json={"name": ["07701234567"], "a/b": 1})
    told = check(answer, 422)
    assert [fault["pointer"] for fault in told["errors"]] == ["#/name", "#/a~1b"]
    assert "0770" not in answer.text


def test_a_session_changes_something_only_with_its_token(own_room: Room) -> None:
    client = own_room.client("editor")
    assert client.get("/api/v1/me").json() == {"name": "editor", "role": "editor", "by": "session"}
    check(client.post("/api/v1/saved-searches", json={"name": "x"}), 403)
    page = client.get("/api/v1/docs").text
    csrf = page.partition('"X-CSRF-Token": "')[2].partition('"')[0]
    answer = client.post("/api/v1/saved-searches", json={"name": "x"}, headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 201


def test_the_index_that_is_away_is_told_with_when_to_ask_again(room: Room, program: Program) -> None:
    class Away:
        def __getattr__(self, name: str):
            def away(*_: object, **__: object) -> None:
                raise IndexUnavailable("no server")

            return away

    app = create_app(Away(), room.database, outlets=OUTLETS, clock=lambda: NOW)
    client = TestClient(app, base_url="http://127.0.0.1", headers=program().headers)
    answer = client.get("/api/v1/items")
    check(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    told = client.get("/api/v1/health").json()
    assert (told["status"], told["index"]["status"]) == ("degraded", "unavailable")


def test_a_database_that_is_away_is_a_problem(own_room: Room, own_program: Program, tmp_path: Path) -> None:
    client = own_program()
    if own_room.database.engine.dialect.name != "sqlite":
        pytest.skip("a PostgreSQL that other tests use is not stopped")
    own_room.database.close()
    (tmp_path / "rasid.db").rename(tmp_path / "away.db")
    (tmp_path / "rasid.db").mkdir()
    answer = client.get("/api/v1/me")
    check(answer, 503)
    (tmp_path / "rasid.db").rmdir()
    (tmp_path / "away.db").rename(tmp_path / "rasid.db")


def test_a_fault_of_ours_tells_nothing_but_that(room: Room, program: Program) -> None:
    class Broken:
        def __getattr__(self, name: str):
            raise RuntimeError("secret")

    app = create_app(Broken(), room.database, outlets=OUTLETS, clock=lambda: NOW)
    client = TestClient(app, base_url="http://127.0.0.1", headers=program().headers, raise_server_exceptions=False)
    answer = client.get("/api/v1/items")
    check(answer, 500)
    assert "secret" not in answer.text
