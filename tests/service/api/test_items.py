from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from api_programs import Program
from desk_rooms import Room

from index import Document, Field
from service.api.items import ItemQuery

ITEMS = "/api/v1/items"
NUMBER = "07701234567"
NAME = "حسين علي عبود"


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_items_are_found_by_words_and_bear_what_matched(program: Program) -> None:
    answer = program().get(ITEMS, params={"q": "الملوحة", "size": 5})
    assert answer.status_code == 200
    for item in answer.json()["items"]:
        marks = [(item["title"], item["title_marks"]), (item["body"], item["body_marks"])]
        assert any("ملوح" in text[start:end] for text, spans in marks for start, end in spans)


def test_filters_of_one_name_widen_and_of_several_narrow(program: Program, newsroom: list[Document]) -> None:
    asked = [("need", "water"), ("need", "health"), ("primary", "IQ-BA"), ("size", "100")]
    found = program().get(ITEMS, params=asked).json()
    wanted = {d.id for d in newsroom if {"water", "health"} & set(d.needs) and "IQ-BA" in d.primary}
    assert wanted
    assert {item["id"] for item in found["items"]} == wanted
    assert found["total"] == len(wanted)


def test_pages_follow_one_another_by_the_link_header(program: Program, newsroom: list[Document]) -> None:
    client, seen, address = program(), [], f"{ITEMS}?size=7&sort=oldest"
    while address:
        answer = client.get(address)
        seen += ids(answer)
        address = answer.links.get("next", {}).get("url", "")
        assert (answer.json()["next"] is None) == (not address)
    assert seen == [d.id for d in sorted(newsroom, key=lambda d: (d.published, d.id))] or len(seen) == len(newsroom)
    assert len(set(seen)) == len(newsroom)


def test_values_are_counted_on_request_only(program: Program) -> None:
    assert program().get(ITEMS).json()["facets"] == {}
    facets = (
        program().get(ITEMS, params=[("facets", "need"), ("facets", "stance"), ("facets", "need")]).json()["facets"]
    )
    assert set(facets) == {"need", "stance"}
    assert all(counted["count"] > 0 for counted in facets["need"])


def test_times_bound_what_was_published(program: Program, newsroom: list[Document]) -> None:
    moment = sorted(document.published for document in newsroom)[10]
    client, text = program(), moment.isoformat()
    before = client.get(ITEMS, params={"until": text, "size": 100}).json()["total"]
    after = client.get(ITEMS, params={"since": text, "size": 100}).json()["total"]
    assert (before, after) == (10, len(newsroom) - 10)


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"size": "0"}, "size"),
        ({"size": "101"}, "size"),
        ({"size": "9" * 5000}, "size"),
        ({"stance": "shouting"}, "stance"),
        ({"since": "2026-07-14T10:00:00"}, "since"),  # which instant, nobody could say
        ({"until": "0001-01-01T00:00:00+03:00"}, "until"),
        ({"day": "14.7.2026"}, "day"),
        ({"q": "a\x00b"}, "q"),
        ({"outlet": "\x00"}, "outlet"),
        ({"sise": "5"}, "sise"),
        ({"sort": "loudest"}, "sort"),
        ({"facets": "body"}, "facets"),
    ],
)
def test_a_parameter_out_of_shape_is_named(program: Program, asked: Mapping[str, str], parameter: str) -> None:
    answer = program().get(ITEMS, params=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


def test_whatever_the_index_filters_by_is_a_parameter() -> None:
    assert {field.value for field in Field} <= set(ItemQuery.model_fields)


@pytest.mark.parametrize("cursor", ["x", "!!!", "AAAAAAAAAAAA", "%F0%9F", "ماء"])
def test_a_cursor_that_no_page_gave_is_refused(program: Program, cursor: str) -> None:
    answer = program().get(ITEMS, params={"after": cursor})
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")


def test_an_item_is_told_with_its_analysis(program: Program, newsroom: list[Document]) -> None:
    document = next(document for document in newsroom if document.stance == "appeal" and document.title)
    told = program().get(f"{ITEMS}/{document.id}").json()
    text = f"{told['title']}\n{told['body']}"
    assert told["analysis"]["appeals"]
    for place in told["analysis"]["places"]:
        assert text[place["start"] : place["end"]] == place["text"]


@pytest.mark.parametrize("id_", ["0" * 64, "0", "A" * 64, "%00", "..%2f..", "%ff"])
def test_an_unknown_item_is_not_found(program: Program, id_: str) -> None:
    answer = program().get(f"{ITEMS}/{id_}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_private_data_is_masked_below_editor(own_room: Room, own_program: Program, newsroom: list[Document]) -> None:
    document = next(document for document in newsroom if document.stance == "appeal" and document.title)
    body = f"{document.body}\nوقال {NAME} للوكالة: اتصلوا بي على {NUMBER}."
    start = len(document.title) + 1 + body.index(NAME)
    private = [{"text": NAME, "start": start, "end": start + len(NAME), "kind": "person"}]
    analysis = {**document.analysis, "private": private}
    own_room.index.write([replace(document, version=2, body=body, analysis=analysis)])
    own_room.index.refresh()
    for address in (f"{ITEMS}/{document.id}", f"{ITEMS}?q=للوكالة"):
        seen = own_program("editor").get(address)
        masked = own_program("reader").get(address)
        assert NUMBER in seen.text
        assert NAME in seen.text
        assert NUMBER not in masked.text
        assert NAME not in masked.text
    assert own_program("editor").get(f"{ITEMS}/{document.id}").json()["analysis"]["private"]
    assert own_program("reader").get(f"{ITEMS}/{document.id}").json()["analysis"]["private"] == []


def test_an_item_whose_analysis_cannot_be_read_is_told_without(
    own_room: Room, own_program: Program, newsroom: list[Document]
) -> None:
    own_room.index.write([replace(newsroom[0], version=2, analysis={"stance": 5})])
    own_room.index.refresh()
    assert own_program().get(f"{ITEMS}/{newsroom[0].id}").json()["analysis"] is None
