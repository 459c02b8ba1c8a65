from __future__ import annotations

import re

from api_programs import Program
from desk_rooms import NOW, OUTLETS, Room
from fastapi.testclient import TestClient

from service.desk.app import create_app


def test_the_description_holds_the_api_alone(program: Program) -> None:
    told = program("reader").get("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in told["paths"])
    assert {"/api/v1/items", "/api/v1/cases/{case}/decisions", "/api/v1/metrics"} <= set(told["paths"])
    assert "HTTPValidationError" not in told["components"]["schemas"]


def test_every_operation_tells_its_role_its_problems_and_how_to_log_in(program: Program) -> None:
    told = program("reader").get("/api/v1/openapi.json").json()
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], path
            assert operation["x-role"] in {"reader", "editor"}
            assert {"401", "403", "503"} <= set(operation["responses"])
            assert {"token": []} in operation["security"]
            cookie = {"session": []} if method == "get" else {"session": [], "csrf": []}
            assert cookie in operation["security"]


def test_every_reference_leads_somewhere(program: Program) -> None:
    answer = program("reader").get("/api/v1/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    for name in re.findall(r'"\$ref":\s*"#/components/schemas/([^"]+)"', answer.text):
        assert name in schemas


def test_the_docs_page_lists_every_operation_in_both_languages(room: Room, program: Program) -> None:
    told = program("reader").get("/api/v1/openapi.json").json()
    for language, title in (("ar", "واجهة البرامج"), ("en", "Programming interface")):
        page = room.client("reader").get("/api/v1/docs", params={"lang": language})
        assert title in page.text
        assert all(path in page.text for path in told["paths"])
        assert 'id="conflict"' in page.text


def test_a_browser_at_the_docs_is_led_to_the_login(program: Program) -> None:
    answer = program(None).get("/api/v1/docs", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")


def test_links_lead_to_where_the_desk_is_reached(room: Room, program: Program) -> None:
    base = "https://rasid.example/desk"
    app = create_app(room.index, room.database, outlets=OUTLETS, clock=lambda: NOW, base_url=base)
    client = TestClient(app, base_url="http://127.0.0.1", headers=program().headers)
    told = client.get("/api/v1/openapi.json").json()
    assert told["servers"] == [{"url": base}]
    assert told["components"]["securitySchemes"]["session"]["name"] == "__Host-rasid_session"
    assert client.get("/api/v1/items?size=1").links["next"]["url"].startswith(f"{base}/api/v1/items?size=1&after=")
    assert client.get("/api/v1/items?size=0").json()["type"] == f"{base}/api/v1/docs#invalid"
