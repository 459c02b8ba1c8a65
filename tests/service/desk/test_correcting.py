"""Correcting an item in its pane: with and without a script, by editors, seen by readers, taken back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from desk_browser import log_in
from lxml import html
from playwright.sync_api import expect

from index import Field, Query
from service.database import documents
from service.database.tables import audit
from service.indexer import index_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from desk_rooms import Room
    from fastapi.testclient import TestClient
    from playwright.sync_api import Browser, Page

    from index import Document
    from service.database.documents import Record

SCRIPT = {"HX-Request": "true"}


def _form(client: TestClient, item: str, path: str = "") -> dict[str, Any]:
    """Return the form of an item's pane as a browser would send it unchanged."""
    answer = client.get(path or f"/item/{item}")
    assert answer.status_code == 200
    form = _found(html.fromstring(answer.text), ".correct-form")[0]
    filled: dict[str, Any] = {}
    for name, value in form.form_values():
        filled.setdefault(name, []).append(value)
    return filled


def _send(client: TestClient, item: str, form: dict[str, Any], **changed: Any) -> httpx.Response:
    headers = SCRIPT if changed.pop("by_script", False) else {}
    return client.post(f"/items/{item}/corrections", data=form | changed, headers=headers)


def _record(room: Room, item: str) -> Record:
    with room.database.read() as connection:
        (record,) = documents.records(connection, [item])
    return record


def _found(page: html.HtmlElement, selector: str) -> list[Any]:
    return list(page.cssselect(selector))


def _text(page: html.HtmlElement, selector: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in _found(page, selector)]


