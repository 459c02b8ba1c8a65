from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Query, mark


def shown(text, spans):
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("انقطاع المـَـاءِ عن البصرة؛ والماء مالح", "ماء", ["المـَـاءِ", "والماء"]),
        ("انقطاع الماء", "ماء البصرة OR انقطاع", ["انقطاع", "الماء"]),
        ("شطُّ العرب وشط طويل", '"شط العرب"', ["شطُّ العرب"]),
        ("شط العرب، والعرب", '"شط العرب" عرب', ["شط العرب", "والعرب"]),
        ("في البصرة وفي بغداد", "في بصرة", ["البصرة"]),
        ("في البيت", "في", ["في"]),
        ("\U0001f4a7 الماء \U0001f4a7 ماء", "ماء", ["الماء", "ماء"]),
        ("ال\u200fماء بيه\u200cرام", "ماء بيهرام", ["ال\u200fماء", "بيه\u200cرام"]),
        ("سليمانى کردستان ٢٠٢٤", "سليماني كردستان 2024", ["سليمانى", "کردستان", "٢٠٢٤"]),
        ("سطر\r\n\x00الماء\x1b", "ماء", ["الماء"]),
        ("الماء", "ماء -كهرباء", ["الماء"]),
        ("#انقذوا_البصرة الآن", "#انقذوا_البصرة", ["انقذوا_البصرة"]),
        ("أ ب ج ب ج د", '"ب ج د" "ج ب"', ["ج ب ج د"]),
    ],
)
def test_marks_are_on_the_original_text(index, make, text, asked, marked):
    index.write([make("title", title=text), make("body", body=text, minutes=1)])
    index.refresh()
    by_id = {hit.document.id: hit for hit in index.search(Query(text=asked)).hits}
    assert set(by_id) == {"title", "body"}
    assert shown(text, by_id["title"].title_marks) == marked
    assert shown(text, by_id["body"].body_marks) == marked
    assert by_id["title"].body_marks == by_id["body"].title_marks == ()
    assert mark(text, asked) == by_id["body"].body_marks


def test_nothing_is_marked_where_nothing_is_asked(index, make, store):
    store(make("a", title="الماء", body="الماء"))
    for text in ("", "-كهرباء", "؟"):
        hit = index.search(Query(text=text)).hits[0]
        assert (hit.title_marks, hit.body_marks, hit.score) == ((), (), 0)


PIECES = st.lists(
    st.sampled_from(
        ["الماء", "ماء", "والماء", "شط", "العرب", "في", " ", " ", "،", "ـ", "َ", "\u200f", "\n", "\U0001f4a7", '"', "-"]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=PIECES, body=PIECES, text=PIECES)
def test_marks_are_sorted_apart_and_hold_a_match_wherever_something_was_asked(index, make, title, body, text):
    index.clear()
    index.write([make("a", title=title, body=body)])
    index.refresh()
    page = index.search(Query(text=text))
    for hit in page.hits:
        for marked, spans in ((title, hit.title_marks), (body, hit.body_marks)):
            assert list(spans) == sorted(spans)
            assert all(0 <= start < end <= len(marked) for start, end in spans)
            assert all(before[1] <= after[0] for before, after in pairwise(spans))
        if hit.score:
            assert hit.title_marks or hit.body_marks


def test_any_document_can_be_marked_as_a_search_would(index, make):
    newer = make("a", title="المستشفى بلا ماء", body="انقطع الماء عن مستشفى السيبة")
    hit = index.marked(newer, Query(text="ماء المستش", typing=True))
    assert shown(newer.title, hit.title_marks) == ["المستشفى", "ماء"]
    assert shown(newer.body, hit.body_marks) == ["الماء"]
    assert (hit.document, hit.score) == (newer, 0.0)
    assert index.marked(newer, Query()).title_marks == ()
