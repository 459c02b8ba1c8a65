import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import normalise
from nlp.normalisation import fold
from nlp.segmentation import sentences, words

ANY_TEXT = st.text(
    st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("اأإآىةهﻻـًُ\u200f\u0640ييي٣۳،\n ")
)


@given(ANY_TEXT)
def test_every_character_points_into_the_original(text):
    normalised = normalise(text)
    assert len(normalised.starts) == len(normalised.ends) == len(normalised.text)
    previous = 0
    for start, end in zip(normalised.starts, normalised.ends, strict=True):
        assert previous <= start < end <= len(text)
        previous = start
    if normalised.text:
        start, end = normalised.span(0, len(normalised.text))
        assert 0 <= start < end <= len(text)


@given(ANY_TEXT)
def test_the_same_text_is_always_folded_the_same(text):
    assert normalise(text) == normalise(text)


@given(ANY_TEXT)
def test_words_and_sentences_lie_in_the_folded_text(text):
    folded = normalise(text).text
    assert all(folded[word.start : word.end] == word.text for word in words(folded))
    ends = [0, *(sentence.end for sentence in sentences(folded))]
    assert all(end <= sentence.start < sentence.end for end, sentence in zip(ends, sentences(folded), strict=False))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("مُحافَظةُ الدِّيوانيّة", "محافظه الديوانيه"),
        ("عاجـــــل", "عاجل"),
        ("كاااارثة", "كارثه"),
        ("إلى أهالي آمرلي", "الي اهالي امرلي"),
        ("کرکوک و گرمیان", "كركوك و كرميان"),
        ("ﻻ ﻣﺎﺀ", "لا ماء"),
        ("٠٧٧٠ ۱۲۳", "0770 123"),
        ("«قال»\u200f ثم\u00a0ذهب", '"قال" ثم ذهب'),
        ("الله", "الله"),
        ("100000", "100000"),
    ],
)
def test_spellings_of_one_word_become_one(written, folded):
    assert fold(written) == folded


def test_a_span_takes_the_marks_of_its_letters_along():
    text = "في مُحافظةِ الديوانيّةِ اليوم"
    normalised = normalise(text)
    start = normalised.text.index("محافظه")
    first, last = normalised.span(start, start + len("محافظه الديوانيه"))
    assert text[first:last] == "مُحافظةِ الديوانيّةِ"


def test_no_span_is_given_outside_the_text():
    with pytest.raises(IndexError, match="5 characters"):
        normalise("سلام ").span(2, 9)


def test_a_megabyte_is_folded_in_seconds():
    text = "ناشد أهالي قضاء الشامية وزارة الموارد المائية. " * 21_000
    began = time.perf_counter()
    normalise(text)
    assert time.perf_counter() - began < 10


def test_a_headline_and_a_quotation_are_sentences_of_their_own():
    folded = fold('عطش في الهارثة.. الأهالي يستغيثون\nقال: "نريد 3.5 مليون لتر". متى؟')
    pieces = [(folded[s.start : s.end], s.line) for s in sentences(folded)]
    assert pieces == [
        ("عطش في الهارثه..", 0),
        ("الاهالي يستغيثون", 0),
        ('قال: "نريد 3.5 مليون لتر".', 1),
        ("متي?", 1),
    ]
