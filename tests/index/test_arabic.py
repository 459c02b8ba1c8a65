from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.arabic import LONGEST_WORD, RADICAL_WAW, STOP_WORDS, analyse, forms, word_forms


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        # What Lucene 9's ArabicAnalyzer gives for the same words.
        ("والحسن", "حسن"),
        ("بالمدينة", "مدين"),
        ("كالماء", "ماء"),
        ("فالكهرباء", "كهرباء"),
        ("للمواطنين", "مواطن"),
        ("وحسن", "حسن"),
        ("ولد", "ولد"),
        ("زوجها", "زوج"),
        ("ساهدان", "ساهد"),
        ("ساهدات", "ساهد"),
        ("ساهدون", "ساهد"),
        ("ساهدين", "ساهد"),
        ("ساهدية", "ساهد"),
        ("ساهده", "ساهد"),
        ("ساهدي", "ساهد"),
        ("المستشفيات", "مستشف"),
        ("مستشفى", "مستشف"),
        ("ال", "ال"),
        ("الو", "الو"),
        ("ها", "ها"),
        ("يها", "يها"),
        ("إسلامية", "اسلام"),
        ("٢٠٢٤", "2024"),
        ("BASRA", "basra"),
    ],
)
def test_stems_are_those_of_light10(word, stem):
    assert forms(word)[1] == stem


def test_stop_words_have_no_stem_but_an_exact_form():
    assert forms("في") == ("في", None)
    assert forms("أنَّ") == ("ان", None)
    assert forms("إلى") == ("الي", None)
    assert len(STOP_WORDS) == 119


@pytest.mark.parametrize("word", RADICAL_WAW)
def test_a_radical_waw_is_kept_with_and_without_the_article(word):
    assert forms(word)[1] == forms(f"ال{word}")[1] == forms(f"و{word}")[1]
    assert forms(word)[1].startswith("و")


def test_offsets_are_code_points_of_the_original():
    text = "\U0001f4a7 المـَاءُ\u200f، 3.5%\n(BASRA)"
    assert [(text[token.start : token.end], token.exact) for token in analyse(text)] == [
        ("المـَاءُ\u200f", "الماء"),
        ("3", "3"),
        ("5", "5"),
        ("BASRA", "basra"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("انقذوا_البصرة", ["انقذوا", "البصره"]),
        ("الماء.وقال", ["الماء", "وقال"]),
        ("كلمة\u200bأخرى", ["كلمه", "اخري"]),
        ("بيه\u200cرام", ["بيهرام"]),
        ("ﻻ ﻷن \ufedfﻠﻤﺎء", ["لا", "لان", "للماء"]),
        ("ۆ چ گ ھ ی ک", ["و", "ج", "ك", "ه", "ي", "ك"]),
        ("قال: «نعم»؛ (لا)", ["قال", "نعم", "لا"]),
        ("\ud800 \x00 ـ ـــ َ \ufe70", []),
        ("café cafe\u0301", ["café", "cafe"]),
    ],
)
def test_words_of_odd_texts(text, words):
    assert [token.exact for token in analyse(text)] == words


def test_a_run_of_letters_without_end_is_cut():
    (token,) = analyse("م" * 10_000)
    assert (token.start, token.end) == (0, 10_000)
    assert token.exact == "م" * LONGEST_WORD
    assert word_forms("م" * 10_000) == [(token.exact, token.stem)]


@given(st.text(max_size=200))
def test_tokens_are_in_order_apart_and_the_same_with_and_without_offsets(text):
    tokens = analyse(text)
    assert all(token.start < token.end for token in tokens)
    assert all(before.end <= after.start for before, after in pairwise(tokens))
    assert [(token.exact, token.stem) for token in tokens] == word_forms(text)
    assert all(token.exact and " " not in token.exact for token in tokens)


@given(st.text(max_size=30))
def test_exact_forms_are_words_that_stay_as_they_are(text):
    for token in analyse(text):
        assert [again.exact for again in analyse(token.exact)] == [token.exact]


def test_the_name_of_a_place_is_not_merged_with_a_common_word():
    assert len({forms(word)[1] for word in ("البصرة", "بالبصرة", "وللبصرة", "بصرة")}) == 1
    assert forms("الحلة")[1] != forms("الحل")[1]
    assert forms("الناصرية")[1] != forms("ناصر")[1]
    assert forms("البصرة")[1] != forms("بصر")[1]
