"""Who asks or suffers, and who is asked: spans grown from their first word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.asks import agents


if TYPE_CHECKING:
    from nlp.asks import Ask
    from nlp.lexicon import Cue
    from nlp.reading import Reading
    from nlp.segmentation import Sentence

_MOST_WORDS = 6
# Words that end a party's name: prepositions that open a place or circumstance, relatives, time, speech.
_STOPS = frozenset(
    [
        "في",
        "من",
        "الي",
        "على",
        "علي",
        "عن",
        "بعد",
        "قبل",
        "منذ",
        "حتى",
        "مع",
        "ضمن",
        "خلال",
        "عند",
        "قرب",
        "امام",
        "وسط",
        "شمال",
        "شمالي",
        "جنوب",
        "جنوبي",
        "شرق",
        "شرقي",
        "غرب",
        "غربي",
        "بين",
        "حول",
        "ضد",
        "دون",
        "بسبب",
        "الذي",
        "التي",
        "الذين",
        "ان",
        "انه",
        "انهم",
        "انها",
        "لم",
        "لن",
        "لا",
        "ما",
        "قد",
        "كان",
        "كانت",
        "اليوم",
        "امس",
        "صباح",
        "مساء",
        "عصر",
        "فجر",
        "الاحد",
        "الاثنين",
        "الثلاثاء",
        "الاربعاء",
        "الخميس",
        "الجمعه",
        "السبت",
        "التابعه",
        "التابع",
        "بضروره",
        "بشكل",
        "للمطالبه",
        "احتجاجا",
        "لتامين",
        "لانقاذ",
        "لحمايه",
        "ليل",
        "نهار",
    ]
)
_HONORIFICS = re.compile(r"(?:السيد|السيده|معالي|دوله|سياده|فخامه|سماحه|سعاده)\s+")
_NEXT_OPENS = re.compile(r"\s+و")


def appellants(reading: Reading, ask: Ask) -> list[tuple[int, int]]:
    """Return the span of who makes an ask, in normalised offsets; empty where no one is named."""
    if ask.asker is None or ask.subject not in {"people", "speakers"}:
        return []
    return [grow(reading, ask.asker, reading.sentences[ask.sentence])]


def addressees(reading: Reading, ask: Ask) -> list[tuple[int, int]]:
    """Return the spans of who is asked, each office or person for itself."""
    found: list[tuple[int, int]] = []
    for cue in ask.asked:
        gap = reading.text[found[-1][1] if found else ask.cue.end : cue.start]
        if found and (cue.start < found[-1][1] or not _NEXT_OPENS.match(gap) or len(gap) > 12):
            continue
        if not found and len(gap.split()) > 9:
            continue
        found.append(grow(reading, cue, reading.sentences[ask.sentence]))
    return found


def sufferers(reading: Reading, sentence: Sentence) -> list[tuple[int, int]]:
    """Return who suffers in a sentence: the people named nearest to the word of suffering or protest."""
    told = reading.cues_in(sentence.start, sentence.end, "suffers.strong", "suffers.protest")
    people = [agent for agent in agents(reading, sentence.start, sentence.end) if agent.kind == "asker.people"]
    if not people:
        return []
    anchor = told[0].start if told else sentence.start
    return [grow(reading, min(people, key=lambda cue: abs(cue.start - anchor)), sentence)]


def grow(reading: Reading, cue: Cue, sentence: Sentence) -> tuple[int, int]:
    """Extend a party from its first word to the end of its name."""
    start, end = cue.start, cue.end
    if cue.particles.endswith("ال"):
        start -= 2
    honorific = _HONORIFICS.match(reading.text, start)
    if honorific:
        start = honorific.end()
        end = max(end, start + 1)
    following = [word for word in reading.words_in(end, sentence.end) if word.start >= end]
    for word in following[:_MOST_WORDS]:
        if (
            reading.text[end : word.start] != " "
            or word.text in _STOPS
            or (word.text.startswith(("وال", "ب", "لل")) and word.text not in _PLACES_IN_B)
        ):
            break
        if reading.kinds_in(word.start, word.end, "asks.", "suffers.", "asked.", "asker.authority"):
            break
        if word.text[0] in "يت" and word.text.endswith(("ون", "وا")):
            break
        end = word.end
    return start, end


# Frequent first letters of governorates and towns that begin with ب and are no preposition.
_PLACES_IN_B = frozenset(
    ["بغداد", "بابل", "بعقوبه", "بيجي", "بلد", "بلدروز", "بهرز", "بدره", "بلديه", "بنجوين", "بعشيقه", "برطله"]
)
