from __future__ import annotations

from typing import Any

import pytest
from api_programs import Program

from index import Document


def asking(newsroom: list[Document]) -> Document:
    return next(d for d in newsroom if d.stance == "appeal" and d.title and d.analysis["facilities"] and len(d.needs))


def test_a_correction_is_made_told_and_taken_back(own_program: Program, newsroom: list[Document]) -> None:
    document, client = asking(newsroom), own_program()
    address = f"/api/v1/items/{document.id}/corrections"
    made = client.post(address, json={"field": "need", "value": ["education"]})
    assert made.status_code == 201
    assert made.headers["location"] == address
    assert (made.json()["value"], made.json()["before"]) == (["education"], list(document.needs))
    assert client.post(address, json={"field": "need", "value": ["education"]}).status_code == 409
    taken = f"/api/v1/corrections/{made.json()['id']}"
    assert (client.delete(taken).status_code, client.delete(taken).status_code) == (204, 204)
    (told,) = client.get(address).json()["corrections"]
    assert (told["actor"], told["withdrawn_by"]) == ("editor", "editor")


def test_every_field_can_be_corrected(own_program: Program, newsroom: list[Document]) -> None:
    document, client = asking(newsroom), own_program()
    (facility, *_) = document.analysis["facilities"]
    other = "electricity" if facility["type"] != "electricity" else "health"
    words = {name: facility[name] for name in ("text", "start", "end")} | {"type": other}
    for field, value in (
        ("facility", [words]),
        ("urgency", "normal" if document.urgency != "normal" else "high"),
        ("governorate", ["IQ-NI"]),
        ("stance", "complaint"),
    ):
        answer = client.post(f"/api/v1/items/{document.id}/corrections", json={"field": field, "value": value})
        assert (answer.status_code, answer.json()["field"]) == (201, field), answer.text
    assert len(client.get(f"/api/v1/items/{document.id}/corrections").json()["corrections"]) == 4


@pytest.mark.parametrize(
    "right",
    [
        {"field": "stance", "value": "shouting"},
        {"field": "colour", "value": "red"},
        {"field": "need", "value": []},
        {"field": "need", "value": ["gold"]},
        {"field": "governorate", "value": "IQ-BA"},
        {"field": "facility", "value": [{"text": "لا", "start": 0, "end": 2, "type": "health"}]},
        {"field": "facility", "value": [{"text": "لا", "start": -1, "end": 2**70, "type": "health"}]},
        {"field": "stance", "value": "none", "because": "x"},
        {"field": ["stance"], "value": "none"},
        {"value": "none"},
    ],
)
def test_what_cannot_be_right_is_refused(program: Program, newsroom: list[Document], right: dict[str, Any]) -> None:
    answer = program().post(f"/api/v1/items/{asking(newsroom).id}/corrections", json=right)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_is_corrected_of_what_is_not_there(program: Program) -> None:
    client, right = program(), {"field": "stance", "value": "none"}
    assert client.post(f"/api/v1/items/{'0' * 64}/corrections", json=right).status_code == 404
    assert client.get(f"/api/v1/items/{'0' * 64}/corrections").status_code == 404
    for number in ("0", "-1", "x", "99", str(2**63 - 1), str(2**63), "9" * 5000):
        assert client.delete(f"/api/v1/corrections/{number}").status_code == 404


def test_a_reader_corrects_nothing(program: Program, newsroom: list[Document]) -> None:
    client = program("reader")
    address = f"/api/v1/items/{newsroom[0].id}/corrections"
    assert client.post(address, json={"field": "stance", "value": "none"}).status_code == 403
    assert client.delete("/api/v1/corrections/1").status_code == 403
    assert client.get(address).json() == {"corrections": []}
