from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import PublishedFrom
from crawler.entries import MAX_ENTRIES, BadListError
from crawler.feeds import read_feed
from crawler.listings import read_listing
from crawler.sitemaps import read_sitemap

URL = "https://example.iq/list"


def test_rss_and_atom_are_read(rss):
    page = read_feed(
        rss(("https://example.iq/1", "مياه &amp;amp; كهرباء", "Mon, 20 May 2024 20:59:00 +0300"), ("/2", "ب")).encode(),
        URL,
    )
    assert [entry.url for entry in page.entries] == ["https://example.iq/1", "https://example.iq/2"]
    first, second = page.entries
    assert (first.title, first.published_raw, first.published_from) == (
        "مياه & كهرباء",
        "Mon, 20 May 2024 20:59:00 +0300",
        PublishedFrom.FEED,
    )
    assert (second.published_from, second.stamp) == (PublishedFrom.NOWHERE, "")
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>خبر</title><link href="https://example.iq/3"/>
    <published>2024-05-20T17:59:00Z</published><updated>2024-05-21T06:00:00Z</updated></entry></feed>"""
    (entry,) = read_feed(atom.encode(), URL).entries
    assert (entry.published_raw, entry.stamp) == ("2024-05-20T17:59:00Z", "2024-05-21T06:00:00Z")


def test_a_feed_in_a_legacy_encoding_is_read(rss):
    feed = rss(("https://example.iq/1", "أهالي الشامية")).replace("utf-8", "windows-1256").encode("cp1256")
    assert read_feed(feed, URL, "text/xml").entries[0].title == "أهالي الشامية"


def test_a_broken_feed_gives_what_can_be_read_of_it(rss):
    feed = rss(("https://example.iq/1", "a & b <br>"), ("https://example.iq/2", "c")).replace(
        "</channel></rss>", "<item><title>x"
    )
    assert [entry.url for entry in read_feed(feed.encode(), URL).entries] == [
        "https://example.iq/1",
        "https://example.iq/2",
    ]


def test_items_without_a_usable_link_are_left_out(rss):
    feed = rss(
        ("javascript:alert(1)", "a"),
        ("mailto:a@b.iq", "b"),
        ("http://[bad", "c"),
        ("", "d"),
        ("https://example.iq/1", "e"),
    )
    assert [entry.title for entry in read_feed(feed.encode(), "not a base").entries] == ["e"]


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE rss [{ENTITIES}]><rss version="2.0"><channel><title>&a9;</title></channel></rss>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>',
        "<html><body>not a feed</body></html>",
        "",
        "\x00\x01\x02",
    ],
)
def test_a_hostile_feed_is_a_bad_list(body):
    started = time.monotonic()
    with pytest.raises(BadListError):
        read_feed(body.encode(), URL)
    assert time.monotonic() - started < 2


def test_a_feed_of_ten_thousand_items_is_cut(rss):
    feed = rss(*((f"https://example.iq/{n}", "خبر") for n in range(10_000))).encode()
    entries = read_feed(feed, URL).entries
    assert len(entries) == MAX_ENTRIES
    assert entries[0].url == "https://example.iq/0"


def sitemap(*rows: str) -> bytes:
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {spaces}>{"".join(rows)}</urlset>'.encode()


def test_a_news_sitemap_is_read_newest_first_gzipped_or_not():
    old = "<url><loc>https://example.iq/1</loc><lastmod>2024-05-19</lastmod></url>"
    new = """<url><loc> https://example.iq/2 </loc><n:news>
    <n:publication><n:name>مثال</n:name><n:language>ar</n:language></n:publication>
    <n:publication_date>2024-05-20T20:59+03:00</n:publication_date><n:title>خبر</n:title></n:news></url>"""
    for body in (sitemap(old, new), gzip.compress(sitemap(old, new))):
        first, second = read_sitemap(body, URL).entries
        assert (first.url, first.title, first.published_raw) == (
            "https://example.iq/2",
            "خبر",
            "2024-05-20T20:59+03:00",
        )
        assert (first.published_from, first.stamp) == (PublishedFrom.SITEMAP, first.published_raw)
        assert (second.published_from, second.stamp) == (PublishedFrom.NOWHERE, "2024-05-19")


def test_an_index_leads_to_its_newest_sitemaps():
    rows = "".join(
        f"<sitemap><loc>https://example.iq/{n}.xml</loc><lastmod>2024-0{n}-01</lastmod></sitemap>" for n in range(1, 9)
    )
    page = read_sitemap(f"<sitemapindex>{rows}</sitemapindex>".encode(), URL)
    assert page.following == ("https://example.iq/8.xml", "https://example.iq/7.xml", "https://example.iq/6.xml")


@pytest.mark.parametrize(
    "body",
    [
        b"<html></html>",
        b"",
        b"plain",
        gzip.compress(b"\x00" * 60_000_000),
        gzip.compress(sitemap())[:20],
        b'<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>',
    ],
    ids=["a page", "nothing", "no markup", "a bomb", "half an archive", "an entity"],
)
def test_what_is_no_sitemap_is_a_bad_list(body):
    with pytest.raises(BadListError):
        read_sitemap(body, URL)


def test_an_external_entity_in_a_sitemap_is_not_read():
    body = b'<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/hostname">]><urlset><url><loc>https://a.iq/&x;</loc></url></urlset>'
    assert [entry.url for entry in read_sitemap(body, URL).entries] == ["https://a.iq/"]


LISTING = """<html><body><a href="/">الرئيسية</a><div class="item"><a href="/news/1"><img></a><h3><a href="/news/1#c">
خبر <b>أ</b>ول</a></h3><span class="date">20-05-2024, 20:59</span></div><div class="item"><a href="news/2">خبر ثان</a>
<span class="date">أمس</span></div><div class="item"><a href="https://elsewhere.iq/x">خارجي</a></div>
<div class="item">بلا رابط</div><a href="/about">من نحن</a></body></html>"""


def test_a_listing_is_read_by_selector_with_its_dates():
    first, second = read_listing(
        LISTING.encode(), "https://example.iq/", items=".item", pattern=None, date=".date"
    ).entries
    assert (first.url, first.title, first.published_raw, first.stamp) == (
        "https://example.iq/news/1",
        "خبر أول",
        "20-05-2024, 20:59",
        "20-05-2024, 20:59",
    )
    # A date relative to now changes every day and says nothing of an edit.
    assert (second.published_raw, second.stamp) == ("أمس", "")


def test_a_listing_is_read_by_pattern():
    page = read_listing(LISTING.encode(), "https://example.iq/", items=None, pattern=r"/news/\d+$")
    assert [(entry.url, entry.title) for entry in page.entries] == [
        ("https://example.iq/news/1", "خبر أول"),
        ("https://example.iq/news/2", "خبر ثان"),
    ]


@pytest.mark.parametrize("body", [b"", b"plain words", b"<html><body><a href='/'>x</a></body></html>", b"%PDF-1.4"])
def test_a_listing_in_which_nothing_fits_is_a_bad_list(body):
    with pytest.raises(BadListError):
        read_listing(body, "https://example.iq/", items=".item", pattern=None)


@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail_in_another_way(body):
    for read in (read_feed, read_sitemap, lambda body, url: read_listing(body, url, items="a", pattern=None)):
        try:
            read(body, URL)
        except BadListError:
            continue
