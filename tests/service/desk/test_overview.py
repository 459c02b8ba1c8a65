"""The overview and the sources, as pages: what they tell, and that they tell it to eyes, ears and printers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from desk_browser import log_in
from desk_rooms import NOW, Room
from lxml import html
from playwright.sync_api import expect

from service.database.statistics import Tally
from service.database.tables import articles, cases, rejections, sources
from service.desk.charts import breaks, by_day, ceiling, iraq, lasting
from service.desk.lately import FRESH, Lately
from service.labels import labels

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from playwright.sync_api import Browser, Page


def _page(client: TestClient, path: str) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_the_map_knows_every_governorate() -> None:
    drawn = iraq()
    assert {one.code for one in drawn.governorates} == set(labels("ar").names["governorate"])
    assert drawn.governorates[-1].code == "IQ-HL"  # over the one that it was part of
    for one in drawn.governorates:
        assert re.fullmatch(r"[Mlaz0-9 .\-]+", one.path)
        assert 0 < one.x < drawn.width
        assert 0 < one.y < drawn.height


@pytest.mark.parametrize(
    ("numbers", "classes"),
    [
        ([], []),
        ([0, 0], []),
        ([3, 3, 0], [(3, 3)]),
        ([1, 2, 9], [(1, 1), (2, 2), (9, 9)]),
        (range(11), [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)]),
    ],
)
def test_shades_divide_the_numbers_evenly(numbers: list[int], classes: list[tuple[int, int]]) -> None:
    assert breaks(numbers) == classes


@pytest.mark.parametrize(("number", "top"), [(0, 1), (1, 1), (3, 5), (7, 10), (11, 20), (21, 50), (501, 1000)])
def test_the_upper_edge_of_the_bars_is_a_round_number(number: int, top: int) -> None:
    assert ceiling(number) == top


def test_time_runs_as_the_page_is_read() -> None:
    tallies = {NOW.date() - timedelta(days=1): Tally(other=1), NOW.date(): Tally(critical=2, other=1)}
    arabic, english = (by_day(tallies, labels(language), str) for language in ("ar", "en"))
    assert [bar.day for bar in arabic.days] == [bar.day for bar in english.days] == list(tallies)
    assert arabic.days[0].pieces[0].x > arabic.days[1].pieces[0].x
    assert english.days[0].pieces[0].x < english.days[1].pieces[0].x
    assert [(piece.urgency, piece.height) for piece in english.days[1].pieces] == [("critical", 40), ("other", 20)]


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(seconds=2), "دقيقة"),
        (timedelta(minutes=35), "35 دقيقة"),
        (timedelta(hours=2), "ساعتان"),
        (timedelta(hours=30), "30 ساعة"),
        (timedelta(days=5), "5 أيام"),
    ],
)
def test_a_wait_is_told_in_the_unit_that_says_it_best(time: timedelta, text: str) -> None:
    assert lasting(labels("ar"), time) == text


def test_each_governorate_is_a_link_that_says_its_number(client: TestClient) -> None:
    page = _page(client, "/overview")
    links = page.cssselect(".map a")
    assert len(links) == 19
    basra = next(link for link in links if "IQ-BA" in link.get("href"))
    assert basra.get("href") == "/cases?state=any&governorate=IQ-BA&sort=newest"
    assert re.fullmatch(r"البصرة: .+ (قضايا|قضية)|البصرة: (قضية واحدة|قضيتان|لا قضايا)", basra.get("aria-label"))
    assert basra.cssselect("title")[0].text == basra.get("aria-label")
    row = next(row for row in page.cssselect("#reading figure:first-of-type tr") if "البصرة" in _text(row))
    assert _text(row.cssselect("td")[-1]) in basra.text_content()


def test_every_chart_has_its_numbers_in_a_table(client: TestClient) -> None:
    page = _page(client, "/overview?days=7")
    figures = page.cssselect("figure")
    assert len(figures) == 3
    for figure in figures:
        assert figure.cssselect("figcaption h2")
        assert figure.cssselect("details table tbody tr")
    total = sum(int(_text(row.cssselect("td")[-1])) for row in figures[2].cssselect("tbody tr"))
    assert len(figures[2].cssselect("tbody tr")) == 7
    opened = page.cssselect(".tiles .tile-figure")[2]
    assert int(_text(opened)) == total > 0


def test_the_period_is_in_the_url(client: TestClient) -> None:
    assert _text(_page(client, "/overview").cssselect(".periods [aria-current]")[0]) == "آخر 30 يوماً"
    assert _text(_page(client, "/overview?days=90&lang=en").cssselect(".periods [aria-current]")[0]) == "Last 90 days"
    for nonsense in ("0", "8", "-7", "x", "9" * 40):
        assert len(_page(client, f"/overview?days={nonsense}").cssselect(".days-plot g")) == 30


def test_figures_lead_to_the_cases_that_they_count(own_room: Room) -> None:
    with own_room.database.write() as connection:
        connection.execute(cases.update().values(due=NOW - timedelta(hours=1), state="verified", urgency="critical"))
        known = len(connection.execute(cases.select()).all())
    with own_room.client("reader") as client:
        page = _page(client, "/overview?lang=en")
        shown = {link.get("href"): _text(link) for link in page.cssselect(".tiles a")}
        assert shown["/cases?lang=en"] == f"{known} open"
        assert shown["/cases?due=overdue&lang=en"] == f"{known} past their due time"
        assert shown["/cases?due=overdue&urgency=critical&lang=en"] == f"Critical {known}"
        for path in shown:
            assert client.get(path).status_code == 200


def test_governorates_that_no_item_names_are_told(room: Room) -> None:
    named = {code for document in (hit.document for hit in _all(room)) for code in document.governorates}
    with room.client() as client:
        page = _page(client, "/overview")
    told = {_text(one) for one in page.cssselect("#covered-title ~ .states .tag")}
    names = labels("ar").names["governorate"]
    assert told == {name for code, name in names.items() if code not in named}


def _all(room: Room) -> list:  # type: ignore[type-arg]  # of hits
    from index.protocol import Query

    return list(room.index.search(Query(size=500, since=NOW - timedelta(days=7))).hits)


@pytest.fixture
def sourced(own_room: Room) -> Room:
    """A newsroom in which an outlet fell silent, a list cannot be read, and pages were rejected."""
    with own_room.database.write() as connection:
        connection.execute(
            articles.update().where(articles.c.outlet == "jabal").values(fetched=NOW - timedelta(days=9))
        )
        report = {"listed": 20, "known": 18, "accepted": 2, "rejected": {}, "unchanged": False}
        connection.execute(sources.insert().values(id="nabd-feed", finished=NOW, failures=0, report=report))
        connection.execute(sources.insert().values(id="shatt-feed", finished=NOW, failures=3, report=report))
        connection.execute(
            rejections.insert().values(
                url="https://nabd.example/x",
                reason="no_text",
                outlet="nabd",
                source="nabd-feed",
                detail="",
                first_seen=NOW,
                last_seen=NOW,
                times=1,
            )
        )
    return own_room


def test_the_sources_tell_what_asks_for_a_look_first(sourced: Room) -> None:
    with sourced.client("reader") as client:
        page = _page(client, "/sources?lang=en")
    outlets = {section.get("id"): _text(section) for section in page.cssselect("section[id^='o-']")}
    assert list(outlets)[:2] == ["o-shatt", "o-jabal"]
    assert "failed 3 times" in outlets["o-shatt"]
    assert "Silent" in outlets["o-jabal"]
    assert "20 listed, 2 new" in outlets["o-nabd"]
    assert "no text in the page 1" in outlets["o-nabd"]
    assert page.cssselect("#o-nabd .outlet-items")[0].get("href") == "/?stance=any&outlet=nabd&lang=en"
    assert "extraction in sources.toml" in _text(page.cssselect(".advice-list")[0])


def test_the_overview_names_the_silent_outlet(sourced: Room) -> None:
    with sourced.client() as client:
        page = _page(client, "/overview")
    (link,) = page.cssselect("#silent-title ~ .wide th a")
    assert (_text(link), link.get("href")) == ("الجبل برس", "/sources#o-jabal")


def test_numbers_follow_the_digits_of_the_reader(own_room: Room) -> None:
    with own_room.client() as client:
        answer = client.get("/overview")
        csrf = html.fromstring(answer.text).cssselect("[name=csrf]")[0].get("value")
        form = {"csrf": csrf, "digits": "arab", "language": "ar", "theme": "auto"}
        assert client.post("/account/preferences", data=form).status_code in {200, 303}
        shown = _text(_page(client, "/overview").cssselect(".tiles")[0])
    assert re.search("[٠-٩]", shown)
    assert not re.search("[0-9]", shown)


@pytest.fixture
def visited(browser: Browser, address: str) -> Iterator[Page]:
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    log_in(context, address)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("path", ["/overview", "/overview?lang=en&days=90", "/sources", "/sources?lang=en"])
@pytest.mark.parametrize("width", [320, 390, 860, 1180])
def test_no_width_scrolls_sideways(visited: Page, address: str, path: str, width: int) -> None:
    visited.set_viewport_size({"width": width, "height": 844})
    visited.goto(address + path)
    for fold in visited.locator("details.behind > summary").all():
        fold.click()
    assert visited.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_governorate_is_chosen_by_keyboard(visited: Page, address: str) -> None:
    visited.goto(f"{address}/overview")
    basra = visited.locator(".map a[href*='IQ-BA']")
    basra.focus()
    expect(basra).to_be_focused()
    visited.keyboard.press("Enter")
    expect(visited).to_have_url(re.compile("/cases.*governorate=IQ-BA"))


def test_the_overview_prints_its_charts(visited: Page, address: str) -> None:
    visited.goto(f"{address}/overview")
    visited.emulate_media(media="print")
    for shown in (".map", ".days-plot", ".shares"):
        expect(visited.locator(shown)).to_be_visible()
    expect(visited.locator(".sections")).to_be_hidden()
    expect(visited.locator(".periods")).to_be_hidden()


def test_what_was_counted_lately_is_not_counted_anew() -> None:
    counted: list[int] = []

    def count(key: int, now: datetime) -> int:
        counted.append(key)
        assert numbers.get(7, now) == 1 if len(counted) == 3 else True  # who asks meanwhile gets what there was
        return len(counted)

    numbers: Lately[int, int] = Lately(count)
    assert [numbers.get(7, NOW), numbers.get(30, NOW), numbers.get(7, NOW + FRESH / 2)] == [1, 2, 1]
    assert numbers.get(7, NOW + FRESH) == 3
    assert counted == [7, 30, 7]
