"""A subscription finds in a batch what the list finds in the whole index, on each kind of index."""

from __future__ import annotations

from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest
from desk_rooms import Room
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Document, Field, Query
from service.alerts.matching import search_all
from service.alerts.subscriptions import search_of

TEXTS = (
    "",
    "ماء",
    "الماء",
    "انقطاع الماء",
    '"الماء الصالح"',
    "ماء -كهرباء",
    "كهرباء",
    "مستشفى",
    "السيبة",
    "أهالي البصرة",
    "اهالي البصره",
    "مُحافِظ",
    "water",
    '"أهالي ناحية السيبة"',
    "-ماء",
    "سبيكة",
)
FILTERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("stance", "any"),),
    (("stance", "none"),),
    (("stance", "appeal"), ("urgency", "critical")),
    (("urgency", "critical"), ("urgency", "high")),
    (("need", "water"),),
    (("need", "water"), ("need", "electricity"), ("primary", "IQ-BA")),
    (("governorate", "IQ-BA"), ("stance", "any")),
    (("facility_type", "health"), ("stance", "any")),
    (("outlet", "nabd"), ("stance", "any")),
    (("case", "case-siba"), ("stance", "any")),
    (("case_state", "new"),),
    (("group", "group-siba"),),
    (("corrected", "true"), ("stance", "any")),
)
QUERIES = tuple(
    urlencode([*([("q", text)] if text else []), *chosen])
    for text, chosen in chain(((text, ()) for text in TEXTS), (("", chosen) for chosen in FILTERS))
) + tuple(urlencode([("q", text), *FILTERS[number % len(FILTERS)]]) for number, text in enumerate(TEXTS[1:], 3))


def _documents(room: Room) -> list[Document]:
    return list(room.index.scan(Query()))


def _whole(room: Room, query: str) -> frozenset[str]:
    return frozenset(document.id for document in room.index.scan(search_of(query)))


def test_forty_searches_find_the_same_in_a_batch_as_in_the_whole_index(room: Room) -> None:
    found = search_all(_documents(room), QUERIES, ())
    answers = {query: (found.get(query, frozenset()), _whole(room, query)) for query in QUERIES}
    wrong = {query: answer for query, answer in answers.items() if answer[0] != answer[1]}
    assert wrong == {}
    assert len(set(QUERIES)) >= 40
    assert len(found) >= 20


def test_every_kind_of_filter_is_among_them() -> None:
    used = {name for chosen in FILTERS for name, _ in chosen}
    assert used == {field.value for field in Field} - {"day"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_part_of_the_items_gives_the_part_of_the_answer(room: Room, data: Any) -> None:
    documents = _documents(room)
    part = data.draw(st.lists(st.sampled_from(documents), max_size=6, unique_by=lambda document: document.id))
    query = data.draw(st.sampled_from(QUERIES))
    ids = {document.id for document in part}
    assert search_all(part, [query], ()).get(query, frozenset()) == _whole(room, query) & ids


@pytest.mark.parametrize("query", ["q=ماء&since=2020-01-01&until=2020-01-02", "q=ماء&sort=oldest&after=x&item=y"])
def test_days_order_and_page_of_the_list_do_not_count(query: str) -> None:
    assert search_of(query) == search_of("q=ماء")
