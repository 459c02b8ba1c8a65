from __future__ import annotations

import gzip

import pytest

HOSTS = ("example.localhost",)
APPEAL = "ناشد أهالي قرية النخيل وزارة الموارد المائية إيصال الماء إلى قريتهم بعد جفاف النهر الذي يسقي بساتينهم."
MORE = "وقال مختار القرية إن العشرات من العائلات غادرت منازلها خلال الصيف بسبب العطش ونفوق المواشي في الحظائر."


@pytest.fixture(scope="module")
def troubled(module_site, crawl_in_child, page, registry, rss):
    """One crawl of a site that has every trouble, the site, and the addresses by name."""
    site = module_site
    url = {name: site.url(f"example/{name}") for name in ("gone", "loop", "forbidden", "unlisted")}
    site.add("example/robots.txt", "User-agent: *\nDisallow: /forbidden\n", headers={"Content-Type": "text/plain"})
    url["plain"] = site.add("example/plain", page("أهالي النخيل يناشدون", APPEAL, MORE))
    url["slow"] = site.add("example/slow", page("بطيء", APPEAL), delay=4.0)
    url["huge"] = site.add("example/huge", b"<p>" + b"x" * 400_000)
    url["endless"] = site.add("example/endless", b"<p>" + b"x" * 40_000, pieces=50)
    url["bomb"] = site.add(
        "example/bomb", gzip.compress(b"<p>" + b"x" * 20_000_000), headers={"Content-Encoding": "gzip"}
    )
    url["broken"] = site.add(
        "example/broken",
        f"<html><body><h1>عنوان مكسور الوسوم</h1><div><p>{APPEAL}<p>{MORE}</div></table></b>".encode() + b"\xff\xc3(",
    )
    legacy = page("عنوان بترميز قديم", APPEAL, MORE).replace("utf-8", "windows-1256").encode("cp1256")
    url["legacy"] = site.add("example/legacy", legacy, headers={"Content-Type": "text/html"})
    lying = page("عنوان بترميز كاذب", APPEAL, MORE).encode("cp1256")
    url["lying"] = site.add("example/lying", lying, headers={"Content-Type": "text/html; charset=utf-8"})
    url["pdf"] = site.add("example/pdf", b"%PDF-1.4 nothing", headers={"Content-Type": "application/pdf"})
    url["pdf-as-page"] = site.add("example/pdf-as-page", b"%PDF-1.4 nothing")
    kurdish = "دانیشتوانی گوندی نەخڵ داوا دەکەن ئاو بگاتە گوندەکەیان دوای وشکبوونی ڕووبارەکە."
    url["kurdish"] = site.add("example/kurdish", page("داوای ئاو", kurdish, lang="ckb"))
    url["sentence"] = site.add("example/sentence", page("نداء عاجل", "نناشد وزارة الصحة إنقاذ الطفل علي."))
    url["empty"] = site.add(
        "example/empty",
        "<html><head><title>صحيفة المثال</title></head><body><nav><a href=/>بيت</a></nav></body></html>",
    )
    url["error"] = site.add("example/error", "oops", status=500)
    url["lost"] = site.redirect("example/lost", site.url("example/"))
    site.add("example/", page("صحيفة المثال", "أهلا"))
    site.redirect("example/loop", site.url("example/loop?again"))
    site.redirect("example/loop?again", site.url("example/loop"))
    url["moved"] = site.redirect("example/moved", site.url("example/plain"))
    url["elsewhere"] = site.redirect("example/elsewhere", site.url("example/new-place"))
    site.add("example/new-place", page("انتقل الخبر", APPEAL + " في مكان جديد"))
    url["private"] = site.redirect("example/private", f"http://127.0.0.2:{site.port}/secret")
    url["metadata"] = site.redirect("example/metadata", "http://169.254.169.254/latest/meta-data/")
    url["other-name"] = site.redirect("example/other-name", f"http://inside.localhost:{site.port}/secret")
    url["decimal"] = site.redirect("example/decimal", f"http://2130706433:{site.port}/secret")
    url["nowhere"] = f"http://name-that-is-not.invalid:{site.port}/x"
    declared = f'<link rel="canonical" href="{site.url("example/story-7")}">'
    url["declares"] = site.add("example/declares?x=1", page("خبر يعلن عنوانه", MORE, head=declared))
    listed = [(address, f"title of {name}") for name, address in url.items() if name != "unlisted"]
    listed.append((url["plain"] + "?utm_source=rss#top", "again"))
    feed = rss(*listed).replace(
        "</channel>", "<item><title>no link</title></item><item><link>javascript:void(0)</link></item></channel>"
    )
    site.add("example/rss.xml", feed, headers={"Content-Type": "application/rss+xml"}, etag='"one"')
    links = "".join(f'<div class="item"><a href="{path}">{path}</a></div>' for path in ("/plain", "/second?fbclid=9"))
    site.add(
        "example/list",
        f"<html><body>{links}<div class='item'><a href='http://elsewhere.iq/x'>x</a></div></body></html>",
    )
    site.add("example/second?fbclid=9", page("الخبر الثاني", MORE, APPEAL))
    crawled = crawl_in_child(
        registry=registry(
            ("feed", "feed", site.url("example/rss.xml")),
            ("list", "listing", site.url("example/list"), 'items = ".item"'),
        ),
        options={
            "allow_private_hosts": HOSTS,
            "timeout": 1.5,
            "retries": 0,
            "max_bytes": 300_000,
            "contact": "https://rasid.example",
        },
    )
    return site, url, crawled


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone", "not_found"),
        ("lost", "not_found"),
        ("error", "http_error"),
        ("loop", "redirect_loop"),
        ("huge", "too_large"),
        ("endless", "too_large"),
        ("bomb", "too_large"),
        ("slow", "timeout"),
        ("nowhere", "unreachable"),
        ("forbidden", "robots"),
        ("private", "private_address"),
        ("metadata", "private_address"),
        ("other-name", "private_address"),
        ("decimal", "private_address"),
        ("pdf", "not_html"),
        ("pdf-as-page", "not_html"),
        ("empty", "no_text"),
    ],
)
def test_a_failed_item_is_rejected_with_its_reason(troubled, name, reason):
    _, url, crawled = troubled
    assert crawled.reason(url[name]) == reason
    assert next(found["detail"] for found in crawled.rejections if found["url"] == url[name])


