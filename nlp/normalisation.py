"""Arabic text folded to one spelling, with the way back to the text as given.

Folded: diacritics, tatweel, presentation forms, alef and hamza seats, alef maksura, teh marbuta, Persian and Kurdish
letters, digits, zero-width and bidirectional marks, letters drawn out three times or more, white space. What is one
character in the result may be several in the original and the other way round; `Normalised.span` maps back.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from camel_tools.utils.dediac import dediac_ar  # type: ignore[import-untyped]  # ships no types
from camel_tools.utils.normalize import (  # type: ignore[import-untyped]  # ships no types
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

# Letters of Persian, Kurdish and Urdu keyboards, and the hamza seats, each to the plain Arabic letter read for it.
_FOLDED_LETTERS = str.maketrans(
    {
        "ی": "ي",
        "ې": "ي",
        "ێ": "ي",
        "ۍ": "ي",
        "ے": "ي",
        "ئ": "ي",
        "ک": "ك",
        "ڪ": "ك",
        "ګ": "ك",
        "گ": "ك",
        "ﮔ": "ك",
        "ھ": "ه",
        "ہ": "ه",
        "ە": "ه",
        "ۀ": "ه",
        "ۂ": "ه",
        "ۃ": "ه",
        "ۆ": "و",
        "ۇ": "و",
        "ۈ": "و",
        "ۋ": "و",
        "ؤ": "و",
        "چ": "ج",
        "پ": "ب",
        "ڤ": "ف",
        "ژ": "ز",
        "ڕ": "ر",
        "ڵ": "ل",
        "ٱ": "ا",
        "،": ",",
        "؛": ";",
        "؟": "?",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‹": '"',
        "›": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "―": "-",
        "−": "-",
        "ـ": "",
    }
)


# What may follow a letter and belongs to it: diacritics, and tatweel (a modifier letter).
_MARKS = frozenset({"Mn", "Me", "Lm"})


@lru_cache(maxsize=16_384)
def _fold(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Cs", "Mn", "Me", "Co"}:
        return ""
    if category in {"Cc", "Zs", "Zl", "Zp"}:
        return "\n" if character in "\r\x0b\x0c\x85\u2028\u2029" else " "
    folded = unicodedata.normalize("NFKC", normalize_unicode(character)).translate(_FOLDED_LETTERS)
    folded = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(dediac_ar(folded))))
    folded = "".join(c for c in folded.lower() if not unicodedata.category(c).startswith("M"))
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and unicodedata.digit(c, -1) >= 0 else c for c in folded)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A folded text and where each of its characters stands in the original.

    `text[i]` was read from `original[starts[i]:ends[i]]`; marks that follow a letter belong to its piece. Both arrays
    are as long as `text` and never decrease.
    """

    text: str
    original: str
    starts: array[int]
    ends: array[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map `text[start:end]` (at least one character) to the code points of `original` it was read from."""
        if not 0 <= start < end <= len(self.text):
            raise IndexError(f"no span {start}:{end} in a normalised text of {len(self.text)} characters")
        return self.starts[start], self.ends[end - 1]

    def position(self, offset: int) -> int:
        """Map a code point of `original` to where it, or what follows it, stands in `text`."""
        return bisect_left(self.ends, offset + 1)


def normalise(text: str) -> Normalised:
    """Fold any string, lone surrogates included, in time linear in its length; never raises."""
    out: list[str] = []
    starts, ends = array("Q"), array("Q")
    run = 1
    for position, character in enumerate(text):
        folded = _fold(character)
        if not folded and out and unicodedata.category(character) in _MARKS:
            ends[-1] = position + 1
        for piece in folded:
            same = bool(out) and piece == out[-1]
            if piece == " " and out and out[-1] in " \n":
                continue
            run = run + 1 if same and piece.isalpha() else 1
            if run >= 3:
                # A drawn-out letter (كاااارثة) is one letter; two alike (الله) are as written.
                if run == 3:
                    del out[-1], starts[-1], ends[-1]
                ends[-1] = position + 1
                continue
            out.append(piece)
            starts.append(position)
            ends.append(position + 1)
    return Normalised("".join(out), text, starts, ends)


def fold(text: str) -> str:
    """Return only the folded text, for vocabulary and names that are compared with it."""
    return normalise(text).text.strip()
