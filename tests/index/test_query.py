from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import mark
from index.query import MAXIMUM_TERMS, Parsed, Phrase, Word, parse

WATER = Word("ماء", "ماء")
POWER = Word("كهرباء", "كهرباء")
SHATT = Phrase(("شط", "العرب"))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("", Parsed()),
        ("ماء كهرباء", Parsed(((WATER,), (POWER,)))),
        ("ماء، كهرباء", Parsed(((WATER,), (POWER,)))),
        ("ماء ماء", Parsed(((WATER,),))),
        ("ماء OR كهرباء", Parsed(((WATER, POWER),))),
        ('"شط العرب"', Parsed(((SHATT,),))),
        ("«شط العرب»", Parsed(((SHATT,),))),
        ("‹شط العرب›", Parsed(((SHATT,),))),
        ("”شط العرب“", Parsed(((SHATT,),))),
        ("شط_العرب", Parsed(((SHATT,),))),
        ("-ماء", Parsed((), (WATER,))),
        ("−ماء", Parsed((), (WATER,))),
        ('-"شط العرب" كهرباء', Parsed(((POWER,),), (SHATT,))),
        ("كهرباء- ماء", Parsed(((POWER,), (WATER,)))),
        ("كهرباء - ماء", Parsed(((POWER,), (WATER,)))),
        ("ماء في", Parsed(((WATER,),))),
        ("ماء OR في", Parsed(((WATER, Word("في", None)),))),
        ("في", Parsed(((Word("في", None),),))),
        ("ماء -في", Parsed(((WATER,),), (Word("في", None),))),
        ("ماء or كهرباء", Parsed(((WATER,), (Word("or", "or"),), (POWER,)))),
        ("ماء OR -كهرباء", Parsed(((WATER,), (Word("or", "or"),)), (POWER,))),
        ('"ماء', Parsed(((WATER,),))),
        ("ماء OR كهرباء OR «شط العرب»", Parsed(((WATER, POWER, SHATT),))),
    ],
)
def test_what_queries_mean(text, parsed):
    assert parse(text) == parsed


def test_only_the_first_terms_are_heeded():
    parsed = parse(" ".join(f"word{number}" for number in range(1000)))
    assert len(parsed.required) == MAXIMUM_TERMS
    assert parsed.required[0] == (Word("word0", "word0"),)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('OR -"«»“”في ماء')), max_size=300))
def test_any_string_parses_to_a_bounded_tree(text):
    parsed = parse(text)
    assert sum(map(len, parsed.required)) + len(parsed.excluded) <= MAXIMUM_TERMS
    assert all(parsed.required)
    assert isinstance(mark(text, text), tuple)


@given(st.lists(st.sampled_from(["ماء", "البصرة", "شط", "العرب", "انقطاع"]), min_size=1, max_size=8))
def test_a_text_is_marked_by_each_of_its_own_words(words):
    text = " ".join(words)
    for word in words:
        assert word in [text[start:end] for start, end in mark(text, word)]
    assert mark(text, f'"{text}"') == ((0, len(text)),)
