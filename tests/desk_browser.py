"""A browser at the desk: who logs in, and how."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

PASSWORD = "a long password"
"""Of every user of the tests' newsroom."""


def log_in(context: BrowserContext, address: str, name: str = "editor") -> None:
    """Log a browser in, as its user would."""
    page = context.new_page()
    page.goto(f"{address}/login?lang=en")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("nav.sections").wait_for()
    page.close()