def test_an_editor_corrects_and_the_pane_tells_it_at_once(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    with own_room.client() as client:
        form = _form(client, item)
        answer = _send(client, item, form, need=["electricity"], urgency="high")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/item/{item}")
        page = html.fromstring(client.get(f"/item/{item}").text)
    record = _record(own_room, item)
    assert record.corrected == ("urgency", "need")
    assert record.analysis["appeals"][0]["needs"] == ["electricity"]
    assert _text(page, ".fact-asked .tag") == ["كهرباء"]
    assert _text(page, ".item-kind .urgency") == ["عاجل"]
    marks = _found(page, ".answer .facts .corrected")
    assert [mark.text for mark in marks] == ["مصحّح", "مصحّح"]
    assert "صحّحه editor" in marks[0].get("title")
    assert "قال النموذج: ماء، صحة" in marks[0].get("title")
    first, second = _text(page, ".corrections li")
    assert first.startswith("العجلة عاجل · صحّحه editor")
    assert "قال النموذج: حرج" in first
    assert "كهرباء" in second
    with own_room.database.read() as connection:
        assert [row.action for row in connection.execute(audit.select()) if row.action == "corrected"] == [
            "corrected",
            "corrected",
        ]


def test_after_the_indexer_a_search_finds_the_corrected_item(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    with own_room.client() as client:
        _send(client, item, _form(client, item), governorate=["IQ-MA"])
        index_changes(own_room.database, own_room.index, {})
        page = html.fromstring(client.get("/?primary=IQ-MA&corrected=governorate").text)
    assert [row.get("id") for row in _found(page, ".row")] == [f"r-{item}"]
    assert "المحافظة" in _text(page, ".chips")[0]
    found = own_room.index.search(Query(filters={Field.CORRECTED: ("governorate",)}))
    assert found.hits[0].document.governorates == ("IQ-BA", "IQ-MA")


def test_a_script_gets_the_pane_and_an_undo(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    here = f"/?need=water&item={item}"
    with own_room.client() as client:
        form = _form(client, item, here)
        assert form["here"] == [here]
        answer = _send(client, item, form, stance="mention", by_script=True)
        assert answer.status_code == 200
        page = html.fromstring(answer.text)
        assert _text(page, ".item .item-kind .corrected") == ["مصحّح"]
        assert _found(page, ".back")[0].get("href").startswith("/?need=water")
        undo = _found(page, "#toast form")[0]
        assert _found(undo, "[data-key]")[0].get("data-key") == "u"
        assert "النوع" in _text(page, "#toast")[0]
        assert _record(own_room, item).case is None
        assert "بعد تصحيح: النوع" in client.get("/cases/case-siba").text
        back = client.post(undo.get("action"), data=dict(undo.form_values()), headers=SCRIPT)
        page = html.fromstring(back.text)
    assert "أُلغي التصحيح" in _text(page, "#toast")[0]
    assert _text(page, ".answer .facts .corrected") == []
    assert "تراجع عنه editor" in _text(page, ".corrections .past")[0]
    record = _record(own_room, item)
    assert (record.case, record.corrected) == ("case-siba", ())


def test_facilities_are_retyped_removed_and_added_by_their_words(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    with own_room.client() as client:
        form = _form(client, item)
        assert form["facility"] == ["water", "health"]
        _send(client, item, form, facility=["", "education"], added=" شط العرب ", added_type="agriculture_irrigation")
        record = _record(own_room, item)
        assert [(one["text"], one["type"]) for one in record.analysis["facilities"]] == [
            ("شط العرب", "agriculture_irrigation"),
            ("مستشفى أبي الخصيب العام", "education"),
        ]
        page = html.fromstring(client.get(f"/item/{item}").text)
    assert _text(page, ".prose .mark-facility") == [
        "شط العرب",
        "مستشفى أبي الخصيب العام",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "لم تغيّر شيئاً."),
        ({"need": []}, "اختر حاجة واحدة على الأقل."),
        ({"added": "مستشفى لا وجود له", "added_type": "health"}, "ليست في النص"),
        ({"added": "شط العرب"}, "اختر نوع المنشأة"),
        ({"stance": "angry"}, "لم يُقبل التصحيح"),
        ({"seen": "{}"}, "لم يُقبل التصحيح"),
        ({"governorate": ["IQ-XX"]}, "لم يُقبل التصحيح"),
        ({"facility": ["palace"]}, "لم يُقبل التصحيح"),
    ],
)
def test_what_cannot_be_right_is_said_in_the_open_form_and_nothing_is_kept(
    own_room: Room, newsroom: list[Document], changed: dict[str, Any], said: str
) -> None:
    item = newsroom[0].id
    with own_room.client() as client:
        form = _form(client, item)
        for by_script in (True, False):
            answer = _send(client, item, form, urgency=form["urgency"], by_script=by_script, **changed)
            assert answer.status_code == 422
            page = html.fromstring(answer.text)
            assert _found(page, "details.correct")[0].get("open") is not None
            (fault,) = _text(page, ".correct-form [role=alert]")
            assert said in fault
            if "added" in changed:
                assert _found(page, "[name=added]")[0].get("value") == changed["added"]
    assert _record(own_room, item).corrected == ()


def test_two_editors_at_once_keep_what_each_changed(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    with own_room.client() as first, own_room.client("second") as second:
        seen_by_first, seen_by_second = _form(first, item), _form(second, item)
        _send(second, item, seen_by_second, stance="complaint")
        _send(first, item, seen_by_first, need=["health"])
    record = _record(own_room, item)
    assert (record.analysis["stance"], record.analysis["appeals"][0]["needs"]) == ("complaint", ["health"])


def test_a_reader_sees_what_was_corrected_and_cannot_correct(own_room: Room, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    with own_room.client() as editor, own_room.client("reader") as reader:
        form = _form(editor, item)
        _send(editor, item, form, stance="complaint")
        page = html.fromstring(reader.get(f"/item/{item}").text)
        assert _text(page, ".item-kind .corrected") == ["مصحّح"]
        assert "قال النموذج: مناشدة" in _text(page, ".corrections li")[0]
        assert _found(page, ".correct, .corrections form") == []
        csrf = _found(page, "[name=csrf]")[0].get("value")
        for path in ("corrections", "corrections/withdrawals"):
            refused = reader.post(f"/items/{item}/{path}", data=form | {"csrf": csrf, "correction": "1"})
            assert refused.status_code == 403
        foreign = editor.post(f"/items/{item}/corrections", data=form | {"csrf": "forged", "stance": "none"})
        assert foreign.status_code == 403
    assert _record(own_room, item).analysis["stance"] == "complaint"


def test_corrections_of_another_item_are_not_taken_back_and_unknown_items_are_not_found(
    own_room: Room, newsroom: list[Document]
) -> None:
    first, second = newsroom[0].id, newsroom[1].id
    with own_room.client() as client:
        form = _form(client, first)
        _send(client, first, form, stance="complaint")
        answer = client.post(f"/items/{second}/corrections/withdrawals", data={"csrf": form["csrf"], "correction": "1"})
        assert answer.status_code == 303
        assert _record(own_room, first).corrected == ("stance",)
        assert _send(client, "f" * 64, form).status_code == 404
        elsewhere = _send(client, first, _form(client, first), stance="appeal", here="https://evil.example/")
        assert elsewhere.headers["location"] == "/"


def test_the_form_carries_what_it_was_drawn_with_whatever_the_text_holds(
    own_room: Room, newsroom: list[Document]
) -> None:
    with own_room.client() as client:
        seen = json.loads(_form(client, newsroom[0].id)["seen"][0])
    assert seen["stance"] == "appeal"
    assert seen["facilities"] == [["محطة ماء السيبة", "water"], ["مستشفى أبي الخصيب العام", "health"]]


@pytest.fixture
def page(browser: Browser, own_address: str) -> Iterator[Page]:
    """A page of an editor, over a room of the test's own; at the end nothing may have been told to the console."""
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=own_address)
    log_in(context, own_address)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [line for line in said if "422" not in line] == []  # Chromium tells of each refused form


@pytest.mark.parametrize("own_room", ["embedded"], indirect=True)
def test_in_a_browser_e_opens_the_form_in_place_and_u_undoes(page: Page, newsroom: list[Document]) -> None:
    item = newsroom[0].id
    page.goto(f"/?item={item}")
    page.keyboard.press("e")
    form = page.locator(".correct-form")
    expect(form).to_be_visible()
    expect(form.get_by_role("radio", name="مناشدة")).to_be_focused()
    expect(form.get_by_role("group", name="الحاجة")).to_be_visible()
    form.get_by_role("radio", name="خبر عام").check()
    expect(form.get_by_role("group", name="الحاجة")).to_be_hidden()
    form.get_by_role("radio", name="شكوى").check()
    form.get_by_role("checkbox", name="كهرباء").check()
    form.get_by_role("button", name="احفظ التصحيح").click()
    expect(page.locator(".item-kind .corrected")).to_have_text("مصحّح")
    expect(page.locator(".fact-asked .tag")).to_have_text(["ماء", "كهرباء", "صحة"])
    expect(page.locator("#toast")).to_contain_text("حُفظ التصحيح: النوع، الحاجة")
    expect(form).to_be_hidden()
    expect(page.locator("#correct")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"/\?item={item}$"))
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("أُلغي التصحيح")
    expect(page.locator(".fact-asked .tag")).to_have_text(["ماء", "صحة"])
    expect(page.locator(".item-kind .corrected")).to_have_count(0)


@pytest.mark.parametrize("own_room", ["embedded"], indirect=True)
def test_in_a_browser_a_refusal_is_told_in_place_and_takes_the_focus(page: Page, newsroom: list[Document]) -> None:
    page.goto(f"/item/{newsroom[0].id}?lang=en")
    page.keyboard.press("e")
    page.get_by_role("textbox", name="Another facility").fill("No such hospital")
    page.get_by_role("combobox", name="Type of the added facility").select_option("health")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("textbox", name="Another facility")).to_have_value("No such hospital")
