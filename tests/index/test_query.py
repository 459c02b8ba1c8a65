from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import mark
from index.query import MAXIMUM_TERMS, Parsed, Phrase, Word, parse
from index.terms import Beginning

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


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("ماء كهرباء", (POWER, Beginning("كهرباء"))),
        ("ماء OR كهرباء", (WATER, POWER, Beginning("كهرباء"))),
        ("مَاءُ", (WATER, Beginning("ماء"))),
        ("ماء ", (WATER,)),
        ("ماء،", (WATER,)),
        ('"ماء"', (Phrase(("ماء",)),)),
        ("شط_العرب", (SHATT,)),
        ("و", (Word("و", None),)),
    ],
)
def test_the_word_at_the_end_may_be_a_beginning(text, last):
    assert parse(text, typing=True).required[-1] == last


def test_a_word_beyond_those_that_are_heeded_is_no_beginning():
    parsed = parse(" ".join(f"word{number}" for number in range(MAXIMUM_TERMS + 1)), typing=True)
    assert len(parsed.required) == MAXIMUM_TERMS
    assert not any(isinstance(term, Beginning) for group in parsed.required for term in group)


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
