"""Triage in a real browser: the keys, what is swapped, the toast, the conflict, the print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_browser import log_in, served
from desk_rooms import room_over
from playwright.sync_api import Browser, Page, expect

from index import Document

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def desk_address(tmp_path: Path, newsroom: list[Document]) -> Iterator[str]:
    """Serve a newsroom that a test may change, and give its address."""
    urls = f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/index.db"
    with room_over(newsroom, *urls) as room, served(room.app) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, desk_address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page as a user; at the end nothing unforeseen was reported to the console."""
    said: list[str] = []
    contexts = []

    def open_page(path: str, *, user: str = "editor", size: dict[str, int] = WIDE, **settings: Any) -> Page:
        context = browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]  # a ViewportSize
        contexts.append(context)
        log_in(context, desk_address, user)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(desk_address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in said if "409" not in line] == []


def test_an_editor_triages_with_the_keys(visit: Callable[..., Page]) -> None:
    page = visit("/cases")
    rows = page.locator(".row > a")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("case="))
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    name = str(rows.nth(1).locator("..").get_attribute("id"))
    page.keyboard.press("s")
    expect(page.locator(".pick").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.case .item-kind .state")).to_have_text("متحقق منها")
    expect(page.locator(f"#{name} .state")).to_have_text("متحقق منها")
    expect(page.locator("#toast .toast")).to_contain_text("صارت الحالة")
    expect(page.locator(".row > a[aria-current]")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.locator(f"#{name} .state")).to_have_text("جديدة")
    expect(page.locator("#toast .toast")).to_contain_text("تم التراجع")
    page.keyboard.press("a")
    expect(page.locator(f"#{name} .who")).to_have_text("أنا")
    page.keyboard.press("m")
    expect(page.locator("[name=into_id]")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("[name=into_id]")).not_to_be_visible()


def test_rows_stay_in_two_lines_in_both_languages_and_sizes(visit: Callable[..., Page]) -> None:
    for size in (WIDE, PHONE):
        for path in ("/cases", "/cases?lang=en"):
            page = visit(path, size=size)
            heights = page.locator(".row").evaluate_all("rows => rows.map(row => row.offsetHeight)")
            assert max(heights) <= 68
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0


def test_the_second_of_two_editors_sees_the_conflict(visit: Callable[..., Page]) -> None:
    first = visit("/cases?lang=en&case=case-siba")
    second = visit("/cases?lang=en&case=case-siba", user="second")
    first.keyboard.press("a")
    expect(first.locator("#r-case-siba .who")).to_have_text("Me")
    second.keyboard.press("s")
    second.locator(".pick.state-rejected").click()
    expect(second.locator(".case-conflict")).to_contain_text("editor Assigned to editor")
    expect(second.locator("#r-case-siba .state")).to_have_text("New")
    second.get_by_role("link", name="Show the case as it is now").click()
    expect(second.locator("article.case .item-origin")).to_contain_text("editor")


def test_the_state_is_set_from_the_items_pane(visit: Callable[..., Page], newsroom: list[Document]) -> None:
    item = next(document.id for document in newsroom if document.case == "case-siba")
    page = visit(f"/?lang=en&item={item}")
    expect(page.locator("#case-strip .deeds")).to_be_visible()
    page.keyboard.press("s")
    page.locator("#case-strip .pick.state-answered").click()
    expect(page.locator("#case-strip .state")).to_have_text("Answered")
    expect(page.locator(".item-title")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#case-strip .state")).to_have_text("New")


def test_a_case_prints_without_what_only_a_screen_needs(visit: Callable[..., Page]) -> None:
    page = visit("/cases?case=case-siba")
    page.emulate_media(media="print")
    for hidden in (".top", ".sections", ".list", ".deeds", ".choose", ".split-tools"):
        expect(page.locator(hidden).first).not_to_be_visible()
    for shown in (".item-title", ".facts", ".told", ".case-history"):
        expect(page.locator(shown).first).to_be_visible()


def test_without_a_script_the_forms_work_too(visit: Callable[..., Page]) -> None:
    page = visit("/cases?lang=en&case=case-siba", java_script_enabled=False)
    page.locator(".deeds").get_by_role("button", name="Take it").click()
    expect(page).to_have_url(re.compile(r"/cases\?lang=en&case=case-siba"))
    expect(page.locator("#r-case-siba .who")).to_have_text("Me")
