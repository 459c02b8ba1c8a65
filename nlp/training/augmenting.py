"""Other shapes of the same item, so that the model learns what is said rather than how one outlet writes it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from nlp.training.labelled import Item

# Spelling as people write in haste, a letter for a letter, so that offsets stay.
_SLOPPY = (str.maketrans("أإآى", "اااي"), str.maketrans("ةأإآ", "هااا"), str.maketrans("ةأإآىؤئ", "هااايوي"))
_PUNCTUATION = str.maketrans(dict.fromkeys('،,.:؛"«»()', " "))

_PLACES = (
    "البصرة", "ميسان", "ذي قار", "المثنى", "الديوانية", "النجف", "كربلاء", "بابل", "واسط", "بغداد", "ديالى", "كركوك",
    "الأنبار", "صلاح الدين", "نينوى", "أربيل", "دهوك", "السليمانية", "حلبجة", "الناصرية", "العمارة", "السماوة", "الحلة",
    "الكوت", "بعقوبة", "تكريت", "الموصل", "الرمادي", "الفلوجة", "الزبير", "الشطرة", "سامراء", "خانقين", "تلعفر",
    "سنجار",
)  # fmt: skip
_PLACE = re.compile(rf"(?<!\w)(?:{'|'.join(_PLACES)})(?!\w)")
_OUTLETS = (
    "شفق نيوز", "وكالة الأنباء العراقية (واع)", "السومرية نيوز", "بغداد اليوم", "شبكة أخبار الناصرية", "ناس", "المدى",
    "رووداو", "العراق الآن", "صدى الجنوب", "كركوك ناو", "وكالة المعلومة", "الزمان", "قناة الفرات", "وكالة موازين نيوز",
)  # fmt: skip
_LONGEST_HEADLINE = 120


def sloppy(text: str, chance: random.Random) -> str:
    """Return the text as it might be typed in a hurry: hamzas and dots left out, now and then without punctuation."""
    text = text.translate(chance.choice(_SLOPPY))
    return text.translate(_PUNCTUATION) if chance.random() < 0.3 else text


def varied(item: Item, chance: random.Random, share: float) -> Item:
    """Return the item, each of its features changed with the probability `share`.

    Spelling; the places in it; cut to its headline and the first words below, as listings show it; an outlet's name
    behind a headline. What moves letters leaves the spans out.
    """
    text, spans = item.text, item.spans
    head, line, body = text.partition("\n")
    if line and 20 < len(head) <= _LONGEST_HEADLINE and chance.random() < share * 0.6:
        words = body.split()
        text, spans = head + "\n" + " ".join(words[: chance.randint(0, 8)]), False
        text = text.rstrip()
    if chance.random() < share:
        moved = {place: chance.choice(_PLACES) for place in _PLACES}
        changed = _PLACE.sub(lambda found: moved[found.group()], text)
        spans = spans and changed == text
        text = changed
    if "\n" not in text and len(text) <= _LONGEST_HEADLINE and chance.random() < share:
        text = f"{text} - {chance.choice(_OUTLETS)}" if chance.random() < 0.5 else f"{text}\n{_dateline(chance)}"
    if chance.random() < share:
        text = sloppy(text, chance)
    return replace(item, text=text, spans=spans)


def _dateline(chance: random.Random) -> str:
    outlet, place = chance.choice(_OUTLETS), chance.choice(_PLACES)
    return chance.choice((f"{outlet}- {place}", f"{outlet} / {place}", f"{place} - {outlet}"))
