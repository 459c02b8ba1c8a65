from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.desk.guard import is_loopback

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:1", "127.8.9.1", "[::1]:80"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        *("rasid.example", "10.0.0.1", "192.168.1.5:8000", "0.0.0.0", "localhost.example", "127.0.0.1.example"),
        *("", ":80", "[::1", "localhost@example", "localhost:port", "localhost/x", "localhost?x", "[fe80::1]"),
    ],
)
def test_any_other_name_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/desk.css", "/item/x"])
def test_a_foreign_host_is_refused_everywhere(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "rebound.example"})
    assert answer.status_code == 421
    assert "rebound.example" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/desk.css", "/item/x", "/nowhere", "/?after=broken"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_is_allowed(client: TestClient, method: str) -> None:
    assert client.request(method, "/").status_code == 405


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pages_are_not_kept_by_browsers_and_files_are(client: TestClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "private, no-store"
    assert "immutable" in client.get("/static/desk.css").headers["Cache-Control"]
