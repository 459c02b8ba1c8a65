"""What an editor does in an hour at the desk, in a real browser: at a desktop in both languages, and with a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from desk_browser import PASSWORD, log_in, served
from desk_rooms import NOW, OUTLETS, Room, room_over, spool
from playwright.sync_api import expect

from service.database.cases import Dues, note, refresh
from service.database.changes import announce
from service.indexer import index_changes
from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from index import Document
    from service.labels import Labels, Language

expect.set_options(timeout=20_000)  # on a machine that does other things too

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

SEATS: dict[str, tuple[Language, dict[str, int]]] = {
    "arabic-desktop": ("ar", WIDE),
    "english-desktop": ("en", WIDE),
    "arabic-phone": ("ar", PHONE),
}

LATE = "case-kidney"
"""The Case whose appeal comes while the page is open."""


@dataclass(frozen=True)
class Seat:
    """A place at the desk: a browser in a language, with keys or under a finger."""

    page: Page
    words: Labels
    phone: bool
    downloads: Path

    def go(self, path: str) -> None:
        lang = "" if self.words.language == "ar" else ("&" if "?" in path else "?") + "lang=en"
        self.page.goto(path + lang)

    def do(self, key: str, target: Locator) -> None:
        """Press a key, or tap what it stands for where there are no keys."""
        if self.phone:
            target.tap()
        else:
            self.page.keyboard.press(key)

    def told(self, key: str, **values: str) -> None:
        """Expect the message that something was done."""
        expect(self.page.locator("#toast .toast")).to_contain_text(self.words.text(key, **values))

    def keyed(self, key: str) -> Locator:
        return self.page.locator(f'[data-key~="{key}"]:visible').first

    def undo(self) -> None:
        self.do("u", self.page.locator("#toast button"))


@pytest.fixture
def hour_room(tmp_path: Path, newsroom: list[Document]) -> Iterator[Room]:
    """A newsroom that one appeal has not reached yet."""
    there = [document for document in newsroom if document.case != LATE]
    with room_over(there, f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/index.db") as room:
        yield room


@pytest.fixture
def hour_address(hour_room: Room) -> Iterator[str]:
    with served(hour_room.app) as address:
        yield address


def _context(browser: Browser, address: str, seat: str) -> BrowserContext:
    language, size = SEATS[seat]
    phone = size is PHONE
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a ViewportSize
        base_url=address,
        has_touch=phone,
        is_mobile=phone,
        locale="ar-IQ" if language == "ar" else "en-GB",
    )
    context.set_default_timeout(20_000)
    return context


@pytest.fixture(params=list(SEATS))
def outside(request: pytest.FixtureRequest, browser: Browser, hour_address: str, tmp_path: Path) -> Iterator[Seat]:
    """A seat before the door; at the end nothing may have been told to the console, but refusals that are meant."""
    said: list[str] = []
    context = _context(browser, hour_address, request.param)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    language, size = SEATS[request.param]
    yield Seat(page, labels(language, "latn"), size is PHONE, tmp_path)
    context.close()
    assert said == []


@pytest.fixture
def seat(outside: Seat, hour_address: str) -> Seat:
    """A seat at which the editor has logged in."""
    log_in(outside.page.context, hour_address)
    return outside


def _item_of(newsroom: list[Document], case: str) -> str:
    return next(document.id for document in newsroom if document.case == case)


def test_one_logs_in_and_out(outside: Seat) -> None:
    page, words = outside.page, outside.words
    outside.go("/cases")
    page.get_by_label(words.text("user_name")).fill("editor")
    page.get_by_label(words.text("password")).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/cases"))
    expect(page.locator(".row").first).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("button", name=words.text("log_out")).click()
    expect(page).to_have_url(re.compile(r"/login"))
    page.go_back()
    expect(page.get_by_label(words.text("password"))).to_be_visible()


def test_one_searches_narrows_and_reads(seat: Seat) -> None:
    page = seat.page
    seat.go("/?stance=any")
    seat.do("/", page.get_by_role("searchbox"))
    page.keyboard.type("السيبة")
    expect(page.locator(".row")).to_have_count(3)
    page.keyboard.press("Escape")
    page.locator('[data-facet="outlet"] summary').click()
    page.locator('[data-facet="outlet"] .choices').get_by_text("شط العرب اليوم").click()
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".chip", has_text="شط العرب اليوم").click()
    expect(page.locator(".row")).to_have_count(3)
    rows = page.locator(".row > a")
    if seat.phone:
        rows.nth(1).tap()
    else:
        for key in "jjo":
            page.keyboard.press(key)
    expect(page.locator(".reading .item-title")).to_contain_text("السيبة")
    expect(page.locator(".reading mark").first).to_be_visible()
    if seat.phone:
        page.locator("[data-back]").tap()
        expect(page.locator(".reading")).to_be_hidden()
    else:
        expect(rows.nth(1)).to_have_attribute("aria-current", "true")
        page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("item="))
    expect(page.locator(".row")).to_have_count(3)


def test_one_keeps_a_search_and_takes_the_list_out(seat: Seat) -> None:
    page, words = seat.page, seat.words
    seat.go("/?need=water")
    page.locator('[data-facet="save"] summary').click()
    page.get_by_label(words.text("saved_name")).fill("ماء الجنوب")
    page.keyboard.press("Enter")
    expect(page.locator(".saving-done")).to_contain_text("ماء الجنوب")
    page.keyboard.press("Escape")
    page.locator('[data-facet="export"] summary').click()
    with page.expect_download() as download:
        page.locator('[data-facet="export"] a', has_text=".csv").click()
    file = seat.downloads / "list.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert download.value.suggested_filename.endswith(".csv")
    assert words.name("column", "title") in lines[0]
    assert len(lines) > 1
    seat.go("/saved")
    page.get_by_role("link", name="ماء الجنوب").click()
    expect(page.locator(".chip", has_text=words.name("need", "water"))).to_be_visible()


def test_one_corrects_a_label_and_takes_it_back(seat: Seat, newsroom: list[Document]) -> None:
    page, words = seat.page, seat.words
    seat.go(f"/?item={_item_of(newsroom, 'case-siba')}")
    seat.do("e", page.locator("#correct"))
    form = page.locator(".correct-form")
    expect(form).to_be_visible()
    power = form.get_by_role("checkbox", name=words.name("need", "electricity"))
    if seat.phone:
        power.tap()
        form.get_by_role("button", name=words.text("correct_save")).tap()
    else:
        power.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
    expect(page.locator(".fact-asked .corrected")).to_have_text(words.text("corrected_mark"))
    expect(page.locator(".fact-asked")).to_contain_text(words.name("need", "electricity"))
    seat.undo()
    expect(page.locator(".fact-asked .corrected")).to_have_count(0)
    expect(page.locator(".fact-asked")).not_to_contain_text(words.name("need", "electricity"))


def test_one_follows_an_item_to_its_case_and_decides(seat: Seat, newsroom: list[Document]) -> None:
    page, words = seat.page, seat.words
    seat.go(f"/?item={_item_of(newsroom, 'case-power')}")
    page.get_by_role("link", name=words.text("strip_open")).first.click()
    state = page.locator("article.case .item-kind .state")
    expect(state).to_be_visible()
    seat.do("s", seat.keyed("s"))
    if seat.phone:
        page.locator(".pick.state-verified").tap()
    else:
        expect(page.locator(".pick").first).to_be_focused()
        page.keyboard.press("Enter")
    expect(state).to_have_text(words.name("case_state", "verified"))
    seat.do("a", seat.keyed("a"))
    seat.told("done_assign", name="editor")
    seat.do("r", seat.keyed("r"))
    page.locator("[name=referred_to]").fill("وزارة الكهرباء")
    page.keyboard.press("Enter")
    expect(state).to_have_text(words.name("case_state", "referred"))
    page.locator("summary", has_text=words.text("deed_note")).click()
    page.locator("[name=text]").fill("اتصلنا بالدائرة، والمحولة <في الطريق>.")
    page.get_by_role("button", name=words.text("note_add")).click()
    expect(page.locator(".event-note").first).to_have_text("اتصلنا بالدائرة، والمحولة <في الطريق>.")
    expect(page.locator("article.case")).to_contain_text("وزارة الكهرباء")
    expect(page.locator(".history .event")).to_have_count(4)


def test_one_merges_two_cases_and_takes_it_back(seat: Seat) -> None:
    page, words = seat.page, seat.words
    seat.go("/cases?case=case-siba")
    items = page.locator(".case-told .told > li")
    before = items.count()
    seat.do("m", seat.keyed("m"))
    page.locator("[name=into_id]").fill("case-power")
    page.get_by_role("button", name=words.text("merge_do"), exact=True).click()
    seat.told("done_merge")
    seat.undo()
    seat.told("done_undo")
    seat.go("/cases?case=case-siba")
    expect(items).to_have_count(before)


def test_the_slower_of_two_editors_is_told(seat: Seat, browser: Browser, hour_address: str) -> None:
    second = _context(browser, hour_address, "english-desktop")
    try:
        log_in(second, hour_address, "second")
        other = second.new_page()
        other.goto("/cases?lang=en&case=case-siba")
        seat.go("/cases?case=case-siba")
        seat.do("a", seat.keyed("a"))
        seat.told("done_assign", name="editor")
        other.keyboard.press("s")
        other.locator(".pick.state-rejected").click()
        expect(other.locator(".case-conflict")).to_contain_text("editor Assigned to editor")
        other.get_by_role("link", name="Show the case as it is now").click()
        expect(other.locator("article.case .item-origin")).to_contain_text("editor")
    finally:
        second.close()


def test_a_new_appeal_announces_itself_and_comes_in_when_asked(
    seat: Seat, hour_room: Room, newsroom: list[Document]
) -> None:
    page = seat.page
    last = next(document for document in newsroom if document.case == LATE)
    seat.go("/?stance=any")
    rows = page.locator(".row")
    before = rows.count()
    with hour_room.database.write() as connection:
        spool(connection, last, revision=0)
        note(connection, last.case, kind="opened", document=last.id, reason="", now=NOW)
        refresh(connection, last.case, Dues())
        announce(connection, [last.id], NOW)
    index_changes(hour_room.database, hour_room.index, OUTLETS)
    page.locator(".news a").click()
    expect(page.locator(f"#r-{last.id}")).to_be_visible()
    assert rows.count() in {before + 1, 30}
    expect(page.locator(".news a")).to_be_hidden()


def test_the_keys_are_told_and_their_list_closes(seat: Seat) -> None:
    if seat.phone:
        pytest.skip("a phone has no keys, and no list of them")
    page = seat.page
    seat.go("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
