from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.desk.display import clean, web_address


@pytest.mark.parametrize("character", [chr(code) for code in (0, 8, 13, 27, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF)])
def test_what_reorders_or_hides_text_is_taken_out(character: str) -> None:
    assert clean(f"قبل{character}بعد") == "قبلبعد"


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "P", "Zs"])))
def test_letters_marks_numbers_and_joiners_stay(text: str) -> None:
    assert clean(text + "\u200c") == text + "\u200c"


@given(st.text())
def test_what_is_shown_can_always_be_sent(text: str) -> None:
    assert clean(text + "\ud800").encode("utf-8") is not None


@pytest.mark.parametrize("url", ["https://a.example/x?y=1", "http://a.example", "https://[::1]/x"])
def test_web_addresses_may_be_opened(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//a.example", "https://", "", "http://[", "vbscript:x", " http:x"],
)
def test_any_other_address_may_not(url: str) -> None:
    assert web_address(url) == ""
