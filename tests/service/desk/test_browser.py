"""The desk in a real browser, over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from desk_browser import log_in
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from index import Document

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; at the end nothing may have been reported to the console."""
    said: list[str] = []
    contexts = []

    def open_page(path: str = "/", *, size: dict[str, int] = WIDE, **settings: object) -> Page:
        context = browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]  # a ViewportSize
        contexts.append(context)
        log_in(context, address)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def test_a_reader_searches_narrows_and_opens(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("searchbox").fill("السيبة")
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row mark").first).to_have_text(re.compile("السيبة"))
    page.locator('[data-facet="outlet"] summary').click()
    page.locator('[data-facet="outlet"] .choices').get_by_text("شط العرب اليوم").click()
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".chip", has_text="شط العرب اليوم").click()
    expect(page.locator(".row")).to_have_count(3)
    page.locator(".row > a").nth(1).click()
    expect(page.locator(".row > a").nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator(".reading .item-title")).to_contain_text("السيبة")
    expect(page.locator(".row")).to_have_count(3)


def test_keys_move_open_search_and_leave(visit: Callable[..., Page]) -> None:
    page = visit()
    rows = page.locator(".row > a")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("o")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile("item="))
    page.keyboard.press("j")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.get_by_role("searchbox")).to_have_value("jk?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("item="))


def test_keys_work_under_an_arabic_layout(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ت', code: 'KeyJ', bubbles: true}))")
    expect(page.locator(".row > a").nth(0)).to_be_focused()


def test_the_list_keeps_its_place_while_one_reads(visit: Callable[..., Page]) -> None:
    page = visit(size={"width": 1440, "height": 500})
    page.locator(".row > a").nth(14).scroll_into_view_if_needed()
    before = page.locator(".list").evaluate("list => list.scrollTop")
    assert before > 100
    page.locator(".row > a").nth(14).click()
    expect(page.locator(".item-title")).to_be_visible()
    assert page.locator(".list").evaluate("list => list.scrollTop") == pytest.approx(before, abs=2)


def test_the_legend_hides_a_kind_of_mark(visit: Callable[..., Page], newsroom: list[Document]) -> None:
    page = visit(f"/item/{newsroom[0].id}")
    place = page.locator(".prose .mark-place").first
    expect(place).to_have_css("text-decoration-line", "underline")
    page.get_by_label("مكان", exact=True).uncheck()
    expect(place).to_have_css("text-decoration-line", "none")
    expect(page.locator(".prose .mark-evidence").first).to_have_css("text-decoration-line", "underline")


def test_the_language_switch_mirrors_the_page_and_keeps_the_state(visit: Callable[..., Page]) -> None:
    page = visit("/?need=water")
    right = page.locator(".sections").bounding_box()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator(".chip", has_text="Water")).to_be_visible()
    left = page.locator(".sections").bounding_box()
    assert right is not None
    assert left is not None
    assert (left["x"], right["x"] + right["width"]) == (0, WIDE["width"])


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [320, 390, 859, 860, 1180, 1440])
def test_no_width_scrolls_sideways(
    visit: Callable[..., Page], newsroom: list[Document], language: str, width: int
) -> None:
    page = visit(f"/?lang={language}", size={"width": width, "height": 844})
    for path in (f"/?lang={language}&item={newsroom[0].id}", f"/item/{newsroom[5].id}?lang={language}"):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_a_row_is_at_most_68_pixels_high(visit: Callable[..., Page], language: str, size: dict[str, int]) -> None:
    page = visit(f"/?lang={language}&stance=any", size=size)
    assert max(page.locator(".row").evaluate_all("rows => rows.map(row => row.offsetHeight)")) <= 68


def test_on_a_phone_back_returns_to_the_same_row(visit: Callable[..., Page]) -> None:
    page = visit(size=PHONE)
    row = page.locator(".row").nth(12)
    row.locator("a").click()
    expect(page.locator(".list")).to_be_hidden()
    expect(page.locator(".item-title")).to_be_visible()
    page.get_by_role("link", name="عودة إلى القائمة").click()
    expect(page.locator(".reading")).to_be_hidden()
    expect(row).to_be_in_viewport()


def test_reading_and_search_work_without_a_script(visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_role("searchbox").fill("السيبة")
    page.get_by_role("button", name="ابحث").click()
    expect(page.locator(".row")).to_have_count(3)
    page.locator('[data-facet="stance"] summary').click()
    page.locator('[data-facet="stance"] .choices').get_by_text("شكوى").click()
    expect(page.locator(".chip", has_text="شكوى")).to_have_count(0)
    page.locator(".row > a").first.click()
    expect(page.locator(".reading .item-title")).to_be_visible()
    page.locator(".keys-link").click()
    expect(page.locator("#keys")).to_be_visible()


def test_dark_is_dark(visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(25, 29, 27)")


def test_the_arabic_font_is_ours(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate("document.fonts.ready.then(() => null)")
    assert page.evaluate("document.fonts.check('15px \"IBM Plex Sans Arabic\"', 'ماء')")


def test_print_gives_the_item_alone(visit: Callable[..., Page], newsroom: list[Document]) -> None:
    page = visit(f"/?item={newsroom[0].id}")
    page.emulate_media(media="print")
    expect(page.locator(".list")).to_be_hidden()
    expect(page.locator(".sections")).to_be_hidden()
    expect(page.locator(".prose")).to_be_visible()
    expect(page.locator(".print-only")).to_be_visible()


def test_the_first_tab_leads_past_the_frame(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.locator(".skip").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_focused()
