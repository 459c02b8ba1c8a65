"""Telephone and identity numbers in a text, and their masking."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.analysis import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

_GAP = r"[\s\-.()/\u200c-\u200f\u202a-\u202e\u2066-\u2069]{0,3}"
_DIGIT = r"\d"  # any script's digits: ٠٧٧٠ and ۰۷۷۰ too
# Iraqi mobile numbers: 07 and nine digits, or (+|00)964 7 and nine digits; landlines 0 + area code + six or seven.
_PHONE = re.compile(
    rf"(?<!\d)(?:(?:\+|[0٠۰]{_GAP}[0٠۰]){_GAP}"
    rf"[9٩۹]{_GAP}[6٦۶]{_GAP}[4٤۴]{_GAP}[0٠۰]?{_GAP}|[9٩۹][6٦۶][4٤۴]{_GAP}|[0٠۰]{_GAP})"
    rf"[7٧۷](?:{_GAP}{_DIGIT}){{9}}(?!\d)"
)
# A national card has 12 digits; card and account numbers have 16; both may be written in groups.
_IDENTITY = re.compile(r"(?<!\d)(?:\d{12}|\d{16}|\d{4}(?:[ \-]\d{4}){2,3})(?!\d)")
# Other numbers only after words that say what they are.
_NAMED = re.compile(
    r"(?:رقم\s+(?:البطاقة|الهوية|الجواز|السجل|الحساب|الهاتف|الموبايل|القيد)"
    r"|(?:هاتف|موبايل|واتساب|حساب|جواز|هوية|بطاقة|كي كارد|زين كاش)\w*)"
    r"[\s:：\-]{0,4}((?:[A-Za-z]{0,2}\d)[\d \-]{4,20}\d)(?!\d)"
)
_SHOWN = 2
_INNER = re.compile(r"(?<=\w)\w")


def private_spans(text: str) -> tuple[Span, ...]:
    """Return the telephone, identity-card, passport and account numbers of a text, in order, none overlapping."""
    found = [match.span() for pattern in (_PHONE, _IDENTITY) for match in pattern.finditer(text)]
    found += [match.span(1) for match in _NAMED.finditer(text)]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return tuple(Span(text[start:end], start, end) for start, end in kept)


def mask_private(text: str, names: Iterable[str] = ()) -> str:
    """Replace every digit and letter of the private numbers but the last two digits by •; the length stays the same.

    Of each of `names`, wherever it stands as whole words, the first letter of every word is left.
    """
    for name in sorted(set(names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda found: _INNER.sub("•", found.group()), text)
    pieces: list[str] = []
    position = 0
    for span in private_spans(text):
        pieces += [text[position : span.start], _masked(span.text)]
        position = span.end
    return "".join([*pieces, text[position:]])


def _masked(number: str) -> str:
    left = sum(character.isalnum() for character in number) - _SHOWN
    shown: list[str] = []
    for character in number:
        if character.isalnum():
            shown.append("•" if left > 0 else character)
            left -= 1
        else:
            shown.append(character)
    return "".join(shown)
