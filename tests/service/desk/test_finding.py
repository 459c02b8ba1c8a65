"""Days, states and corrections as filters; what was typed; where it matched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from lxml import html

from index import Field, IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk_rooms import Room
    from fastapi.testclient import TestClient

    from index import Document

BY_SCRIPT = {"HX-Request": "true", "HX-Target": "list", "HX-Current-URL": "http://127.0.0.1/"}


def _page(client: TestClient, path: str, **headers: str) -> html.HtmlElement:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def _titles(page: html.HtmlElement) -> list[str]:
    return [title.text_content() for title in page.cssselect(".row-title")]


def _choices(page: html.HtmlElement, facet: str) -> dict[str, str]:
    links = page.cssselect(f'[data-facet="{facet}"] .choices a')
    return {link.cssselect(".choice-name")[0].text_content(): link.get("href") for link in links}


def _typed(client: TestClient, query: str, now: str = "http://127.0.0.1/") -> tuple[list[str], str, str]:
    """Return the titles, and how the URL is to change, after something was typed."""
    answer = client.get(f"/?{query}&typing=1", headers=BY_SCRIPT | {"HX-Current-URL": now})
    assert answer.status_code == 200
    page = html.fromstring(answer.text)
    return _titles(page), answer.headers.get("hx-push-url", ""), answer.headers.get("hx-replace-url", "")


def test_states_stand_in_their_order_and_filter(client: TestClient, newsroom: list[Document]) -> None:
    states = _choices(_page(client, "/?stance=any"), "case_state")
    assert list(states) == ["جديدة", "متحقق منها", "محالة", "أُجيب عنها"]
    referred = [document.title for document in newsroom if document.case_state == "referred"]
    assert _titles(_page(client, "/?stance=any&case_state=referred")) == referred


def test_what_people_corrected_can_be_found(
    desk_over: Callable[[list[Document]], TestClient], newsroom: list[Document]
) -> None:
    first, *others = [document for document in newsroom if document.stance == "appeal"]
    client = desk_over([replace(first, corrected=("need", "stance")), *others])
    found = _choices(_page(client, "/"), "corrected")
    assert list(found) == ["الحاجة", "النوع"]
    assert _titles(_page(client, found["الحاجة"])) == [first.title]


def test_the_days_from_one_to_another_are_a_filter(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, "/?stance=any&since=2026-07-13&until=2026-07-13")
    inside = {
        f"r-{document.id}"
        for document in newsroom
        if (document.published + timedelta(hours=3)).date().isoformat() == "2026-07-13"
    }
    assert inside
    assert {row.get("id") for row in page.cssselect(".row")} == inside
    form = page.cssselect('[data-facet="day"] form')[0]
    assert form.fields["since"] == form.fields["until"] == "2026-07-13"
    assert form.fields["stance"] == "any"
    chips = {chip.cssselect("bdi")[0].text_content(): chip.get("href") for chip in page.cssselect(".chip")}
    assert chips == {"منذ أمس": "/?stance=any&until=2026-07-13", "حتى أمس": "/?stance=any&since=2026-07-13"}


@pytest.mark.parametrize(
    "value", ["yesterday", "2026-13-40", "20260713", "2026-W20-1", "0001-01-01", "9999-12-31", "٢٠٢٦-٠٧-١٣"]
)
def test_what_is_no_day_bounds_nothing(client: TestClient, value: str) -> None:
    assert _titles(_page(client, f"/?since={value}&until={value}")) == _titles(_page(client, "/"))


def test_the_choice_of_days_is_there_where_no_day_is_left(client: TestClient) -> None:
    page = _page(client, "/?since=2027-01-01")
    assert _titles(page) == []
    assert page.cssselect('[data-facet="day"] input[name="since"]')


def test_days_hold_for_an_export_and_a_saved_search_too(client: TestClient) -> None:
    answer = client.get("/export?format=jsonl&stance=any&since=2027-01-01")
    assert (answer.status_code, answer.text) == (200, "")


def test_the_beginning_of_a_word_finds_titles_while_it_is_typed(client: TestClient) -> None:
    assert _titles(_page(client, "/?stance=any&q=السي")) == []
    titles, pushed, replaced = _typed(client, "stance=any&q=السي")
    assert titles
    assert all("السي" in title for title in titles)
    # What is seen can be sent to a colleague: the URL says that the word is not a whole one.
    assert "typing=1" in pushed
    assert not replaced
    assert _titles(_page(client, pushed)) == titles


def test_a_whole_word_leaves_a_url_as_if_it_had_been_entered(client: TestClient) -> None:
    titles, pushed, _ = _typed(client, "q=السيبة")
    assert "typing" not in pushed
    assert _titles(_page(client, pushed)) == titles


def test_typing_on_replaces_the_url_and_another_search_adds_one(client: TestClient) -> None:
    before = f"http://127.0.0.1/?q={quote('الس')}"
    assert [bool(url) for url in _typed(client, "q=السيبة", before)[1:]] == [False, True]
    assert [bool(url) for url in _typed(client, "q=ال", before)[1:]] == [False, True]
    assert [bool(url) for url in _typed(client, "q=", before)[1:]] == [False, True]
    assert [bool(url) for url in _typed(client, "q=كهرباء", before)[1:]] == [True, False]
    assert [bool(url) for url in _typed(client, "q=كهرباء")[1:]] == [True, False]


def test_the_links_of_a_typed_list_keep_it(client: TestClient) -> None:
    page = _page(client, "/?stance=any&q=السي&typing=1", **BY_SCRIPT)
    (row, *_) = page.cssselect(".row a")
    opened = _page(client, row.get("href"))
    assert _titles(opened) == _titles(page)
    assert opened.cssselect(".row a[aria-current]")
    # The field asks anew, in whole words.
    assert not opened.cssselect(".search input[name=typing]")


def test_a_space_after_the_word_ends_it(client: TestClient) -> None:
    assert _typed(client, "stance=any&q=السي+")[0] == []


def test_the_open_item_stays_in_the_url_and_is_not_read_again(
    client: TestClient, room: Room, newsroom: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(room.index), "get", None)
    _, pushed, _ = _typed(client, f"q=السيبة&item={newsroom[0].id}")
    assert f"item={newsroom[0].id}" in pushed


def test_an_error_while_typing_stands_in_the_place_of_the_list(
    client: TestClient, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexUnavailable("gone")

    monkeypatch.setattr(type(room.index), "search", fail)
    answer = client.get("/?q=ماء&typing=1", headers=BY_SCRIPT)
    assert answer.status_code == 503
    assert "HX-Push-Url" not in answer.headers
    fragment = html.fromstring(answer.text)
    assert (fragment.tag, fragment.get("id")) == ("main", "list")
    assert fragment.cssselect("[role=alert] h2")[0].text_content()


def test_the_pane_counts_the_matches_and_leads_to_the_first(client: TestClient, newsroom: list[Document]) -> None:
    item = next(document for document in newsroom if "السيبة" in document.body)
    page = _page(client, f"/?stance=any&q=السيبة&item={item.id}")
    (link,) = page.cssselect(".reading .matches a")
    marks = page.cssselect(".reading .mark-match")
    assert link.get("href") == "#match"
    assert page.cssselect(".prose .mark-match")[0].get("id") == "match"
    assert len(page.cssselect("#match")) == 1
    assert len(marks) >= 1
    assert "مطابق" in link.text_content()
    assert not _page(client, f"/?stance=any&item={item.id}").cssselect(".matches")


def test_the_pane_marks_what_is_typed_and_what_is_found_elsewhere(client: TestClient, newsroom: list[Document]) -> None:
    item = next(document for document in newsroom if "السيبة" in document.title)
    page = _page(client, f"/?stance=any&q=السي&typing=1&item={item.id}")
    assert [mark.text_content() for mark in page.cssselect(".item-title .mark-match")] == ["السيبة"]
    # It is not in this list, and its words are marked all the same.
    assert page.cssselect("#match")
    assert _page(client, f"/?stance=response&q=السيبة&item={item.id}").cssselect(".item-title .mark-match")


def test_all_fields_of_the_list_have_a_facet(client: TestClient) -> None:
    shown = {facet.get("data-facet") for facet in _page(client, "/?stance=any").cssselect("[data-facet]")}
    assert {Field.CASE_STATE.value, Field.DAY.value, Field.OUTLET.value} <= shown
