from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lxml import html

from service.desk.reading import SHOWN_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from index import Document

    Over = Callable[[list[Document]], TestClient]


def _page(client: TestClient, path: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == status
    return html.fromstring(answer.text)


def _words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _marked(page: html.HtmlElement, kind: str) -> list[str]:
    return [_words(mark) for mark in page.cssselect(f".prose .mark-{kind}")]


def test_the_pane_answers_in_the_order_of_an_editors_questions(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, f"/item/{newsroom[0].id}")
    facts = {
        _words(fact.cssselect("dt")[0]): _words(fact.cssselect("dd")[0]) for fact in page.cssselect(".facts > div")
    }
    asked, of_whom, by_whom, where, facilities, urgency, why = facts.items()
    assert asked == (
        "المطلوب",
        "أهالي ناحية السيبة يطلبون من محافظ البصرة إيصال الماء الصالح للشرب بعد انقطاعه خمسة أيام.ماء صحة",
    )
    assert of_whom == ("من يُناشَد", "محافظ البصرة، وزارة الموارد المائية")
    assert by_whom == ("من يناشد", "أهالي ناحية السيبة")
    assert where == ("أين", "البصرة · ناحية السيبة")
    assert facilities == ("المنشآت", "محطة ماء السيبة، مستشفى أبي الخصيب العام")
    assert urgency == ("العجلة", "حرج")
    assert why[0] == "لماذا نرى ذلك"
    assert "ناشد طلب صريح" in why[1]


def test_marks_lie_on_their_words_nested_ones_too(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, f"/item/{newsroom[0].id}")
    assert _marked(page, "place") == ["السيبة", "البصرة", "البصرة", "السيبة"]
    assert "".join(_marked(page, "addressee")) == "محافظالبصرةوزارة الموارد المائية"
    assert page.cssselect(".mark-addressee > .mark-place, .mark-place > .mark-addressee")
    text = "\n".join(paragraph.text_content() for paragraph in page.cssselect(".prose p"))
    assert text == newsroom[0].body


def test_the_legend_names_the_kinds_that_occur(client: TestClient, newsroom: list[Document]) -> None:
    response = next(document for document in newsroom if document.stance == "response")
    legend = _page(client, f"/item/{response.id}").cssselect(".legend label")
    assert [_words(label) for label in legend] == ["مكان", "منشأة"]


def test_the_same_thing_elsewhere_is_listed_the_same_text_first(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, f"/item/{newsroom[0].id}")
    links = page.cssselect(".related li a")
    assert [link.get("href") for link in links] == [f"/item/{newsroom[1].id}", f"/item/{newsroom[2].id}"]
    assert [_words(link.cssselect(".row-facts span")[0]) for link in links] == ["النص نفسه", "القضية نفسها"]
    whole = _page(client, page.cssselect(".related > p a")[0].get("href"))
    assert len(whole.cssselect(".row")) == 3


def test_an_item_alone_has_no_such_list(client: TestClient, newsroom: list[Document]) -> None:
    assert not _page(client, f"/item/{newsroom[3].id}").cssselect(".related")


def test_the_source_is_linked_without_telling_it_whence(client: TestClient, newsroom: list[Document]) -> None:
    source = _page(client, f"/item/{newsroom[0].id}").cssselect("a.source")[0]
    assert source.get("href") == newsroom[0].url
    assert {"noopener", "noreferrer"} <= set(source.get("rel").split())


def test_published_and_fetched_are_told_exactly(client: TestClient, newsroom: list[Document]) -> None:
    times = _page(client, f"/item/{newsroom[0].id}").cssselect(".item-origin time")
    assert [time.get("title") for time in times] == ["الثلاثاء 14 تموز 2026، 12:18", "الثلاثاء 14 تموز 2026، 12:22"]


def test_an_item_without_an_appeal_says_so(client: TestClient, newsroom: list[Document]) -> None:
    sport = next(document for document in newsroom if "الميناء يتعادل" in document.title)
    (said,) = _page(client, f"/item/{sport.id}").cssselect(".answer > p")
    assert _words(said) == "لا مناشدة في هذه المادة. أين: البصرة"


@pytest.mark.parametrize("analysis", [{}, {"appeals": "broken"}, {"id": 1}])
def test_an_analysis_that_is_missing_or_unreadable_leaves_the_text(
    analysis: dict[str, object], newsroom: list[Document], desk_over: Over
) -> None:
    client = desk_over([replace(newsroom[0], analysis=analysis)])
    page = _page(client, f"/?item={newsroom[0].id}")
    assert "لم تُحلَّل هذه المادة بعد." in _words(page.cssselect(".answer")[0])
    assert len(page.cssselect(".prose p")) == 3
    assert not page.cssselect(".prose .mark, .legend")


def test_a_span_that_does_not_hold_its_own_words_is_not_drawn(newsroom: list[Document], desk_over: Over) -> None:
    client = desk_over([replace(newsroom[0], body="نص آخر جاء بعد التحليل. " * 20)])
    assert not _page(client, f"/item/{newsroom[0].id}").cssselect(".prose .mark")


def test_an_item_without_a_title_is_called_by_its_first_words(client: TestClient, newsroom: list[Document]) -> None:
    post = next(document for document in newsroom if not document.title)
    page = _page(client, f"/?stance=any&item={post.id}")
    row = next(row for row in page.cssselect(".row") if row.get("id") == f"r-{post.id}")
    assert row.cssselect(".row-title")[0].text_content().startswith("تنويه: انقطاع مبرمج")
    assert _marked(page, "place") == ["حي الجهاد"]


def test_a_huge_text_is_cut_visibly(newsroom: list[Document], desk_over: Over) -> None:
    body = "كلمة في نص طويل جداً. " * (SHOWN_CHARACTERS // 15)
    client = desk_over([replace(newsroom[0], body=body)])
    page = _page(client, f"/item/{newsroom[0].id}")
    assert _words(page.cssselect(".cut")[0]).startswith("قُصّ العرض هنا عند 200,000 حرف")
    assert len(page.cssselect(".prose")[0].text_content()) < SHOWN_CHARACTERS + 200


def test_a_body_as_long_as_the_limit_is_whole(newsroom: list[Document], desk_over: Over) -> None:
    client = desk_over([replace(newsroom[0], body="ا" * SHOWN_CHARACTERS)])
    assert not _page(client, f"/item/{newsroom[0].id}").cssselect(".cut")


def test_an_unknown_item_is_told_in_both_places(client: TestClient) -> None:
    assert "لم نجد هذه المادة" in _words(_page(client, "/item/unknown", status=404))
    page = _page(client, "/?item=unknown")
    assert "لم نجد هذه المادة" in _words(page.cssselect(".reading")[0])
    assert page.cssselect(".row")


def test_an_english_page_keeps_its_language_in_its_links(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, f"/item/{newsroom[0].id}?lang=en")
    assert page.get("dir") == "ltr"
    for link in page.cssselect(".related a, .back, .permalink, .brand"):
        assert "lang=en" in link.get("href")
    assert page.cssselect('.tool[lang="ar"]')[0].get("href") == f"/item/{newsroom[0].id}"


def test_the_pane_beside_the_list_marks_what_was_searched(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, f"/?q=ملوحة&item={newsroom[0].id}")
    assert "ملوحة" in _marked(page, "match")
