"""Every page of the desk, judged by axe: no fault that is serious or critical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_browser import log_in, served
from desk_rooms import room_over
from playwright.sync_api import Browser

from index import Document

SEATS = {
    "arabic, light, wide": ("ar", "light", {"width": 1440, "height": 900}),
    "english, dark, wide": ("en", "dark", {"width": 1440, "height": 900}),
    "arabic, dark, phone": ("ar", "dark", {"width": 390, "height": 844}),
    "english, light, phone": ("en", "light", {"width": 390, "height": 844}),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, newsroom: list[Document]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("judged")
    urls = f"sqlite:///{folder}/rasid.db", f"sqlite:///{folder}/index.db"
    with room_over(newsroom, *urls) as room, served(room.app) as address:
        yield address


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seat", SEATS)
def test_no_page_has_a_serious_fault(browser: Browser, address: str, newsroom: list[Document], seat: str) -> None:
    language, theme, size = SEATS[seat]
    first = newsroom[0]
    paths = [
        *("/", "/?q=ماء&stance=any", f"/?item={first.id}", f"/item/{first.id}", f"/item/{first.id}/versions"),
        *("/cases", f"/cases?case={first.case}", f"/cases/{first.case}", "/overview", "/sources", "/saved", "/alerts"),
        *("/alerts/new?need=water", "/alerts/messages", "/account", "/users", "/audit", "/api/v1/docs", "/nowhere"),
    ]
    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]  # names of ours
    found: dict[str, list[str]] = {}
    try:
        log_in(context, address, "chief")
        page = context.new_page()
        for path in (*paths, "/unsubscribe?token=forged"):
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            found[path] = _serious(Axe().run(page).response)
        context.clear_cookies()
        page.goto(f"{address}/login?lang={language}")
        found["/login"] = _serious(Axe().run(page).response)
    finally:
        context.close()
    assert {path: faults for path, faults in found.items() if faults} == {}


def _serious(response: dict[str, Any]) -> list[str]:
    return [
        f"{fault['id']}: {fault['help']}: {[node['html'][:160] for node in fault['nodes'][:3]]}"
        for fault in response["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