def test_nothing_is_fetched_twice_and_nothing_that_is_forbidden(troubled):
    site, _, _ = troubled
    loops = {"example/loop", "example/loop?again"}
    assert {address: count for address, count in site.requests.items() if count > 1 and address not in loops} == {}
    assert not [
        address
        for address in site.requests
        if address.startswith(("example/forbidden", "127.", "inside", "2130706433"))
    ]


def test_no_trouble_of_a_site_is_an_error_of_ours(troubled):
    _, _, crawled = troubled
    assert "Error caught on signal handler" not in crawled.stderr


def test_the_crawler_says_who_it_is(troubled):
    site, _, _ = troubled
    (agent,) = site.agents
    assert agent.startswith("Rasid/")
    assert agent.endswith(" (+https://rasid.example)")


@pytest.mark.parametrize("name", ["plain", "broken", "legacy", "lying"])
def test_text_comes_out_of_broken_and_lying_pages(troubled, name):
    _, url, crawled = troubled
    body = crawled.article(url[name])["body"].split("\n")
    assert body[0] == APPEAL
    assert body[1].startswith(MORE)


def test_an_item_of_one_sentence_is_kept_without_what_stands_around_it(troubled):
    _, url, crawled = troubled
    article = crawled.article(url["sentence"])
    assert (article["title"], article["body"]) == ("نداء عاجل", "نناشد وزارة الصحة إنقاذ الطفل علي.")


def test_a_kurdish_page_is_accepted_with_its_language(troubled):
    _, url, crawled = troubled
    assert crawled.article(url["kurdish"])["language"] == "ckb"


def test_a_redirected_item_keeps_the_address_under_which_it_was_listed(troubled):
    site, url, crawled = troubled
    assert crawled.article(site.url("example/new-place"))["listed"] == url["elsewhere"]
    assert crawled.article(site.url("example/story-7"))["listed"] == url["declares"]


