from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from lxml import html

from index import IndexBroken, IndexUnavailable
from service.desk.incoming import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk_rooms import Room

    from index import Document, Page, Query

    Over = Callable[[list[Document]], TestClient]


def _page(client: TestClient, path: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == status
    return html.fromstring(answer.text)


def _titles(page: html.HtmlElement) -> list[str]:
    return [title.text_content() for title in page.cssselect(".row-title")]


def _words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _chips(page: html.HtmlElement) -> dict[str, str]:
    return {chip.cssselect("bdi")[0].text_content(): chip.get("href") for chip in page.cssselect(".chip")}


def _choices(page: html.HtmlElement, facet: str) -> dict[str, html.HtmlElement]:
    links = page.cssselect(f'[data-facet="{facet}"] .choices a')
    return {link.cssselect(".choice-name")[0].text_content(): link for link in links}


def test_the_desk_opens_on_appeals_and_complaints_newest_first(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, "/")
    incoming = [document for document in newsroom if document.stance in {"appeal", "complaint"}]
    incoming.sort(key=lambda document: document.published, reverse=True)
    assert _titles(page) == [document.title for document in incoming]
    assert list(_chips(page)) == ["مناشدة", "شكوى"]
    assert page.get("lang") == "ar"
    assert page.get("dir") == "rtl"


def test_a_row_says_in_two_lines_what_an_editor_needs(client: TestClient) -> None:
    row = _page(client, "/").cssselect(".row")[0]
    assert "edge-critical" in row.get("class")
    assert _words(row.cssselect(".urgency")[0]) == "حرج"
    facts = [_words(fact) for fact in row.cssselect(".row-facts > span")]
    assert facts == ["البصرة", "محطة ماء السيبة", "ماء، صحة", "3 منافذ", "قبل 12 دقيقة"]
    assert row.cssselect("time")[0].get("title") == "الثلاثاء 14 تموز 2026، 12:18"


def test_a_screen_reader_hears_kind_urgency_place_need_and_time(client: TestClient) -> None:
    spoken = _page(client, "/").cssselect(".row > a")[0].get("aria-label")
    assert spoken.startswith("مناشدة، حرج، أهالي")
    assert spoken.endswith("البصرة، ماء، صحة، قبل 12 دقيقة")


def test_a_state_is_shown_once_somebody_has_acted(client: TestClient) -> None:
    page = _page(client, "/")
    states = [_words(row.cssselect(".state")[0]) for row in page.cssselect(".row") if row.cssselect(".state")]
    assert states == ["متحقق منها", "محالة", "أُجيب عنها"]


def test_a_search_marks_what_matched_in_title_and_snippet(client: TestClient) -> None:
    page = _page(client, "/?q=السيبة")
    assert len(_titles(page)) == 3
    row = page.cssselect(".row")[0]
    assert "السيبة" in [mark.text_content() for mark in row.cssselect(".row-title mark")]
    assert "السيبة" in [mark.text_content() for mark in row.cssselect(".row-snippet mark")]
    assert "السيبة" in _chips(page)
    assert page.cssselect("#q")[0].get("value") == "السيبة"


def test_a_choice_narrows_the_list_and_its_chip_widens_it_again(client: TestClient) -> None:
    page = _page(client, "/")
    water = _choices(page, "need")["ماء"]
    count = int(_words(water.cssselect(".number")[0]))
    narrowed = _page(client, water.get("href"))
    assert len(_titles(narrowed)) == count == 4
    assert "ماء" in _chips(narrowed)
    assert "chosen" in _choices(narrowed, "need")["ماء"].get("class")
    widened = _page(client, _chips(narrowed)["ماء"])
    assert _titles(widened) == _titles(page)


def test_choices_of_one_facet_add_up_and_facets_narrow_each_other(client: TestClient) -> None:
    either = _page(client, "/?need=water&need=health")
    both = _page(client, "/?need=water&need=health&primary=IQ-BA")
    assert len(_titles(either)) == 7
    assert len(_titles(both)) == 3


def test_every_facet_has_its_values_by_name(client: TestClient) -> None:
    page = _page(client, "/")
    assert set(_choices(page, "stance")) == {"مناشدة", "شكوى", "استجابة", "ذكر عابر", "خبر عام"}
    assert list(_choices(page, "urgency")) == ["حرج", "عاجل", "اعتيادي"]
    assert "القادسية (الديوانية)" in _choices(page, "primary")
    assert "منشأة صحية" in _choices(page, "facility_type")
    assert "نبض الجنوب" in _choices(page, "outlet")
    assert list(_choices(page, "day"))[:2] == ["اليوم", "أمس"]


def test_removing_every_stance_shows_all_items(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, "/?stance=any")
    assert len(_titles(page)) == len(newsroom)
    assert _chips(page) == {}


def test_the_sections_count_and_lead(client: TestClient, newsroom: list[Document]) -> None:
    sections = {_words(link): link.get("href") for link in _page(client, "/").cssselect(".sections li a")}
    names = [name.split()[0] for name in sections]
    assert names == ["الوارد", "القضايا", "متأخرة", "البحث", "الخريطة", "التنبيهات", "المحفوظات", "المصادر"]
    assert "الوارد 19" in sections
    assert len(_titles(_page(client, sections["البحث"]))) == len(newsroom)


def test_orders_are_links_and_relevance_is_offered_for_words_only(client: TestClient) -> None:
    assert list(_choices(_page(client, "/"), "sort")) == ["الأحدث أولاً", "الأقدم أولاً", "الأعجل أولاً"]
    assert "الأقرب إلى البحث" in _choices(_page(client, "/?q=ماء"), "sort")
    oldest = _titles(_page(client, "/?sort=oldest"))
    assert oldest == _titles(_page(client, "/"))[::-1]
    urgencies = [_words(row.cssselect(".urgency")[0]) for row in _page(client, "/?sort=urgency").cssselect(".row")]
    assert urgencies == sorted(urgencies, key=["حرج", "عاجل", "اعتيادي"].index)


def _many(newsroom: list[Document], number: int) -> list[Document]:
    return [
        replace(newsroom[0], id=f"{at:064x}", case="", published=newsroom[0].published - timedelta(minutes=at))
        for at in range(number)
    ]


def test_pages_follow_one_another_without_gap_or_overlap(newsroom: list[Document], desk_over: Over) -> None:
    documents = _many(newsroom, 2 * ROWS + 5)
    client = desk_over(documents)
    seen, path, pages = [], "/", 0
    while path:
        page = _page(client, path)
        seen += [row.get("id").removeprefix("r-") for row in page.cssselect(".row")]
        following = page.cssselect('.pages a[rel="next"]')
        path, pages = (following[0].get("href") if following else ""), pages + 1
    assert seen == [document.id for document in documents]
    assert pages == 3
    assert page.cssselect(".pages a")[0].get("href") == "/"


def test_an_item_of_a_later_page_opens_beside_that_page(newsroom: list[Document], desk_over: Over) -> None:
    client = desk_over(_many(newsroom, ROWS + 5))
    second = _page(client, _page(client, "/").cssselect('.pages a[rel="next"]')[0].get("href"))
    opened = _page(client, second.cssselect(".row > a")[2].get("href"))
    assert _titles(opened) == _titles(second)
    assert [row.get("aria-current") for row in opened.cssselect(".row > a")] == [None, None, "true", None, None]
    assert opened.cssselect(".item-title")


def test_the_form_and_the_language_link_keep_the_state(client: TestClient) -> None:
    page = _page(client, "/?q=ماء&need=water&sort=oldest&lang=en")
    hidden = {(field.get("name"), field.get("value")) for field in page.cssselect(".search input[type=hidden]")}
    assert hidden == {("need", "water"), ("sort", "oldest"), ("lang", "en")}
    other = page.cssselect('.tool[lang="ar"]')[0].get("href")
    assert _titles(_page(client, other)) == _titles(page)
    assert _page(client, other).get("dir") == "rtl"


def test_english_mirrors_the_desk(client: TestClient) -> None:
    page = _page(client, "/?lang=en")
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    assert list(_chips(page)) == ["Appeal", "Complaint"]
    links = [link.get("href") for link in page.cssselect(".row a, .choices a, .sections li:not(.to-search) a, .chip")]
    assert links
    assert all("lang=en" in link for link in links)


def test_a_search_that_finds_nothing_says_what_to_do(client: TestClient) -> None:
    page = _page(client, "/?q=كلمةلاتوجد")
    assert "لا شيء يطابق ما اخترته." in _words(page.cssselect(".list")[0])
    assert "لا نتائج" in _words(page.cssselect(".list-title")[0])


def test_an_empty_index_says_what_to_do(desk_over: Over) -> None:
    assert "لم يصل شيء بعد." in _words(_page(desk_over([]), "/").cssselect(".list")[0])


def test_an_incoming_list_without_appeals_says_how_much_was_read(newsroom: list[Document], desk_over: Over) -> None:
    page = _page(desk_over([document for document in newsroom if document.stance == "none"]), "/")
    assert "قرأ راصد 5 مواد ولم يجد فيها مناشدة." in _words(page.cssselect(".list")[0])


@pytest.mark.parametrize(
    "query", ["q=%22", "q=-", "q=OR+OR", "q=%00", "q=%ff%fe", "q=" + "ا" * 2000, "q=(((*:^~", "need="]
)
def test_odd_words_give_a_page(client: TestClient, query: str) -> None:
    _page(client, f"/?{query}")


def test_a_cursor_of_another_list_gives_a_page_that_leads_back(client: TestClient) -> None:
    page = _page(client, "/?after=made-up", status=400)
    assert "هذه الصفحة لم تعد تصلح" in _words(page)
    assert page.cssselect(".state-page a.button")[0].get("href") == "/"


def test_an_unknown_page_is_told_in_the_language_of_its_address(client: TestClient) -> None:
    assert "لم نجد هذه الصفحة" in _words(_page(client, "/nowhere", status=404))
    assert "This page was not found" in _words(_page(client, "/nowhere?lang=en", status=404))


class _Failing:
    """An index whose file or server is gone: a state that the real ones reach only by accident."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def search(self, query: Query) -> Page:
        raise self._error

    def get(self, id: str) -> Document | None:  # noqa: A002 - the protocol's own name
        raise self._error

    def count(self) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (IndexUnavailable("the file is locked"), 503, "شغّل rasid doctor"),
        (IndexBroken("another schema"), 503, "شغّل rasid reindex"),
        (ZeroDivisionError("a fault of ours"), 500, "وقع خطأ لم نتوقعه"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/item/x"])
def test_a_failure_is_told_with_what_to_do(
    error: Exception, status: int, said: str, path: str, embedded_room: Room
) -> None:
    with embedded_room.over(_Failing(error)).client(raise_server_exceptions=False) as client:
        answer = client.get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert str(error) not in answer.text
    assert answer.headers["Content-Security-Policy"]
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_health_is_told_to_machines_and_nothing_else(room: Room) -> None:
    with room.client(None) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
    with room.over(_Failing(IndexUnavailable("gone"))).client(None) as failing:
        answer = failing.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "error": "IndexUnavailable"}


def test_links_begin_with_the_address_under_which_the_desk_is_served(embedded_room: Room) -> None:
    with embedded_room.over(embedded_room.index, base_url="http://127.0.0.1:9/desk/").client() as client:
        page = client.get("/").text
    links = re.findall(r'\s(?:href|action|src)="([^"]*)"', page)
    assert all(link.startswith(("http://127.0.0.1:9/desk/", "#")) for link in links)


def test_an_outlet_that_left_the_registry_is_called_by_its_id(embedded_room: Room) -> None:
    with embedded_room.over(embedded_room.index, outlets={}).client() as client:
        assert "nabd" in _choices(_page(client, "/"), "outlet")
