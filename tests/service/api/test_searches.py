from __future__ import annotations

from typing import Any

from api_programs import Program
from fastapi.testclient import TestClient

SEARCHES = "/api/v1/saved-searches"


def save(client: TestClient, **given: Any) -> Any:
    return client.post(SEARCHES, json={"name": "ماء البصرة", "query": "need=water&primary=IQ-BA"} | given)


def test_a_search_is_saved_read_changed_and_deleted(own_program: Program) -> None:
    client = own_program("reader")
    made = save(client)
    assert made.status_code == 201
    address = made.headers["location"]
    read = client.get(address)
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"]
    assert client.get(address, headers={"If-None-Match": made.headers["etag"]}).status_code == 304
    changed = client.patch(address, json={"name": "عطش البصرة"}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["name"] == "عطش البصرة"
    assert client.get(SEARCHES).json() == {"searches": [changed.json()]}
    stale = client.delete(address, headers={"If-Match": made.headers["etag"]})
    assert (stale.status_code, stale.headers["content-type"]) == (412, "application/problem+json")
    assert client.delete(address, headers={"If-Match": changed.headers["etag"]}).status_code == 204
    assert client.get(address).status_code == 404


def test_a_search_leads_to_its_items(own_program: Program) -> None:
    client = own_program()
    told = save(client, query="?need=water&q=%D8%A7%D9%84%D9%85%D8%A7%D8%A1&item=x&after=y&lang=en").json()
    found = client.get(told["items"])
    assert found.status_code == 200
    assert found.json()["items"]
    assert {item["stance"] for item in found.json()["items"]} <= {"appeal", "complaint"}
    assert "item=" not in told["query"]


def test_a_search_of_some_days_leads_to_those(own_program: Program) -> None:
    client = own_program()
    held = client.get("/api/v1/items?stance=appeal&stance=complaint&size=100").json()["items"]
    days = sorted({item["published"][:10] for item in held})
    told = save(client, query=f"?since={days[1]}&until={days[1]}").json()
    found = client.get(told["items"]).json()["items"]
    assert 0 < len(found) < len(held)


def test_searches_are_ones_own_unless_shared(own_program: Program) -> None:
    mine, other, chief = own_program("editor"), own_program("second"), own_program("chief")
    address = save(mine).headers["location"]
    assert other.get(address).status_code == 404
    assert mine.patch(address, json={"shared": True}).json()["shared"]
    assert other.get(address).json()["owner"] == "editor"
    assert other.patch(address, json={"name": "x"}).status_code == 403
    assert other.delete(address).status_code == 403
    assert chief.patch(address, json={"shared": False}).status_code == 200
    assert chief.get(address).status_code == 404


def test_a_reader_shares_nothing(own_program: Program) -> None:
    client = own_program("reader")
    assert save(client, shared=True).status_code == 403
    assert client.patch(save(client).headers["location"], json={"shared": True}).status_code == 403


def test_a_search_that_cannot_be_saved_is_refused(own_program: Program) -> None:
    client = own_program()
    save(client)
    for given, status in (
        ({"name": "ماء البصرة"}, 409),
        ({"name": ""}, 422),
        ({"name": " \t"}, 422),
        ({"name": "x" * 81}, 422),
        ({"name": "a\x00"}, 422),
        ({"query": 5}, 422),
        ({"owner": "chief"}, 422),
    ):
        answer = save(client, **({"name": "y"} | given))
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), given


def test_a_query_of_odd_signs_is_kept_as_it_can_be(own_program: Program) -> None:
    told = save(own_program(), query="q=%00%F0%9F&need=%00&stance=any&sort=loudest\x00").json()
    assert "\x00" not in told["query"]
