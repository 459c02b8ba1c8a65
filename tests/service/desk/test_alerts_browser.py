"""Alerts in a real browser: from a list to a subscription, and out of it by the link of a mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_browser import log_in
from desk_rooms import NOW, Room
from playwright.sync_api import Browser, Page, expect

from service.accounts import find_user
from service.alerts import owning, subscriptions
from service.alerts.links import Signer


@pytest.fixture
def page(browser: Browser, own_address: str) -> Iterator[Page]:
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    log_in(context, own_address)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("own_room", ["embedded"], indirect=True)
def test_a_search_becomes_an_alert_and_its_mails_link_leaves_it(own_room: Room, own_address: str, page: Page) -> None:
    with own_room.database.write() as connection:
        user = find_user(connection, "editor")
        assert user is not None
        owning.change_email(connection, user, "editor@newsroom.example")
    page.goto(f"{own_address}/?need=water&lang=en")
    page.get_by_role("link", name="Alert me on this search").click()
    week = page.locator("#week")
    expect(week.locator(".alert-days tr")).to_have_count(7)
    page.get_by_text("Every week", exact=True).click()
    expect(week).to_contain_text("At most 1 message to each recipient.")
    expect(page.locator("[name=weekday]")).to_be_visible()
    page.get_by_text("At once", exact=True).click()
    expect(page.locator("[name=weekday]")).to_be_hidden()
    page.get_by_label("Name of the alert").fill("Water")
    page.get_by_role("button", name="Save the alert").click()
    row = page.locator(".alert-row")
    expect(row).to_contain_text("editor@newsroom.example")
    page.get_by_role("button", name="Pause: Water").click()
    expect(row).to_contain_text("paused")
    page.get_by_role("button", name="Resume: Water").click()
    expect(row).not_to_contain_text("paused")
    page.get_by_role("button", name="Delete: Water").click()
    page.get_by_role("button", name="Undo").click()
    expect(row.locator("h3")).to_have_text("Water")
    with own_room.database.write() as connection:
        (held,) = subscriptions.every(connection)
        token = Signer.of(connection).sign(held.recipients[0].id)
    page.goto(f"{own_address}/unsubscribe?token={token}&lang=en")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="Unsubscribed")).to_be_visible()
    page.goto(f"{own_address}/alerts?lang=en")
    expect(row).to_contain_text("Nobody gets this alert")
    assert held.since is not None
    assert held.since <= NOW
