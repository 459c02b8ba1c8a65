import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import mask_private, private_spans


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("للتواصل 07701234567", "للتواصل •••••••••67"),
        ("هاتف: 0770 123 4567", "هاتف: •••• ••• ••67"),
        ("اتصلوا ٠٧٧٠١٢٣٤٥٦٧", "اتصلوا •••••••••٦٧"),
        ("واتساب +964 770-123-4567 مساء", "واتساب +••• •••-•••-••67 مساء"),
        ("009647801234567", "•••••••••••••67"),
        ("رقم البطاقة 199812345678", "رقم البطاقة ••••••••••78"),
        ("رقم الجواز A1234567", "رقم الجواز ••••••67"),
    ],
)
def test_numbers_of_persons_are_masked_but_for_two_digits(text, masked):
    assert mask_private(text) == masked


@pytest.mark.parametrize("text", ["خصصت 15000000 دينار", "عام 2024 بلغ العدد 23456", "محلة 327 زقاق 12", "المادة 140"])
def test_other_numbers_are_left(text):
    assert mask_private(text) == text


@given(st.text() | st.text("0789٠٧٨+964 -"))
def test_masking_keeps_the_length_and_hides_every_span(text):
    masked = mask_private(text)
    assert len(masked) == len(text)
    assert private_spans(masked) == () or all("•" in span.text for span in private_spans(masked))


def test_named_persons_are_masked_as_whole_words_only():
    assert mask_private("قال حميد عبد الحسين إن حميداً", ["حميد عبد الحسين"]) == "قال ح••• ع•• ا••••• إن حميداً"
    assert mask_private("بلا أسماء", []) == "بلا أسماء"
