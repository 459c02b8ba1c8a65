"""Takes the pictures of docs/ in a real Chromium: `python tools/screenshots.py URL CHROMIUM NAME PASSWORD MAILS`.

The desk answers at URL, as `rasid demo` serves it; name and password are those that the demo prints, and so is MAILS,
the folder of the mails that it sent: the longest of them is shown.
"""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = Path(__file__).parents[1] / "docs"
WIDE = (1440, 900)
PHONE = (390, 844)
PICTURES = (
    # name, path, size, dark, what is opened: the first row's link of this kind
    ("desk/incoming", "", WIDE, False, "item="),
    ("desk/incoming-dark", "", WIDE, True, "item="),
    ("desk/search", "?q=ماء&stance=any", WIDE, False, ""),
    ("desk/english", "?lang=en", WIDE, False, "item="),
    ("desk/cases", "cases", WIDE, False, "case="),
    ("desk/overview", "overview", WIDE, False, ""),
    ("desk/sources", "sources", WIDE, False, ""),
    ("alerts/new", "alerts/new?need=water", WIDE, False, ""),
    ("alerts/list", "alerts", WIDE, False, ""),
    ("alerts/messages", "alerts/messages", WIDE, False, ""),
    ("desk/phone", "", PHONE, False, ""),
    ("desk/phone-item", "", PHONE, False, "item="),
    ("desk/phone-cases", "cases", PHONE, True, ""),
)


MAILS = (
    ("alerts/mail", (760, 900), False),
    ("alerts/mail-phone", PHONE, False),
    ("alerts/mail-dark", (760, 900), True),
)


def take(page: Page, url: str, name: str, opened: str) -> None:
    """Open an address, and its first row where something is to be opened, and keep what is seen."""
    page.goto(url)
    if opened:
        page.goto(
            url.split("/", 3)[0] + "//" + url.split("/", 3)[2] + str(page.get_attribute(f"a[href*='{opened}']", "href"))
        )
    page.wait_for_load_state("domcontentloaded")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(700)  # what comes by itself after the page: the case's strip, the first counts
    page.screenshot(path=DOCS / f"{name}.png")


def seat(browser: Browser, url: str, size: tuple[int, int], login: tuple[str, str], *, dark: bool) -> Page:
    """Return a page of a browser that is logged in."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", device_scale_factor=1
    )
    page.goto(f"{url}login")
    page.fill("input[name=name]", login[0])
    page.fill("input[name=password]", login[1])
    page.click("form button.primary")
    page.wait_for_selector("nav.sections")
    return page


def longest_mail(folder: Path) -> str:
    """Return the HTML of the mail that tells most."""
    pages = []
    for file in folder.glob("*.eml"):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = mail.get_body(("html",))
        pages += [str(part.get_content())] if part is not None else []
    return max(pages, key=len)


def take_mails(browser: Browser, html: str) -> None:
    """Keep what a mail looks like, whole."""
    for name, size, dark in MAILS:
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        page.set_content(html)
        page.screenshot(path=DOCS / f"{name}.png")
        page.close()


def main(url: str, chromium: str, name: str, password: str, mails: str) -> None:
    """Take them all."""
    for folder in ("desk", "alerts"):
        (DOCS / folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for picture, path, size, dark, opened in PICTURES:
            page = seat(browser, url, size, (name, password), dark=dark)
            take(page, url + path, picture, opened)
            page.close()
        take_mails(browser, longest_mail(Path(mails)))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") + "/", *sys.argv[2:6])
