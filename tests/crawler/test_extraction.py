from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Outlet, PublishedFrom, extract
from crawler.boilerplate import kept_lines

URL = "https://example.iq/news/7"
GOLD = Path(__file__).resolve().parents[3] / "shared" / "html"
APPEAL = "ناشد أهالي قرية النخيل وزارة الموارد المائية إيصال الماء إلى قريتهم بعد جفاف النهر الذي يسقي بساتينهم."
MORE = "وقال مختار القرية إن العشرات من العائلات غادرت منازلها خلال الصيف بسبب العطش ونفوق المواشي في الحظائر."


@pytest.mark.skipif(not GOLD.is_dir(), reason="the gold page lies beside the checkout, in ../shared/html, and not here")
def test_the_gold_page_gives_its_title_date_and_text():
    expected = json.loads((GOLD / "cnn_arabic.json").read_text(encoding="utf-8"))
    extracted = extract((GOLD / "cnn_arabic.html").read_bytes(), expected["url"])
    lines = (GOLD / "cnn_arabic.txt").read_text(encoding="utf-8").split("\n")
    assert extracted.title == expected["title"]
    assert extracted.body.split("\n") == [line.strip() for line in lines if line.strip()]
    assert extracted.published == datetime(2013, 8, 28, 10, 0, tzinfo=UTC)
    assert extracted.published_from is PublishedFrom.DATELINE
    assert (extracted.canonical_url, extracted.language) == (expected["canonical_link"], "ar")


def test_an_article_comes_without_what_stands_around_it(page):
    extracted = extract(
        page("عنوان الخبر", APPEAL, "اقرأ أيضا: خبر آخر", MORE, "تابعونا على قناتنا في تلغرام").encode(), URL
    )
    assert (extracted.title, extracted.body) == ("عنوان الخبر", f"{APPEAL}\n{MORE}")


@pytest.mark.parametrize("sentence", ["نناشد وزارة الصحة إنقاذ الطفل علي.", "أهالي حي السلام بلا ماء منذ أسبوع."])
def test_one_sentence_among_many_links_is_the_whole_article(page, sentence):
    assert extract(page("نداء", sentence).encode(), URL).body == sentence


@pytest.mark.parametrize(
    "title",
    [
        "أهالي النخيل يناشدون - صحيفة المثال",
        "أهالي النخيل يناشدون | المثال",
        "صحيفة المثال | أهالي النخيل يناشدون",
        "أهالي النخيل يناشدون — وكالة المثال الإخبارية",
        "أهالي النخيل يناشدون - محليات - صحيفة المثال",
        "أهالي النخيل يناشدون » example.iq",
    ],
)
def test_a_title_loses_the_name_of_its_outlet(title):
    outlet = Outlet(id="example", name="صحيفة المثال", url="https://example.iq/")
    found = extract(f"<title>{title}</title><p>{APPEAL}</p>".encode(), URL, outlet=outlet).title
    assert found.removesuffix(" - محليات") == "أهالي النخيل يناشدون"


def test_a_title_keeps_what_only_resembles_a_name():
    outlet = Outlet(id="example", name="كربلاء", url="https://example.iq/")
    title = "بالصور - حريق في سوق كربلاء الكبير"
    assert extract(f"<title>{title}</title><p>{APPEAL}</p>".encode(), URL, outlet=outlet).title == title


LINKED = json.dumps(
    {"@type": "NewsArticle", "headline": "عنوان", "articleBody": APPEAL, "datePublished": "2024-05-20T20:59:00+03:00"}
)


@pytest.mark.parametrize(
    ("head", "body", "origin"),
    [
        ('<meta property="article:published_time" content="2024-05-20T17:59:00+00:00">', "", PublishedFrom.PAGE),
        (
            '<meta name="pubdate" content="1445-11-12T12:00:00Z"><meta name="date" content="2024-05-20 20:59">',
            "",
            PublishedFrom.PAGE,
        ),
        (f'<script type="application/ld+json">{{"@graph": [{LINKED}]}}</script>', "", PublishedFrom.PAGE),
        ("", '<time datetime="2024-05-20T20:59:00+03:00">أمس</time>', PublishedFrom.PAGE),
        (
            "",
            '<div class="post-date"><i></i> الاثنين 20 أيار 2024 | <span>8:59 مساءً</span></div>',
            PublishedFrom.DATELINE,
        ),
        ("", "<p>٢٠-٠٥-٢٠٢٤، ٢٠:٥٩</p>", PublishedFrom.DATELINE),
    ],
)
def test_the_published_time_is_read_where_the_page_has_it(head, body, origin):
    text = f"<h1>عنوان</h1>{body}<p>{APPEAL}</p><p>{MORE}</p>"
    html = f"<html><head>{head}</head><body><header>الجمعة 1 آب 2025</header>{text}</body></html>"
    extracted = extract(html.encode(), URL)
    assert (extracted.published, extracted.published_from) == (datetime(2024, 5, 20, 17, 59, tzinfo=UTC), origin)
    assert extracted.body == f"{APPEAL}\n{MORE}"


