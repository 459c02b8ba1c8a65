"""The pages of accounts in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_browser import log_in, served
from desk_rooms import room_over
from playwright.sync_api import Browser, Page, expect

from index import Document

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PAGES = ("/account", "/users", "/audit")

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, newsroom: list[Document]) -> Iterator[str]:
    """A desk of their own, for these tests change what its users prefer."""
    folder = tmp_path_factory.mktemp("accounts")
    urls = f"sqlite:///{folder}/rasid.db", f"sqlite:///{folder}/index.db"
    with room_over(newsroom, *urls) as room, served(room.app) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Return a function that opens a page as an administrator; nothing may be reported to the console."""
    said: list[str] = []
    contexts = []

    def open_page(path: str, *, name: str | None = "chief", size: dict[str, int] = WIDE, **settings: object) -> Page:
        context = browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]  # a ViewportSize
        contexts.append(context)
        if name:
            log_in(context, address, name)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def test_the_theme_switches_at_once_and_stays(visit: Visit) -> None:
    page = visit("/", name="second", color_scheme="light")
    root, button = page.locator("html"), page.get_by_role("button", name="بدّل بين الفاتح والداكن")
    button.click()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(25, 29, 27)")
    page.goto(page.url.split("?")[0] + "?lang=en")
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(root).to_have_attribute("data-theme", "light")


def test_the_theme_of_a_dark_device_switches_to_light_first(visit: Visit) -> None:
    page = visit("/", name="editor", color_scheme="dark")
    page.get_by_role("button", name="بدّل بين الفاتح والداكن").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_preferences_are_chosen_without_a_script(visit: Visit) -> None:
    page = visit("/account", name="reader", java_script_enabled=False)
    page.get_by_text("١٢٣", exact=True).click()
    page.get_by_role("region", name="التفضيلات").get_by_role("button", name="احفظ").click()
    expect(page.get_by_role("status")).to_have_text("حُفظت تفضيلاتك.")
    expect(page.locator(".sections .number").first).to_have_text("١٩")


def test_an_administrator_adds_a_user_and_tells_the_password(visit: Visit) -> None:
    page = visit("/users?lang=en")
    panel = page.get_by_role("region", name="Add a user")
    panel.get_by_label("User name").fill("Suad.Ali")
    password = panel.get_by_label("Password").input_value()
    panel.get_by_role("button", name="Add a user").click()
    expect(page.get_by_role("status")).to_contain_text("suad.ali is added.")
    expect(page.get_by_role("status").locator("input")).to_have_value(password)


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, address: str, size: dict[str, int], language: str, theme: str
) -> None:
    page = visit(f"/account?lang={language}", size=size, color_scheme=theme)
    for path in (*PAGES, "/login"):
        if path == "/login":
            page.context.clear_cookies()
        page.goto(f"{address}{path}?lang={language}")
        if path == "/users":
            page.locator(".fold summary").nth(1).click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        serious = [
            (found["id"], found["nodes"][0]["html"])
            for found in Axe().run(page).response["violations"]
            if found["impact"] in {"serious", "critical"}
        ]
        assert serious == [], path
