from __future__ import annotations

import random
from dataclasses import replace

import pytest

from index import MAXIMUM_PAGE, BadQuery, Field, Query, Sort


def walk(index, query, between=lambda: None):
    """All ids by paging, calling `between` between the pages."""
    found = []
    while True:
        page = index.search(query)
        assert len(page.hits) == query.size or not page.next
        found += [hit.document.id for hit in page.hits]
        if not page.next:
            return found
        between()
        query = replace(query, after=page.next)


@pytest.fixture
def crowd(make, store):
    """Documents with many ties: five moments, four urgencies, two texts."""
    chance = random.Random(3)
    documents = [
        make(
            f"{number:03}",
            title=chance.choice(("الماء", "انقطاع الماء في المدينة")),
            body="الماء " * chance.randint(0, 3),
            minutes=chance.choice((0, 1, 2, 60, 3000)),
            urgency=chance.choice(("critical", "high", "normal", "")),
        )
        for number in range(103)
    ]
    chance.shuffle(documents)
    store(*documents)
    return documents


ORDERS = {
    Sort.NEWEST: lambda document: (-document.published.timestamp(), document.id),
    Sort.OLDEST: lambda document: (document.published.timestamp(), document.id),
    Sort.URGENCY: lambda document: (
        ("critical", "high", "normal", "").index(document.urgency),
        -document.published.timestamp(),
        document.id,
    ),
}


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("text", ["", "الماء"])
def test_orders_by_time_break_ties_by_id(index, crowd, sort, text):
    expected = [document.id for document in sorted(crowd, key=ORDERS[sort])]
    assert walk(index, Query(text=text, sort=sort, size=10)) == expected
    assert walk(index, Query(text=text, sort=sort, size=500)) == expected


def test_an_unknown_urgency_comes_last(make, store, ids):
    store(make("odd", urgency="whenever"), make("none", minutes=1), make("normal", urgency="normal", minutes=2))
    assert ids(sort=Sort.URGENCY) == ["normal", "odd", "none"]


def test_relevance_without_text_is_newest_first(index, crowd):
    newest = [document.id for document in sorted(crowd, key=ORDERS[Sort.NEWEST])]
    assert walk(index, Query(sort=Sort.RELEVANCE, size=25)) == newest