def test_an_item_of_two_sources_is_one_article(troubled):
    site, url, crawled = troubled
    assert [article["url"] for article in crawled.articles].count(url["plain"]) == 1
    assert crawled.article(site.url("example/second"))["source"] == "list"


def test_the_reports_account_for_every_listed_item(troubled):
    _, url, crawled = troubled
    feed, listing = crawled.reports["feed"], crawled.reports["list"]
    assert feed["listed"] == len(url) - 1
    for report in (feed, listing):
        assert report["listed"] == report["known"] + report["accepted"] + sum(report["rejected"].values())
    # One item is in both lists and one leads to it: whichever is first fetches it.
    assert (listing["listed"], listing["known"] + feed["known"]) == (2, 2)
    assert crawled.finished == [*crawled.reports.values()]


def test_a_list_with_items_that_failed_for_now_is_read_again(troubled):
    _, _, crawled = troubled
    assert crawled.reports["feed"]["validators"] == {"etag": "", "last_modified": ""}


def test_progress_is_told_for_every_item_and_every_source(troubled):
    _, _, crawled = troubled
    done = [step for step in crawled.progress if step["url"]]
    assert len(done) == len(crawled.articles) + len(crawled.rejections)
    assert sorted(step["source"] for step in crawled.progress if step["finished"]) == ["feed", "list"]


def test_an_unchanged_list_is_not_read_again(site, crawl_in_child, page, registry, rss):
    item = site.add("example/1", page("خبر", APPEAL))
    feed = site.add("example/rss.xml", rss((item, "خبر", "Mon, 20 May 2024 20:59:00 +0300")), etag='"v1"')
    first = crawl_in_child(registry=registry(("feed", "feed", feed)), options={"allow_private_hosts": HOSTS})
    validators = first.reports["feed"]["validators"]
    assert validators["etag"] == '"v1"'
    again = crawl_in_child(
        registry=registry(("feed", "feed", feed)),
        options={"allow_private_hosts": HOSTS},
        validators={"feed": validators},
    )
    report = again.reports["feed"]
    assert (report["unchanged"], report["listed"], report["validators"]) == (True, 0, validators)
    assert site.requests["example/1"] == 1
    assert first.articles[0]["published"] == "2024-05-20 17:59:00+00:00"
    assert first.articles[0]["published_from"] == "feed"


def test_known_items_are_fetched_only_when_their_stamp_changed(site, crawl_in_child, page, registry, rss):
    dates = {"same": "Mon, 20 May 2024 20:59:00 +0300", "edited": "Mon, 20 May 2024 22:00:00 +0300", "new": ""}
    items = [(site.add(f"example/{name}", page(name, APPEAL)), name, date) for name, date in dates.items()]
    feed = site.add("example/rss.xml", rss(*items))
    crawled = crawl_in_child(
        registry=registry(("feed", "feed", feed)),
        options={"allow_private_hosts": HOSTS},
        held={site.url("example/same"): dates["same"], site.url("example/edited"): dates["same"]},
    )
    assert sorted(article["url"] for article in crawled.articles) == [
        site.url("example/edited"),
        site.url("example/new"),
    ]
    assert crawled.reports["feed"]["known"] == 1
    assert crawled.article(site.url("example/edited"))["stamp"] == dates["edited"]


