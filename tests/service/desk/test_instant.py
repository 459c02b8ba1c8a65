"""The list follows what is typed, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from desk_browser import log_in
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Route

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; at the end no script may have failed."""
    said: list[str] = []
    contexts = []

    def open_page(path: str = "/", *, size: dict[str, int] = WIDE) -> Page:
        context = browser.new_context(viewport=size)  # type: ignore[arg-type]  # a ViewportSize
        contexts.append(context)
        log_in(context, address)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + path)
        page.evaluate("window.sameDocument = true")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def _not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))


def test_the_list_follows_each_letter_without_a_reload(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any")
    field = page.get_by_role("searchbox")
    field.press_sequentially("السي", delay=20)
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row-title mark").first).to_have_text("السيبة")
    expect(page).to_have_url(re.compile("typing=1"))
    expect(field).to_be_focused()
    field.press_sequentially("بة")
    expect(page).not_to_have_url(re.compile("typing"))
    expect(page.locator("#total")).not_to_have_text("")
    assert _not_reloaded(page)
    # The search is one step back, however many letters it had.
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?stance=any$"))
    expect(field).to_have_value("")
    page.wait_for_function("document.querySelectorAll('.row').length > 3")


def test_the_url_shows_a_colleague_the_same_list(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any")
    page.get_by_role("searchbox").press_sequentially("السي")
    expect(page).to_have_url(re.compile("typing=1"))
    shown = page.locator(".row-title").all_inner_texts()
    page.reload()
    assert page.locator(".row-title").all_inner_texts() == shown
    # Enter searches for the whole word, as ever.
    page.get_by_role("searchbox").press("Enter")
    expect(page).not_to_have_url(re.compile("typing"))


def test_keys_move_in_the_new_list(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any")
    page.get_by_role("searchbox").press_sequentially("السيبة")
    rows = page.locator(".row > a")
    expect(rows).to_have_count(3)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator(".reading .item-title")).to_contain_text("السيبة")
    expect(rows).to_have_count(3)


def test_what_is_open_stays_open_beside_the_list(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any")
    page.locator(".row > a").nth(4).click()
    title = page.locator(".reading .item-title").inner_text()
    page.get_by_role("searchbox").press_sequentially("السيبة")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".reading .item-title")).to_have_text(title)
    expect(page).to_have_url(re.compile("item="))
    page.reload()
    expect(page.locator(".reading .item-title")).to_have_text(title)


def test_on_a_phone_the_list_takes_the_place_of_what_is_open(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any", size=PHONE)
    page.locator(".row > a").first.click()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("searchbox").press_sequentially("السيبة")
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator(".row")).to_have_count(3)
    expect(page).not_to_have_url(re.compile("item="))


def test_the_old_list_stays_while_the_new_one_comes(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("typing=1"), hold)
    page.get_by_role("searchbox").press_sequentially("السيبة")
    expect(page.locator("#list.htmx-request")).to_be_visible()
    expect(page.locator(".row").nth(4)).to_be_visible()
    # The bar is there only when it takes long.
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.list-head'), '::after').animationName === 'waiting'"
    )
    held[-1].continue_()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator("#list.htmx-request")).to_have_count(0)


def test_a_failure_is_told_where_the_list_was_and_typing_on_helps(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any&lang=en")
    page.route(re.compile("typing=1"), lambda route: route.abort())
    field = page.get_by_role("searchbox")
    field.press_sequentially("السي")
    expect(page.locator("#list [role=alert]")).to_contain_text("No connection to the server")
    page.unroute(re.compile("typing=1"))
    field.press_sequentially("بة")
    expect(page.locator(".row")).to_have_count(3)


def test_language_and_sections_follow_the_search(visit: Callable[..., Page]) -> None:
    page = visit("/")
    expect(page.locator("#sections a[aria-current]")).to_have_count(1)
    page.get_by_role("searchbox").press_sequentially("السيبة")
    expect(page.locator("#language")).to_have_attribute("href", re.compile("q=%D8%A7"))
    expect(page.locator("#sections a[aria-current]")).to_have_count(0)
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("searchbox")).to_have_value("السيبة")


def test_the_first_match_is_one_click_away(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any&q=السيبة")
    page.locator(".row > a").first.click()
    page.locator(".matches a").click()
    expect(page.locator("#match")).to_be_in_viewport()
    expect(page.locator(".reading .item-title")).to_be_visible()


def test_days_are_chosen_in_the_facet_and_taken_back_by_a_chip(visit: Callable[..., Page]) -> None:
    page = visit("/?stance=any&lang=en")
    before = page.locator(".row").count()
    page.locator('[data-facet="day"] summary').click()
    page.get_by_label("From").fill("2026-07-14")
    page.get_by_role("button", name="Show these days").click()
    expect(page).to_have_url(re.compile("since=2026-07-14"))
    expect(page.locator(".chip", has_text="Since Today")).to_be_visible()
    assert 0 < page.locator(".row").count() < before
    page.locator(".chip", has_text="Since Today").click()
    expect(page.locator(".row")).to_have_count(before)
