"""Arabic text analysis shared by both indexes: text in, words with their exact and stemmed forms out.

The steps are those of Elasticsearch's built-in `arabic` analyzer (Lucene's ArabicAnalyzer: lower case, decimal digits
to ASCII, stop words, ArabicNormalizer, ArabicStemmer), written anew from their published description: Larkey,
Ballesteros and Connell, "Light Stemming for Arabic Information Retrieval", 2007 (the stemmer "light10"), and the
reference documentation of Lucene 9. On plain Arabic words the stems equal Lucene's; what goes beyond it is listed here,
each step such that an Elasticsearch index can do the same with its own filters:

- `LETTERS` joins Persian, Kurdish and Urdu letters and the presentation forms of old web pages with the Arabic letters
  (a `mapping` char filter), and drops Quranic marks, direction marks and joiners, which Lucene leaves in the word.
- A word is a run of letters, digits and marks and nothing else (a `pattern` tokenizer). Unicode's word breaks, which
  Lucene follows, keep `الماء.وقال`, `المصدر:الماء` and `انقذوا_البصرة` in one piece; Arabic news is full of them.
- The conjunction و is not taken off words of which it is the first radical, `RADICAL_WAW`, and some names of places
  stay whole, `NAMES` (a `stemmer_override` filter, which marks them as keywords). Plain light10 reads وزير as "and
  زير", so that the query وزير would not find الوزير.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WORD = 255
"""Code points of a run of letters that count; what follows is cut off (a `truncate` filter)."""

_MARK = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u061c\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a"
    "\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u20d0-\u20f0"
    "\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
"""Combining marks and invisible format characters: they belong to the word that they stand in. The zero-width space
(U+200B) is not among them: it parts words."""

WORD = re.compile(rf"[^\W_\u0640][^\W_{_MARK}]*(?:[{_MARK}]+[^\W_{_MARK}]*)*")
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefe]+")
"""Arabic letters by their shape in the word, as pages converted from old code pages still hold them."""

_DROPPED = re.compile(rf"[\u0640{_MARK}]+")

LETTERS: Mapping[str, str] = {
    "\u0671": "ا",  # alef wasla
    "\u0672": "ا",
    "\u0673": "ا",
    "\u0675": "ا",
    "پ": "ب",
    "چ": "ج",
    "ژ": "ز",
    "ڤ": "ف",
    "ڕ": "ر",
    "ڵ": "ل",
    "ک": "ك",
    "ڪ": "ك",
    "گ": "ك",
    "ڭ": "ك",
    "ں": "ن",
    "ھ": "ه",
    "ہ": "ه",
    "ە": "ه",
    "ۀ": "ه",
    "ۂ": "ه",
    "ۃ": "ة",
    "ۆ": "و",
    "ۇ": "و",
    "ۈ": "و",
    "ۉ": "و",
    "ۊ": "و",
    "ۋ": "و",
    "ی": "ي",
    "ێ": "ي",
    "ې": "ي",
    "ے": "ي",
    "ۓ": "ي",
    "ۍ": "ي",
}
"""Letters that Persian, Kurdish and Urdu keyboards write where Arabic has its own, and letters for sounds that Arabic
spelling does not know, by the letter with which Iraqi outlets write them otherwise (چمچمال, جمجمال)."""

_NORMAL = str.maketrans({"آ": "ا", "أ": "ا", "إ": "ا", "ى": "ي", "ة": "ه"})

_STOP_WORDS = """
من ومن منها منه في وفي فيها فيه و ف ثم او أو ب بها به ا أ اى اي أي أى لا ولا الا ألا إلا لكن ما وما كما فما عن مع
اذا إذا ان أن إن انها أنها إنها انه أنه إنه بان بأن فان فأن وان وأن وإن التى التي الذى الذي الذين الى الي إلى إلي
على عليها عليه اما أما إما ايضا أيضا كل وكل لم ولم لن ولن هى هي هو وهى وهي وهو فهى فهي فهو انت أنت لك لها له هذه هذا
تلك ذلك هناك كانت كان يكون تكون وكانت وكان غير بعض قد نحو بين بينما منذ ضمن حيث الان الآن خلال بعد قبل حتى عند عندما
لدى جميع
"""

_RADICAL_WAW = """
وزير وزراء وزارة وطن وظيفة وظائف وثيقة وثائق وباء وبائي وقود وسائل وسيلة وسيط وساطة وسط واسط ولاية ولادة وفاة وفيات وفود
وفد وحدة وحيد وكالة وكيل وكلاء والد واد واقع وقائع واجب وجبة ورشة ورقة وعود وعد وصول وجود وقف وقفة وقاية وقائي وقت وقوع
وضع وعي وزن وريث ورثة ولد وجه وجهة وجيه وجهاء وارد وافد وديعة ودائع وصف وصي وصية وصل واسع واضح واحد وسام
"""

NAMES: tuple[str, ...] = ("البصرة", "بصرة", "الناصرية", "ناصرية", "الحلة", "العمارة", "الرمادي", "الرفاعي", "الغراف")
"""Places whose name stemming would merge with a common word or a person's name: البصرة with بصر, sight, الناصرية with
ناصر, الحلة with حل, a solution. They are found with all that may be joined before them, and without their article where
it stands here without one too."""

STOP_WORDS: frozenset[str] = frozenset(_STOP_WORDS.split())
"""Words too common to be required of a Document: the list that Lucene ships, by Jacques Savoy, University of
Neuchatel (BSD licence). Compared before normalisation, as Lucene does, but without marks: أنّ is أن."""

RADICAL_WAW: tuple[str, ...] = tuple(_RADICAL_WAW.split())
"""Words of the news of which و is a radical and not the conjunction. The rule holds for all forms with the same
suffixes (وزارة covers وزارات and وزارتها)."""

_PREFIXES = ("ال", "وال", "بال", "كال", "فال", "لل")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي")
_LEAST_LEFT = 2
"""Letters that taking off an affix must leave (light10); the lone conjunction و must leave one more."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text.

    Attributes:
        start, end: its code points in the text as given, end exclusive.
        exact: the word as written, but for spelling variants (hamza seats, teh marbuta, marks, digits, case).
        stem: what inflected forms of the word have in common; None for a stop word.

    """

    start: int
    end: int
    exact: str
    stem: str | None


def analyse(text: str) -> list[Token]:
    """Return the words of `text` in order. Any string is valid input; one without words gives an empty list."""
    found = ((*word.span(), *forms(word[0][:LONGEST_WORD])) for word in WORD.finditer(text))
    return [Token(start, end, exact, stem) for start, end, exact, stem in found if exact]


def word_forms(text: str) -> list[tuple[str, str | None]]:
    """Return `(exact, stem)` of each word of `text`: `analyse` without the offsets, for indexing at speed."""
    words = WORD.findall(text)
    if any(len(word) > LONGEST_WORD for word in words):
        words = [word[:LONGEST_WORD] for word in words]
    return [form for form in map(forms, words) if form[0]]


@lru_cache(maxsize=200_000)
def forms(word: str) -> tuple[str, str | None]:
    """Return the exact and the stemmed form of one word; the stem is None where it is a stop word.

    The exact form is empty for the few letters that are marks in the end (isolated shapes of vowel signs).

    Cached: a word of the news has nearly always been seen before. The whole cache takes some 60 MB at most.
    """
    plain = _ascii_digits(fold_letters(word.lower()))
    exact = plain.translate(_NORMAL)
    return exact, None if plain in STOP_WORDS else stem(exact)


def stem(word: str) -> str:
    """Return the light10 stem of a normalised word: at most one prefix off, then each suffix once, in a fixed order."""
    kept = overrides().get(word)
    if kept is not None:
        return kept
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + _LEAST_LEFT:
            return _without_suffixes(word[len(prefix) :])
    if word.startswith("و") and len(word) > _LEAST_LEFT + 1:
        return _without_suffixes(word[1:])
    return _without_suffixes(word)


def _without_suffixes(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + _LEAST_LEFT:
            word = word[: -len(suffix)]
    return word


def fold_letters(word: str) -> str:
    """Return `word` with the letters of Arabic alone and without marks; hamza seats and teh marbuta stay."""
    if word.isascii():
        return word
    return _DROPPED.sub("", _PRESENTATION.sub(_unshaped, word)).translate(_letters())


def _unshaped(shaped: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", shaped.group()).replace(" ", "")


def _ascii_digits(word: str) -> str:
    if word.isascii() or not any(map(str.isdecimal, word)):
        return word
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in word)


@cache
def _letters() -> dict[int, str]:
    return str.maketrans(dict(LETTERS))


@cache
def overrides() -> Mapping[str, str]:
    """Return the normalised words whose stem is given here, because light10 would take a radical or a name apart.

    A word of RADICAL_WAW is meant with none, one or two suffixes; a name of NAMES with what may stand before it.
    """
    kept = {}
    for word in RADICAL_WAW:
        bare = _without_suffixes(word.translate(_NORMAL))
        for endings in product(("", *_SUFFIXES), repeat=2):
            form = bare + "".join(endings)
            if _without_suffixes(form) == bare:
                kept[form] = bare
    for name in (name.translate(_NORMAL) for name in NAMES):
        bare = name.removeprefix("ال")
        kept |= dict.fromkeys((before + name for before in ("", "و", "ف", "ب", "ك", "ل", "وب", "ول")), bare)
        kept |= dict.fromkeys((before + bare for before in ("لل", "ولل")), bare)
    return kept
