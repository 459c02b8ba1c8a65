from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from lxml import html

from service.demo.troubles import HUGE_BYTES

BODIES = {
    "rafid": ".article-body",
    "karbala-now": "#t1, .full-text, [class=full-text]",
    "sada-dhiqar": ".entry-content",
    "anbar-local": ".newsbody",
    "baghdad-post": ".story-text",
}


def _text(content: bytes, encoding: str) -> str:
    tree = html.fromstring(content.decode(encoding, "replace"))
    return " ".join(tree.text_content().split())


def test_every_item_is_served_whole(fresh_visit) -> None:
    known = fresh_visit.room.expected
    for url, item in known.articles.items():
        answer = fresh_visit.get(url)
        assert answer.status_code == 200
        encoding = "windows-1256" if known.outlets[url] == "anbar-local" else "utf-8"
        text = _text(answer.content, encoding)
        for part in [item.title, *item.body.split("\n")]:
            assert " ".join(part.split()) in text
    assert fresh_visit.room.served == dict.fromkeys(known.articles, 1)


@pytest.mark.parametrize("host", BODIES)
def test_body_holds_the_text_and_its_page_much_else(visit, host) -> None:
    known = visit.room.expected
    url, item = next((u, i) for u, i in known.articles.items() if known.outlets[u] == host and i.serve == "well")
    encoding = "windows-1256" if host == "anbar-local" else "utf-8"
    tree = html.fromstring(visit.get(url).content.decode(encoding))
    paragraphs = [" ".join(p.text_content().split()) for p in tree.cssselect(BODIES[host])[0].iter("p")]
    assert paragraphs[: len(item.body.split("\n"))] == item.body.split("\n")
    assert len(_text(visit.get(url).content, encoding)) > len(item.body) + 200


def test_canonical_links_name_the_item_itself(visit) -> None:
    known = visit.room.expected
    for url in known.articles:
        if known.outlets[url] != "anbar-local":
            links = html.fromstring(visit.get(url).content).cssselect("link[rel=canonical]")
            assert [link.get("href").lower() for link in links] == [url.lower()]


def test_agency_pages_carry_their_metadata_as_linked_data(visit) -> None:
    tree = html.fromstring(visit.at("rafid", "/news/1051").content)
    data = json.loads(tree.cssselect('script[type="application/ld+json"]')[0].text)
    assert data["@type"] == "NewsArticle"
    assert data["datePublished"] == "2026-11-22T09:15:00+03:00"
    assert data["headline"] == "أهالي قضاء الفاو يناشدون الحكومة معالجة ملوحة مياه الشرب"


def test_pages_declare_their_language(visit) -> None:
    known = visit.room.expected
    assert sorted(known.foreign.values()) == ["ckb", "fa"]
    for url, language in known.foreign.items():
        assert html.fromstring(visit.get(url).content).get("lang") == language


def test_the_second_edition_corrects_a_number_and_adds_a_paragraph(fresh_visit) -> None:
    before = fresh_visit.at("rafid", "/news/1058").text
    fresh_visit.room.edition = 2
    after = fresh_visit.at("rafid", "/news/1058").text
    assert ("إنقاذ 40 عائلة" in before, "إنقاذ 40 عائلة" in after) == (True, False)
    assert ("إنقاذ 65 عائلة" in before, "إنقاذ 65 عائلة" in after) == (False, True)
    assert after.count("<p>") == before.count("<p>") + 1
    assert fresh_visit.at("rafid", "/news/1051").text.count("65") == fresh_visit.at("rafid", "/news/1051").text.count(
        "65 عائلة"
    )


def test_there_is_no_third_edition(fresh_visit) -> None:
    with pytest.raises(ValueError, match="not 3"):
        fresh_visit.room.edition = 3


class TestWindows1256:
    def test_pages_are_in_the_charset_that_they_declare(self, visit) -> None:
        answer = visit.at("anbar-local", "/details.php?id=318")
        assert answer.headers["content-type"] == "text/html"
        assert b"charset=windows-1256" in answer.content
        assert "نازحو مخيم النخيل" in answer.content.decode("windows-1256")
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")

    def test_digits_that_the_charset_lacks_are_character_references(self, visit) -> None:
        assert b"&#1634;&#1632;&#1632; " in visit.at("anbar-local", "/details.php?id=318").content

    def test_one_page_lies_about_its_charset(self, visit) -> None:
        answer = visit.at("anbar-local", "/details.php?id=312")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "متقاعدون في الرمادي" in answer.content.decode("windows-1256")


class TestTroubles:
    def test_a_listed_item_is_gone(self, visit) -> None:
        assert visit.at("rafid", "/news/1043").status_code == 404

    def test_an_old_address_leads_to_the_new_one(self, fresh_visit) -> None:
        answer = fresh_visit.at("rafid", "/index.php/local/1044")
        assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (301, "/news/1044")
        assert not fresh_visit.room.served

    def test_two_addresses_send_one_another_round(self, visit) -> None:
        first = visit.at("karbala-now", "/index.php?newsid=4410")
        second = visit.get(first.headers["location"])
        assert (first.status_code, second.status_code) == (302, 302)
        assert second.headers["location"].endswith("/index.php?newsid=4410")

    def test_robots_forbid_a_listed_item(self, visit) -> None:
        assert "Disallow: /archive/" in visit.at("karbala-now", "/robots.txt").text
        assert visit.at("karbala-now", "/archive/4312-jdwl-alqta.html").status_code == 200

    def test_a_listed_item_is_a_document(self, visit) -> None:
        answer = visit.at("sada-dhiqar", "/wp-content/uploads/2026/11/asmaa-almashmuleen.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")

    def test_the_huge_page_comes_in_pieces_without_a_length(self, visit) -> None:
        host = f"baghdad-post.localhost:{visit.room.port}"
        with visit.client.stream("GET", "/article/20725/document-scan", headers={"host": host}) as answer:
            assert "content-length" not in answer.headers
            taken = 0
            for piece in answer.iter_bytes():
                taken += len(piece)
                if taken > HUGE_BYTES // 10:
                    break
        assert visit.at("rafid", "/").status_code == 200, "a client that hangs up harms nobody"

    def test_the_huge_page_is_as_large_as_it_says(self, visit) -> None:
        assert len(visit.at("baghdad-post", "/article/20725/document-scan").content) >= HUGE_BYTES

    def test_broken_markup_is_really_broken(self, visit) -> None:
        content = visit.at("karbala-now", "/news/4420-majari-hay-alnaseem.html").content
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")
        assert content.count(b"<p>") > content.count(b"</p>")

    def test_tracking_parameters_change_nothing(self, fresh_visit) -> None:
        known = fresh_visit.room.expected
        url = next(url for url, item in known.articles.items() if item.tracked)
        assert fresh_visit.get(f"{url}?utm_source=feed&utm_medium=rss").status_code == 200
        assert fresh_visit.room.served[url] == 1
