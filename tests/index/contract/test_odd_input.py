from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Field, Page, Query, Sort

NASTY = [
    '"',
    '""""',
    '"شط العرب',
    'شط العرب"',
    '«شط “العرب" ‹ماء»',
    "\x00",
    "ماء\x00كهرباء",
    "\ud800",
    "ماء \udfff",
    "م" * 10_000,
    "ماء " * 2_500,
    '"ماء ' * 2_500,
    "«" * 10_000,
    '"' * 9_999,
    "-" * 10_000,
    "OR " * 3_000,
    "ماء OR " * 1_500,
    "-ماء " * 2_000,
    "(" * 5_000 + ")" * 5_000,
    "في من على إلى",
    '"في من"',
    "-في",
    "NEAR(ماء كهرباء, 2)",
    "ماء AND كهرباء",
    "ماء NOT كهرباء",
    "NOT",
    "AND OR NOT",
    "OR OR OR",
    "-OR",
    '-"OR" OR -ماء',
    "ماء*",
    "^ماء",
    "title:ماء",
    "{title body} : ماء",
    "ماء + كهرباء",
    "'; DROP TABLE document; --",
    "ماء~2 [a TO z] /regex.*/ \\",
    '_source:* && || ! { } [ ] ^ " ~ * ? : \\ /',
    "\U0001f4a7\U0001f1ee\U0001f1f6\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u200f\u202b\u2067ماء\u2069\u202c\u200e",
    "\ufeff\u200b\u2028\u2029\u0085",
    "ۆ ێ ڕ ڵ ە",
    "ﷺ ﷽ ﻻ",
    "½ ² Ⅻ ٪ ٫ ﷼",
    "中文 検索 한국어 ไทย हिन्दी",
    "=ماء",
    '"=في"',
]


@pytest.fixture
def filled(index, make, store):
    store(
        make("a", title="انقطاع الماء", body="في شط العرب لا ماء", stance="appeal"),
        make("b", title="الكهرباء", body="near and not or", minutes=1),
    )
    return index


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("sort", [Sort.RELEVANCE, Sort.NEWEST])
def test_no_text_is_a_bad_query(filled, text, sort):
    page = filled.search(Query(text=text, sort=sort, facets=(Field.STANCE,)))
    assert page.total == len(page.hits) == len(list(filled.scan(Query(text=text))))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(["ماء", "OR", "-", '"', "«", "»", " ", " ", "في", "(", ")", "*", ":", "شط العرب", "\x00"]),
            max_size=30,
        ).map("".join),
    )
)
def test_no_string_at_all_is_a_bad_query(filled, text):
    assert isinstance(filled.search(Query(text=text)), Page)


@pytest.mark.parametrize("name", ["' OR 1=1 --", "a/b?c#d", "م", "\x00", "😀", "../x", "_doc", " "])
def test_odd_ids_are_stored_and_found(index, make, store, ids, name):
    store(make(name, title="الماء"))
    assert index.get(name).id == name
    assert ids("الماء") == [name]
    assert index.delete([name]) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(max_size=80), body=st.text(max_size=300))
def test_any_text_is_stored_as_it_is_or_refused_with_a_reason(index, make, title, body):
    index.clear()
    document = make("a", title=title, body=body)
    written = index.write([document])
    index.refresh()
    if written.refused:
        assert index.count() == 0
    else:
        assert index.get("a") == document
