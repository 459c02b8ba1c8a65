from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.charsets import decode_html

TEXT = "<html><body><p>ناشد أهالي قضاء الشامية الحكومة تأمين مياه الشرب</p></body></html>"


@pytest.mark.parametrize(
    ("html", "content_type"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode(), "text/html; charset=windows-1256"),
        (TEXT.encode(), "text/html; charset=iso-8859-1"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "text/html; charset=iso-8859-1"),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("cp1256"), ""),
        (TEXT.encode("cp1256"), "text/html; charset=windows-1256"),
        (TEXT.encode("cp1256"), "text/html; charset=utf-8"),
        (TEXT.encode("cp1256"), "text/html; charset=iso-8859-1"),
        (TEXT.encode("cp1256"), "text/html; charset=no-such-thing"),
        (TEXT.encode("iso-8859-6"), "text/html; charset=iso-8859-6"),
    ],
)
def test_arabic_comes_out_whatever_the_header_claims(html, content_type):
    assert decode_html(html, content_type) == TEXT


def test_the_pages_own_declaration_is_heard():
    declared = TEXT.replace("<html>", '<html><meta charset="windows-1256">')
    assert decode_html(declared.encode("cp1256")) == declared


def test_a_few_broken_bytes_do_not_turn_a_page_into_another_encoding():
    broken = (TEXT * 5).encode() + b"\xff\xc3("
    assert decode_html(broken).startswith(TEXT)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_it_fail(html, content_type):
    decode_html(html, content_type)