def test_a_sitemap_index_leads_to_its_newest_items(site, crawl_in_child, page, registry):
    story = site.add("example/story", page("خبر الخريطة", APPEAL))
    news = site.add(
        "example/news.xml",
        f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
        <url><loc>{story}</loc><news:news><news:publication_date>2024-05-20T20:59:00+03:00</news:publication_date>
        <news:title>خبر</news:title></news:news></url></urlset>""",
        headers={"Content-Type": "application/xml"},
    )
    old = site.url("example/old.xml")
    index = site.add(
        "example/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{news}</loc><lastmod>2024-05-20</lastmod></sitemap></sitemapindex><!-- {old} -->",
    )
    crawled = crawl_in_child(registry=registry(("map", "sitemap", index)), options={"allow_private_hosts": HOSTS})
    (article,) = crawled.articles
    assert (article["url"], article["published_from"]) == (story, "sitemap")


def test_what_is_left_over_is_fetched_by_the_next_crawl(site, crawl_in_child, page, registry, rss):
    items = [(site.add(f"example/{n}", page(f"خبر {n}", APPEAL)), str(n)) for n in range(5)]
    feed = site.add("example/rss.xml", rss(*items), etag='"v"')
    options = {"allow_private_hosts": HOSTS, "max_items": 3}
    first = crawl_in_child(registry=registry(("feed", "feed", feed)), options=options)
    assert (len(first.articles), first.reports["feed"]["validators"]["etag"]) == (3, "")
    held = {article["listed"]: "" for article in first.articles}
    second = crawl_in_child(registry=registry(("feed", "feed", feed)), options=options, held=held)
    assert len(second.articles) == 2
    assert second.reports["feed"]["validators"]["etag"] == '"v"'


def test_a_list_that_fails_is_a_rejection_of_its_source(site, crawl_in_child, registry, rss):
    broken = site.add("example/rss.xml", "<html>no feed</html>")
    empty = site.add("example/empty.xml", rss())
    crawled = crawl_in_child(
        registry=registry(("a", "feed", broken), ("b", "feed", empty), ("c", "feed", site.url("example/none.xml"))),
        options={"allow_private_hosts": HOSTS, "retries": 0},
    )
    assert {name: report["rejected"] for name, report in crawled.reports.items()} == {
        "a": {"bad_list": 1},
        "b": {"bad_list": 1},
        "c": {"not_found": 1},
    }


def test_a_private_host_must_be_allowed_by_name(site, crawl_in_child, registry, rss):
    feed = site.add("example/rss.xml", rss((site.url("example/1"), "x")))
    crawled = crawl_in_child(registry=registry(("feed", "feed", feed)))
    assert crawled.reports["feed"]["rejected"] == {"private_address": 1}
    assert site.requests == {}


def test_a_failing_sink_ends_the_crawl_and_is_heard(site, crawl_in_child, page, registry, rss):
    items = [(site.add(f"example/{n}", page(f"خبر {n}", APPEAL)), str(n)) for n in range(40)]
    feed = site.add("example/rss.xml", rss(*items))
    crawled = crawl_in_child(
        registry=registry(("feed", "feed", feed)), options={"allow_private_hosts": HOSTS, "delay": 0.1}, fail_at=3
    )
    assert crawled.raised == "SinkError: the disk is full"
    assert (len(crawled.articles), crawled.finished) == (2, [])
    assert site.requests.total() < 40


def test_a_second_crawl_in_one_process_is_refused(site, crawl_in_child, page, registry, rss):
    feed = site.add("example/rss.xml", rss((site.add("example/1", page("خبر", APPEAL)), "x")))
    crawled = crawl_in_child(
        registry=registry(("feed", "feed", feed)), options={"allow_private_hosts": HOSTS}, twice=True
    )
    assert "this process has crawled before" in crawled.raised


def test_a_slow_outlet_holds_up_none_but_itself_in_a_crawl_that_goes_on(site, crawl_in_child, page, registry, rss):
    url = site.add("example/a", page("أهالي النخيل يناشدون", APPEAL, MORE))
    quick = site.add("example/rss.xml", rss((url, "", "")))
    slow = site.add("slow/rss.xml", rss((site.url("slow/gone"), "", "")), delay=3.0)
    crawled = crawl_in_child(
        task="watch",
        registry=registry(("slow", "feed", slow), ("quick", "feed", quick)),
        options={"allow_private_hosts": [*HOSTS, "slow.localhost"]},
        due=[["slow", "quick"], ["slow", "unheard-of"], [], ["quick"]],
    )
    assert crawled.raised == ""
    assert [report["source"] for report in crawled.finished] == ["quick", "quick", "slow"]
    # this sink holds nothing, so the item is asked for at each of the two turns
    assert [site.requests[address] for address in ("example/rss.xml", "example/a", "slow/rss.xml")] == [2, 2, 1]


def test_an_item_on_which_we_fail_unforeseen_is_a_rejection_and_holds_nothing_up(
    site, crawl_in_child, page, registry, rss
):
    good, bad = (site.add(f"example/{name}", page(f"خبر {name}", APPEAL, MORE)) for name in ("good", "bad"))
    long = site.url("example/") + "ع" * 700  # short as it is written, six times as long as it is asked for
    feed = site.add("example/rss.xml", rss((bad, "خبر", "poison"), (good, "خبر"), (long, "خبر")))
    crawled = crawl_in_child(
        task="watch",
        registry=registry(("feed", "feed", feed)),
        options={"allow_private_hosts": HOSTS},
        due=[["feed"], *[[]] * 12],
        poison="poison",
    )
    assert crawled.raised == ""
    assert [article["url"] for article in crawled.articles] == [good]
    assert "nobody foresaw this" in next(found["detail"] for found in crawled.rejections if found["url"] == bad)
    (report,) = crawled.finished
    assert (report["accepted"], report["rejected"]) == (1, {"no_text": 1, "unreachable": 1})


def test_a_sink_that_fails_ends_a_crawl_that_goes_on(site, crawl_in_child, page, registry, rss):
    url = site.add("example/a", page("أهالي النخيل يناشدون", APPEAL, MORE))
    crawled = crawl_in_child(
        task="watch",
        registry=registry(("feed", "feed", site.add("example/rss.xml", rss((url, "", ""))))),
        options={"allow_private_hosts": HOSTS},
        due=[["feed"]] * 100,
        fail_at=1,
    )
    assert crawled.raised == "SinkError: the disk is full"


def test_an_unknown_source_is_refused_before_anything_is_fetched(site, crawl_in_child, registry, rss):
    feed = site.add("example/rss.xml", rss())
    crawled = crawl_in_child(registry=registry(("feed", "feed", feed)), options={"sources": ["typo"]})
    assert crawled.raised == "OptionsError: no such source: typo"
    assert site.requests == {}


def test_pages_are_read_in_processes_of_their_own(site, crawl_in_child, page, registry, rss):
    items = [(site.add(f"example/{n}", page(f"خبر {n}", APPEAL)), str(n)) for n in range(4)]
    feed = site.add("example/rss.xml", rss(*items))
    crawled = crawl_in_child(
        registry=registry(("feed", "feed", feed)), options={"allow_private_hosts": HOSTS, "extraction_processes": 2}
    )
    assert len(crawled.articles) == 4
    assert crawled.stderr == ""


def test_check_says_what_each_source_gives(site, crawl_in_child, page, registry, rss):
    item = site.add("example/1", page("خبر العينة", APPEAL))
    good = site.add("example/rss.xml", rss((item, "x", "Mon, 20 May 2024 20:59:00 +0300")))
    crawled = crawl_in_child(
        task="check",
        registry=registry(("good", "feed", good), ("bad", "feed", site.url("example/none.xml"))),
        options={"allow_private_hosts": HOSTS},
    )
    well, ill = crawled.result
    assert (well["ok"], well["listed"], well["newest"], well["sample"]["title"]) == (
        True,
        1,
        "2024-05-20 17:59:00+00:00",
        "خبر العينة",
    )
    assert (ill["ok"], ill["faults"][0].partition(":")[0]) == (False, "not_found")
    assert "\n" not in well["text"] + ill["text"]


def test_discover_finds_what_a_site_declares(site, crawl_in_child, page):
    head = (
        '<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="alternate" '
        'type="application/rss+xml" href="/comments/feed/" title="comments"><link rel="alternate" '
        'type="application/atom+xml" href="http://elsewhere.iq/atom">'
    )
    site.add("example/", page("صحيفة المثال", "أهلا", head=head))
    site.add("example/robots.txt", f"User-agent: *\nDisallow:\nSitemap: {site.url('example/news.xml')}\n")
    options = {"allow_private_hosts": HOSTS}
    found = crawl_in_child(task="discover", url=site.url("example/"), options=options).result
    assert found["name"] == "صحيفة المثال"
    assert found["sources"] == [["feed", site.url("example/feed/")], ["sitemap", site.url("example/news.xml")]]
    assert "[[outlet.source]]" in found["text"]


def test_discover_says_why_a_page_did_not_come(site, crawl_in_child):
    crawled = crawl_in_child(task="discover", url=site.url("example/"))
    assert "private_address" in crawled.raised
