from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Field, Query, Sort, open_index
from index.arabic import analyse

TITLES = {
    "hospital": "مستشفى الزبير بلا ماء",
    "hospitals": "المستشفيات تشكو نقص الدواء",
    "future": "مستقبل الزراعة في واسط",
    "family": "أُسرة تناشد: إنقاذ ٢٠ مريضاً في 2024",
    "school": "مدرسة قرية العَمّارية",
    "covid": "COVID لقاح",
    "long": "قسطنطينيةالعظمى",
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("مس", {"hospital", "future"}),
        ("مست", {"hospital", "future"}),
        ("مستش", {"hospital"}),
        ("مستشفى", {"hospital", "hospitals"}),  # the whole word: its other forms too
        ("المست", {"hospitals"}),
        ("الزر", {"future"}),
        ("أسر", {"family"}),
        ("اسر", {"family"}),
        ("إسره", {"family"}),
        ("انق", {"family"}),
        ("مدرسه", {"school"}),
        ("مدرسة", {"school"}),
        ("العمار", {"school"}),
        ("العَمّ", {"school"}),
        ("العـمـ", {"school"}),
        ("20", {"family"}),
        ("٢٠", {"family"}),
        ("202", {"family"}),
        ("cov", {"covid"}),
        ("CoVi", {"covid"}),
        ("قسطنطينيةال", {"long"}),
        ("قسطنطينيهالع", {"long"}),
        ("قسطنطينيةالعظ", {"long"}),
        ("قسطنطينيةالعط", set()),
        ("م", set()),
        ("2", set()),
        ("شفى", set()),
    ],
)
def test_the_beginning_of_a_word_of_the_title_is_enough(make, store, ids, typed, found):
    store(*(make(name, title=title) for name, title in TITLES.items()))
    assert set(ids(typed, typing=True)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("زبير مستش", {"hospital"}),
        ("زراعة مستش", set()),
        ("مستش زبير", set()),  # only the last word is being typed
        ("زبير OR مستق", {"hospital", "future"}),
        ("ماء -مستش", {"hospital"}),
        ("مستش ", set()),
        ("مستش،", set()),
        ('"مستش"', set()),
        ('"مستش', {"hospital"}),
        ("-مستش", set(TITLES)),
        ("19-cov", set()),
        ("ماء ـ مستش", {"hospital"}),
        ("في زر", set()),
        ("زبير في", {"hospital"}),  # a stop word is not required beside another word
    ],
)
def test_what_stands_before_is_heeded_as_ever(make, store, ids, typed, found):
    store(*(make(name, title=title) for name, title in TITLES.items()))
    assert set(ids(typed, typing=True)) == found


def test_bodies_and_searches_that_are_not_typed_know_whole_words_only(make, store, ids):
    store(make("title", title="مستشفى الزبير"), make("body", body="مستشفى الزبير"))
    assert ids("مستش", typing=True) == ["title"]
    assert ids("مستش") == []


def test_a_word_that_is_found_by_its_beginning_is_marked_in_the_title_alone(index, make, store):
    store(make("a", title="وقال: مُستشفى، المستشفى ومستشفيات", body="ماء مستشفى"))
    (hit,) = index.search(Query(text="ماء مستش", typing=True)).hits
    assert [hit.document.title[start:end] for start, end in hit.title_marks] == ["مُستشفى"]
    assert [hit.document.body[start:end] for start, end in hit.body_marks] == ["ماء"]


def test_whole_words_come_before_beginnings_and_these_by_time(index, make, store):
    store(
        make("begun-old", title="مستشفى البصرة", minutes=9),
        make("whole", title="مستش", minutes=5),
        make("begun-new", title="مستشفى الكوفة"),
    )
    page = index.search(Query(text="مستش", typing=True, sort=Sort.RELEVANCE))
    assert [hit.document.id for hit in page.hits] == ["whole", "begun-new", "begun-old"]
    assert [hit.score > 0 for hit in page.hits] == [True, False, False]
    newest = index.search(Query(text="مستش", typing=True, sort=Sort.NEWEST))
    assert [hit.document.id for hit in newest.hits] == ["begun-new", "whole", "begun-old"]