def test_relevance_pages_hold_each_hit_once_the_best_first(index, crowd):
    page = index.search(Query(text="الماء", sort=Sort.RELEVANCE, size=500))
    scores = [hit.score for hit in page.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    whole = [hit.document.id for hit in page.hits]
    assert walk(index, Query(text="الماء", sort=Sort.RELEVANCE, size=7)) == whole
    assert sorted(whole) == [f"{number:03}" for number in range(103)]


def test_equal_scores_are_ordered_newest_first_then_by_id(make, store, ids):
    store(
        make("c", title="الماء", minutes=5),
        make("b", title="الماء", minutes=5),
        make("a", title="الماء", minutes=9),
        make("d", title="الماء", minutes=1),
    )
    assert ids("الماء") == ["d", "b", "c", "a"]


def test_exact_forms_come_before_inflected_ones(make, store, ids):
    store(
        make("inflected", body="وبدأ توزيع مياههم والماء اليوم في المدينة"),
        make("exact", body="وبدأ توزيع مياههم ماء اليوم في المدينة", minutes=100),
        *(make(f"other {number}", body="اجتماع مجلس المحافظة") for number in range(10)),
    )
    assert ids("ماء") == ["exact", "inflected"]
    assert ids("والماء") == ["inflected", "exact"]


def test_the_title_counts_above_the_body(make, store, ids):
    store(
        make("body", title="أخبار المدينة", body="تحدث الناس عن الماء وعن الماء في المدينة"),
        make("title", title="أخبار الماء", body="تحدث الناس عن الطرق وعن الجسور في المدينة", minutes=100),
        *(make(f"other {number}", title="خبر", body="اجتماع مجلس المحافظة") for number in range(10)),
    )
    assert ids("الماء") == ["title", "body"]


def test_a_text_that_speaks_of_it_more_comes_first(make, store, ids):
    store(
        make("once", body="اجتمع المجلس وتحدث عن الماء وعن الطرق وعن الجسور"),
        make("often", body="اجتمع المجلس وتحدث عن الماء وعن الماء وعن الماء", minutes=100),
        *(make(f"other {number}", body="افتتاح طريق جديد بين قريتين") for number in range(10)),
    )
    assert ids("الماء") == ["often", "once"]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("text", ["", "الماء", "الماء OR انقطاع", "-قديم"])
def test_writes_between_pages_neither_hide_nor_repeat(index, make, crowd, sort, text):
    chance = random.Random(5)
    started = {document.id for document in crowd}
    added = iter(range(10_000))

    def write():
        # New hits above and below, new texts that shift all statistics, and new versions of what was and will be shown.
        index.write(
            make(f"new {next(added)}", title="الماء " * chance.randint(1, 30), minutes=chance.randint(-9, 4000))
            for _ in range(3)
        )
        index.write(make(f"else {next(added)}", body="خبر آخر " * chance.randint(1, 99)) for _ in range(5))
        index.write([replace(chance.choice(crowd), version=next(added) + 2)])
        index.refresh()

    found = walk(index, Query(text=text, sort=sort, size=9), write)
    assert len(found) == len(set(found))
    assert started <= set(found)


@pytest.mark.parametrize("sort", Sort)
def test_deletes_between_pages_hide_only_what_was_deleted(index, crowd, sort):
    query = Query(text="الماء", sort=sort, size=10)
    first = index.search(query)
    shown = [hit.document.id for hit in first.hits]
    index.delete([*shown[-3:], "050"])
    index.refresh()
    found = shown + walk(index, replace(query, after=first.next))
    assert len(found) == len(set(found))
    assert {document.id for document in crowd} - set(found) <= {"050"}


@pytest.mark.parametrize("sort", Sort)
def test_thousands_of_hits_are_paged_without_overlap_or_gap(index, make, sort):
    chance = random.Random(7)
    index.write(
        make(
            f"{number:04}",
            title="الماء" if number % 3 else "ماء",
            body="خبر " * chance.randint(1, 20),
            minutes=chance.randint(0, 100_000),
        )
        for number in range(2500)
    )
    index.refresh()
    found = walk(index, Query(text="ماء", sort=sort, size=250))
    assert len(found) == len(set(found)) == 2500


@pytest.mark.parametrize("sort", Sort)
def test_a_page_size_may_change_between_pages(index, crowd, sort):
    query = Query(text="الماء", sort=sort, size=30)
    first = index.search(query)
    rest = index.search(replace(query, after=first.next, size=200, facets=(Field.OUTLET,)))
    assert {hit.document.id for hit in (*first.hits, *rest.hits)} == {document.id for document in crowd}
    assert rest.next == ""
    assert rest.total == 103


def test_the_last_page_has_no_next_even_when_it_is_full(index, make, store):
    store(*(make(str(number), title="الماء", minutes=number) for number in range(4)))
    for sort in Sort:
        first = index.search(Query(text="الماء", sort=sort, size=2))
        last = index.search(Query(text="الماء", sort=sort, size=2, after=first.next))
        assert (len(last.hits), last.next) == (2, "")


def test_a_cursor_fits_in_a_url(index, crowd):
    for sort in Sort:
        after = index.search(Query(text="الماء", sort=sort, size=20)).next
        assert after.replace("-", "").replace("_", "").isalnum()
        assert len(after) < 200


def test_a_cursor_of_another_query_is_refused(index, crowd):
    query = Query(text="الماء", sort=Sort.NEWEST, size=10)
    after = index.search(query).next
    for other in (
        replace(query, text="انقطاع"),
        replace(query, sort=Sort.OLDEST),
        replace(query, sort=Sort.RELEVANCE),
        replace(query, filters={Field.STANCE: ("none",)}),
        replace(query, since=crowd[0].published),
        replace(query, until=crowd[0].published),
    ):
        with pytest.raises(BadQuery):
            index.search(replace(other, after=after))


@pytest.mark.parametrize("after", ["x", "AAAA", "=", "%%%", "ماء", "\ud800", "\x00", "A" * 100_000, "-_-_-_-_"])
def test_a_cursor_that_no_page_gave_is_refused(index, crowd, after):
    for sort in Sort:
        with pytest.raises(BadQuery):
            index.search(Query(text="الماء", sort=sort, after=after))


def test_a_forged_cursor_is_refused_or_answered_but_never_crashes(index, crowd):
    chance = random.Random(11)
    for sort in Sort:
        query = Query(text="الماء", sort=sort, size=10)
        after = index.search(query).next
        for _ in range(60):
            letters = list(after)
            letters[chance.randrange(8, len(after))] = chance.choice("ABCxyz019-_")
            try:
                index.search(replace(query, after="".join(letters[: chance.randrange(8, len(after) + 1)])))
            except BadQuery:
                continue


@pytest.mark.parametrize("size", [-1, MAXIMUM_PAGE + 1, 10**9])
def test_a_size_out_of_range_is_refused(index, size):
    with pytest.raises(BadQuery):
        index.search(Query(size=size))


def test_the_largest_page_is_given(index, make):
    index.write(make(f"{number:04}", minutes=number) for number in range(MAXIMUM_PAGE + 1))
    index.refresh()
    page = index.search(Query(size=MAXIMUM_PAGE))
    assert len(page.hits) == MAXIMUM_PAGE
    assert page.next


def test_a_scan_gives_the_union_of_all_pages_newest_first(index, crowd):
    for text in ("", "الماء", "انقطاع -شيء"):
        query = Query(text=text, sort=Sort.NEWEST, size=20, filters={Field.URGENCY: ("critical", "high")})
        scanned = [document.id for document in index.scan(query)]
        assert scanned == walk(index, query)
        assert scanned
        assert [document.id for document in index.scan(replace(query, size=0, after="not heeded"))] == scanned


def test_a_scan_may_be_left_early_and_run_beside_others(index, crowd):
    first, second = index.scan(Query()), index.scan(Query(sort=Sort.OLDEST))
    assert next(first).id == next(second).id
    first.close()
    assert len(list(second)) == 102


def test_a_scan_goes_on_while_the_index_is_written(index, make, crowd):
    scan = index.scan(Query())
    next(scan)
    index.write(make(f"new {number}") for number in range(10))
    index.delete(["001"])
    assert len({document.id for document in scan} & {document.id for document in crowd}) >= 101
