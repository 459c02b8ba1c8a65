"""Takes the pictures of docs/desk/ in a real Chromium: `python tools/screenshots.py URL CHROMIUM`.

The desk answers at URL: `rasid serve` over the database and index of a finished `rasid demo`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).parents[1] / "docs" / "desk"
WIDE = (1440, 900)
PHONE = (390, 844)


def take(browser: Browser, url: str, name: str, size: tuple[int, int], *, dark: bool = False) -> None:
    """Open an address and keep what is seen; the first item of a list is opened where the name says so."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", device_scale_factor=1
    )
    page.goto(url)
    if name.startswith("incoming"):
        page.goto(url.rstrip("/") + str(page.get_attribute("a[href*='item=']", "href")))
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


def main(url: str, chromium: str) -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        take(browser, url, "incoming", WIDE)
        take(browser, url, "incoming-dark", WIDE, dark=True)
        take(browser, f"{url}?q=ماء&stance=any", "search", WIDE)
        take(browser, f"{url}?lang=en", "english", WIDE)
        take(browser, url, "phone", PHONE)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") + "/", sys.argv[2])