@pytest.mark.parametrize("sort", [Sort.RELEVANCE, Sort.NEWEST])
def test_pages_filters_facets_and_scans_know_of_it(index, make, store, sort):
    store(*(make(f"{n:02}", title="مستشفى", stance=("appeal", "none")[n % 2], minutes=n) for n in range(20)))
    asked = {"text": "مستش", "typing": True, "filters": {Field.STANCE: ("appeal",)}, "sort": sort, "size": 4}
    seen, after = [], ""
    while True:
        page = index.search(Query(**asked, after=after, facets=(Field.STANCE,)))
        seen += [hit.document.id for hit in page.hits]
        assert page.total == 10
        assert page.facets[Field.STANCE] == (("appeal", 10), ("none", 10))
        if not page.next:
            break
        after = page.next
    assert seen == [f"{n:02}" for n in range(0, 20, 2)]
    assert [document.id for document in index.scan(Query(**asked))] == seen


def test_titles_that_change_or_go_are_no_longer_found(index, make, store, ids):
    store(make("a", title="مستشفى"), make("b", title="مستشفى"))
    store(make("a", version=2, title="مدرسة"))
    index.delete(["b"])
    index.refresh()
    assert ids("مستش", typing=True) == []
    assert ids("مدر", typing=True) == ["a"]
    index.clear()
    assert ids("مدر", typing=True) == []


WORDS = st.sampled_from(
    ["ماء", "ماءات", "الماء", "مائي", "مَاء", "أمل", "امل", "مدرسة", "مدرسه", "٢٠٢٤", "20", "في", "فيضان"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.integers(1, 6))
def test_it_finds_what_is_found_as_ever_and_what_begins_so(index, make, ids, title, letters):
    if index.get("0") is None:
        index.write([make(str(n), title=text) for n, text in enumerate(TITLE_CORPUS)])
        index.refresh()
    typed = title[:letters]
    words = analyse(typed)
    wanted = set(ids(typed))
    if words and len(words) == 1 and words[0].end == len(typed) and len(words[0].exact) > 1:
        wanted |= {
            str(n)
            for n, text in enumerate(TITLE_CORPUS)
            if any(word.exact.startswith(words[0].exact) for word in analyse(text))
        }
        assert set(ids(typed, typing=True)) == wanted


TITLE_CORPUS = ["ماءات", "الماء", "مائي وفير", "أمل كبير", "آمال", "مدرسة", "عام ٢٠٢٤", "عام 20", "في البيت", "فيضان"]


ODD = ("", " ", '"', "«", "-", "OR", "\x00", "\ud800", "م\ud800", "م" * 300, "ماء " * 200 + "كه")


@pytest.mark.parametrize("text", [*ODD, "*", "ما*", "ما\u200f", "🙂", "=ما", "ما'", 'ما" OR "'])
def test_any_text_may_be_typed(index, make, store, text):
    store(make("a", title="الماء ماء كهرباء"))
    page = index.search(Query(text=text, typing=True, facets=tuple(Field)))
    assert page.total >= index.search(Query(text=text)).total


def test_a_word_with_synonyms_finds_by_its_beginning_too(address, make):
    with open_index(address, synonyms=[("القادسية", "الديوانية"), ("حقوق الانسان", "الحقوق الإنسانية")]) as index:
        index.write([make("a", title="الديوانية"), make("b", title="القادسيةون"), make("c", title="الانسانيات")])
        index.refresh()
        assert {hit.document.id for hit in index.search(Query(text="القادسية", typing=True)).hits} == {"a", "b"}
        assert index.search(Query(text="حقوق الانسان", typing=True)).total == 0