def test_a_page_without_a_date_has_none(page):
    extracted = extract(page("عنوان", APPEAL).encode(), URL)
    assert (extracted.published, extracted.published_raw, extracted.published_from) == (None, "", PublishedFrom.NOWHERE)


def test_an_outlets_own_selectors_go_first():
    html = f"""<h2 class="t">العنوان الصحيح</h2><h1>قسم الأخبار</h1><span id="d">20/5/2024 20:59</span>
    <div class="text">{APPEAL}<br>
    <b class="ad">إعلان ممول</b>{MORE}</div><p>{"كلام كثير من خارج الخبر. " * 20}</p>"""
    outlet = Outlet.model_validate(
        {
            "id": "example",
            "name": "مثال",
            "url": "https://example.iq/",
            "extraction": {"title": ".t", "body": ".text", "date": "#d", "remove": ".ad"},
        }
    )
    extracted = extract(html.encode(), URL, outlet=outlet)
    assert (extracted.title, extracted.body) == ("العنوان الصحيح", f"{APPEAL}\n{MORE}")
    assert extracted.published == datetime(2024, 5, 20, 17, 59, tzinfo=UTC)


def test_selectors_that_find_nothing_leave_the_page_to_the_general_reading(page):
    rules = {"title": ".none", "body": ".none", "date": ".none"}
    outlet = Outlet.model_validate({"id": "a", "name": "مثال", "url": "https://example.iq/", "extraction": rules})
    extracted = extract(page("عنوان", APPEAL).encode(), URL, outlet=outlet)
    assert (extracted.title, extracted.body) == ("عنوان", APPEAL)


def test_a_page_drawn_by_scripts_is_read_from_what_it_gives_to_search_engines():
    script = f'<script type="application/ld+json">{LINKED}</script>'
    html = f'<html><head>{script}</head><body><div id="root"></div></body></html>'
    extracted = extract(html.encode(), URL)
    assert (extracted.title, extracted.body) == ("عنوان", APPEAL)
    metas = {"og:type": "article", "og:title": "عنوان", "og:description": APPEAL}
    described = "".join(f'<meta property="{name}" content="{content}">' for name, content in metas.items())
    assert extract(f"<html><head>{described}</head><body></body></html>".encode(), URL).body == APPEAL


def test_a_short_article_in_a_wrapper_with_the_name_of_chrome_is_kept():
    inner = f'<div class="widget banner"><p>{APPEAL}</p></div>'
    html = f'<div class="post tag-water popular social"><h1>عنوان</h1>{inner}</div>'
    assert extract(html.encode(), URL).body == APPEAL


def test_the_non_joiner_of_kurdish_and_persian_stays():
    sentence = "شمار زائرانی که از پایانه مرزی می\u200cگذرند نسبت به هفته گذشته افزایش یافته است."
    extracted = extract(f'<html lang="fa"><h1>زائران می\u200cآیند</h1><p>{sentence}</p></html>'.encode(), URL)
    assert (extracted.title, extracted.body, extracted.language) == ("زائران می\u200cآیند", sentence, "fa")


@pytest.mark.parametrize(
    "html", [b"", b"words", b"\x00\xff", b"<html></html>", b"<html><title>x</title><nav><a href=/>y</a></nav></html>"]
)
def test_a_page_without_an_article_is_none(html):
    assert not extract(html, URL).is_article


def test_a_deeply_nested_page_is_read_without_harm():
    extract(b"<div>" * 50_000 + b"<p>x</p>", URL)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"<h1>{text}</h1><p>{text}</p>".encode()))
def test_no_page_makes_it_fail(html):
    extracted = extract(html, URL)
    assert "\n\n" not in extracted.body
    assert "\n" not in extracted.title


@pytest.mark.parametrize(
    "line",
    [
        "شارك الخبر", "مشاركة عبر فيسبوك", "Facebook Twitter WhatsApp", "طباعة", "عدد المشاهدات: ٢٣٤", "١٢٠ مشاهدة",
        "اقرأ أيضاً: حريق في سوق",
        "مواضيع ذات صلة", "تابعونا على قناتنا في تلغرام", "اشترك في نشرتنا البريدية",
        "الرئيسية | محليات | رياضة | اقتصاد",
        "اترك تعليقاً",
        "جميع الحقوق محفوظة لصحيفة المثال",
    ],
)  # fmt: skip
def test_chrome_is_not_text(line):
    assert kept_lines([APPEAL, line, MORE]) == [APPEAL, MORE]


@pytest.mark.parametrize(
    "line",
    [
        "شارك الأهالي في تشييع الضحايا", "تابعوا تطبيق القرار بأنفسهم في دوائر الماء.",
        "انضم عشرات الأهالي إلى الوقفة أمام مبنى المحافظة.",
        "طباعة الكتب المدرسية متوقفة منذ شهر", "اشتركت المديرية في حملة التنظيف", "قال إن سياسة الخصوصية لا تعنيه.",
        "بغداد / المثال",
    ],
)  # fmt: skip
def test_text_is_not_chrome(line):
    assert kept_lines([APPEAL, line, MORE]) == [APPEAL, line, MORE]
