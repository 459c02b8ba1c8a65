from __future__ import annotations

from urllib.parse import unquote, urlsplit

import feedparser
import pytest
from lxml import etree, html

FEEDS = [("rafid", "/rss.xml"), ("rafid", "/rss/local.xml"), ("sada-dhiqar", "/feed/")]
LISTS = [*FEEDS, ("baghdad-post", "/sitemap-news.xml")]


@pytest.mark.parametrize(("host", "path"), FEEDS)
def test_feeds_are_well_formed_and_complete(visit, host, path) -> None:
    feed = feedparser.parse(visit.at(host, path).content)
    assert not feed.bozo
    listed = {unquote(urlsplit(entry.link).path) for entry in feed.entries}
    known = visit.room.expected
    mine = [item for url, item in known.articles.items() if known.outlets[url] == host]
    if path == "/rss/local.xml":
        mine = [item for item in mine if item.section == "محليات"]
    assert {urlsplit(item.listed_path).path for item in mine} <= listed
    assert all(entry.published_parsed and entry.title for entry in feed.entries)


def test_the_feed_gives_the_time_of_publication_in_baghdad(visit) -> None:
    feed = feedparser.parse(visit.at("rafid", "/rss.xml").content)
    entry = next(entry for entry in feed.entries if entry.link.endswith("/news/1051"))
    assert entry.published == "Sun, 22 Nov 2026 09:15:00 +0300"
    assert tuple(entry.published_parsed)[:5] == (2026, 11, 22, 6, 15)


def test_two_feeds_list_the_same_items(visit) -> None:
    links = [
        {entry.link for entry in feedparser.parse(visit.at("rafid", path).content).entries} for _, path in FEEDS[:2]
    ]
    assert len(links[0] & links[1]) >= 5


def test_the_blog_feed_carries_excerpts_and_tracking_parameters(visit) -> None:
    entries = feedparser.parse(visit.at("sada-dhiqar", "/feed/").content).entries
    assert sum("utm_source" in entry.link for entry in entries) == 2
    assert all("أولاً على صدى ذي قار" in entry.content[0].value for entry in entries)
    assert any("%d8" in entry.link for entry in entries), "WordPress writes escapes in lower case"


def test_the_sitemap_lists_items_with_time_and_language(visit) -> None:
    tree = etree.fromstring(visit.at("baghdad-post", "/sitemap-news.xml").content)
    news = "{http://www.google.com/schemas/sitemap-news/0.9}"
    assert {each.text for each in tree.iter(f"{news}language")} == {"ar", "ckb"}
    assert len(list(tree.iter(f"{news}publication_date"))) == 14
    assert all(each.text and each.text.endswith("+03:00") for each in tree.iter(f"{news}publication_date"))


@pytest.mark.parametrize(
    ("host", "pages", "selector"),
    [
        ("karbala-now", ["/", "/page/2/", "/page/3/"], ".short-story h2 a"),
        ("anbar-local", ["/", "/index.php?page=2"], "a.newstitle"),
    ],
)
def test_listing_pages_together_link_every_item_once(visit, host, pages, selector) -> None:
    links: list[str] = []
    for page in pages:
        tree = html.fromstring(visit.at(host, page).content)
        tree.make_links_absolute(f"http://{host}.localhost:{visit.room.port}{page}")
        links += [link.get("href") for link in tree.cssselect(selector)]
    known = visit.room.expected
    mine = {url for url, outlet in known.outlets.items() if outlet == host}
    assert sorted(links) == sorted(mine)


def test_a_page_beyond_the_last_is_missing(visit) -> None:
    assert visit.at("karbala-now", "/page/4/").status_code == 404
    assert visit.at("karbala-now", "/page/0/").status_code == 404
    assert visit.at("anbar-local", "/index.php?page=٢").status_code == 404


def test_listing_pages_write_dates_as_such_sites_do(visit) -> None:
    assert "22-11-2026, 20:59" in visit.at("karbala-now", "/").text
    page = html.fromstring(visit.at("anbar-local", "/").content)
    assert "الاثنين ٢٣ تشرين الثاني ٢٠٢٦" in page.text_content()


@pytest.mark.parametrize(("host", "path"), LISTS)
def test_an_unchanged_list_is_not_sent_again(visit, host, path) -> None:
    first = visit.at(host, path)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for conditions in (
        {"if_none_match": etag},
        {"if_none_match": f'"other", W/{etag}'},
        {"if_modified_since": modified},
        {"if_none_match": etag, "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = visit.at(host, path, **conditions)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag


@pytest.mark.parametrize(
    "conditions",
    [
        {"if_none_match": '"other"'},
        {"if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"if_modified_since": "yesterday"},
        {"if_none_match": '"other"', "if_modified_since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ],
)
def test_a_list_that_may_have_changed_is_sent(visit, conditions) -> None:
    assert visit.at("rafid", "/rss.xml", **conditions).status_code == 200


def test_the_second_edition_shows_in_the_feed(fresh_visit) -> None:
    def entry():
        feed = feedparser.parse(fresh_visit.at("rafid", "/rss.xml").content)
        return next(each for each in feed.entries if each.link.endswith("/news/1058"))

    etag = fresh_visit.at("rafid", "/rss.xml").headers["etag"]
    before = entry()
    fresh_visit.room.edition = 2
    after = entry()
    assert after.updated_parsed > before.updated_parsed
    assert after.published_parsed == before.published_parsed
    assert ("40" in before.title, "65" in after.title) == (True, True)
    assert fresh_visit.at("rafid", "/rss.xml", if_none_match=etag).status_code == 200
    assert fresh_visit.at("sada-dhiqar", "/feed/").status_code == 200
