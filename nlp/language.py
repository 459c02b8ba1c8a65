"""Which language a text is in: Arabic, Sorani Kurdish, Persian, or something that is not read further."""

from __future__ import annotations

import re
from collections import Counter

# Letters that only one of the languages written in Arabic script uses; shared Persian keyboards make ی and ک no sign.
_SORANI = frozenset("ەێۆڕڵڤ")
_PERSIAN = frozenset("پژچگ")
_ARABIC = frozenset("ةىأإؤئظضصطثذحع")
_FUNCTION_WORDS = {
    "ar": frozenset(
        [
            "في",
            "من",
            "على",
            "إلى",
            "الى",
            "عن",
            "أن",
            "ان",
            "إن",
            "التي",
            "الذي",
            "هذا",
            "هذه",
            "بعد",
            "قبل",
            "مع",
            "بين",
            "كان",
            "لم",
            "لا",
            "ما",
            "او",
            "أو",
            "و",
            "قال",
            "حتى",
        ]
    ),
    "fa": frozenset(
        [
            "است",
            "که",
            "این",
            "را",
            "از",
            "با",
            "برای",
            "آن",
            "های",
            "می",
            "شد",
            "کرد",
            "شود",
            "بود",
            "تا",
            "یک",
            "ها",
            "در",
            "به",
            "خود",
            "نیز",
            "هم",
            "باید",
        ]
    ),
    "ckb": frozenset(
        ["لە", "بە", "بۆ", "کە", "و", "ئەو", "ئەم", "لەگەڵ", "دەکات", "بوو", "هەر", "هەموو", "سەر", "دوای", "نێوان"]
    ),
    "en": frozenset(
        ["the", "of", "and", "to", "in", "is", "for", "on", "that", "with", "as", "by", "at", "from", "are", "was"]
    ),
}
_ARABIC_SCRIPT = re.compile(r"[\u0620-\u06d3\u06ee-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_WORD = re.compile(r"[^\W\d_]+")
# Enough to know a language by; longer texts are judged by their front.
_LOOKED_AT = 6_000


def detect_language(text: str) -> str:
    """Return "ar", "ckb", "fa", "en" or "und" (no letters, or none of these); judges the first 6,000 characters."""
    front = text[:_LOOKED_AT]
    words = _WORD.findall(front)
    letters = sum(map(len, words))
    arabic_script = len(_ARABIC_SCRIPT.findall(front))
    if not letters:
        return "und"
    counted = Counter(words)
    function = {tag: sum(counted[word] for word in marks) / len(words) for tag, marks in _FUNCTION_WORDS.items()}
    if arabic_script < 0.3 * letters:
        return "en" if function["en"] > 0.05 else "und"
    drawn = Counter(front)
    sorani = sum(drawn[letter] for letter in _SORANI) / arabic_script
    persian = sum(drawn[letter] for letter in _PERSIAN) / arabic_script
    if sorani > 0.04:
        return "ckb"
    arabic = (
        sum(drawn[letter] for letter in _ARABIC) / arabic_script + (drawn["ا"] and front.count("ال") / len(words)) * 0.2
    )
    if function["fa"] > 0.06 + function["ar"] or (persian > 0.02 and function["fa"] >= function["ar"] and arabic < 0.1):
        return "fa"
    return "ar"
