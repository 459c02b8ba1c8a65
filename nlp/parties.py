"""Who asks or suffers, and who is asked: spans grown from their first word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.asks import agents

if TYPE_CHECKING:
    from nlp.asks import Ask
    from nlp.lexicon import Cue
    from nlp.reading import Reading
    from nlp.segmentation import Sentence, Word

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
# "… ، ووزارة الصحة", "… و بوزارة": the next of those asked.
_LISTED = re.compile(r"(?:^|\s)و(?:ب|ل|الي )?$")
_LISTED_WITHIN = 32
_LETTER_SENTENCES = 5
_CALLS_WITH_B = ("استغاث", "يستغيث", "تستغيث", "استنجد", "يستنجد", "تستنجد", "مستنجد", "مستغيث", "نستنجد", "نستغيث")
_NOT_ASKED_AFTER = frozenset(
    [
        "في",
        "من",
        "عن",
        "امام",
        "قرب",
        "داخل",
        "ضمن",
        "عبر",
        "مع",
        "على",
        "علي",
        "قباله",
        "خلال",
        "بحسب",
        "مبني",
        "ديوان",
        "باب",
    ]
)
_WE = (["نحن"], ["احنا"], ["احنه"], ["حنا"], ["من"], ["اني"], ["انا"])


def appellants(reading: Reading, ask: Ask) -> list[tuple[int, int]]:
    """Return the spans of who makes an ask, in normalised offsets; empty where no one is named."""
    if ask.cue.kind == "asks.first_person":
        speaker = _first_person(reading, ask)
        return [grow(reading, *speaker)] if speaker else []
    if ask.asker is None or ask.subject not in {"people", "speakers"}:
        return []
    sentence = next(s for s in reading.sentences if s.start <= ask.asker.start < s.end)
    return [grow(reading, ask.asker, sentence)]


def headline_people(reading: Reading) -> list[tuple[int, int]]:
    """Return the people a headline opens a clause with: they are who the text is about."""
    found: list[tuple[int, int]] = []
    for sentence in reading.sentences:
        if sentence.line:
            break
        for agent in agents(reading, sentence.start, sentence.end):
            front = reading.text[sentence.start : agent.start - len(agent.particles)].rstrip(" \"'(")
            if agent.kind == "asker.people" and (not front or front[-1] in ".:-?!"):
                found.append(grow(reading, agent, sentence))
    return found[:1]


def _first_person(reading: Reading, ask: Ask) -> tuple[Cue, Sentence] | None:
    """Who says we: the people named after نحن or احنا, else the first named in the sentence or just before it."""
    before = reading.sentences[max(0, ask.sentence - 2) : ask.sentence + 1]
    everyone = [(agent, s) for s in before for agent in agents(reading, s.start, s.end) if agent.kind == "asker.people"]
    told = [
        (agent, s)
        for agent, s in everyone
        if reading.text[s.start : agent.start - len(agent.particles)].split()[-1:] in _WE
    ]
    return next(iter(told or everyone), None)


def addressees(reading: Reading, ask: Ask) -> list[tuple[int, int]]:
    """Return the spans of who is asked, each office or person for itself."""
    found: list[tuple[int, int]] = []
    sentence = reading.sentences[ask.sentence]
    own = appellants(reading, ask)
    for cue in ask.asked:
        if any(start < cue.end and cue.start < end for start, end in [*own, *found]):
            continue
        if not found:
            if _may_be_asked(reading, ask, cue):
                found.append(grow(reading, cue, sentence))
            continue
        gap = reading.text[found[-1][1] : cue.start]
        if len(gap) <= _LISTED_WITHIN and _LISTED.search(gap):
            found.append(grow(reading, cue, sentence))
    return found or _letter_head(reading, ask)


def _may_be_asked(reading: Reading, ask: Ask, cue: Cue) -> bool:
    """Take the object of the verb, what stands after إلى and لـ, and after بـ only for calling for help."""
    if cue.particles.endswith("ب") and not reading.text[ask.cue.start : ask.cue.end].startswith(_CALLS_WITH_B):
        return False
    before = reading.text[ask.cue.end : cue.start - len(cue.particles)].split()
    return not before or before[-1] not in _NOT_ASKED_AFTER


def _letter_head(reading: Reading, ask: Ask) -> list[tuple[int, int]]:
    """Return whom a letter names in its first lines: "إلى معالي وزير …"."""
    if ask.cue.kind != "asks.first_person":
        return []
    found: list[tuple[int, int]] = []
    for sentence in reading.sentences[:_LETTER_SENTENCES]:
        for cue in reading.cues_in(sentence.start, sentence.end, "asked."):
            front = _HONORIFICS.sub("", reading.text[sentence.start : cue.start]).split()
            if front[-1:] == ["الي"] and len(front) <= 3:
                found.append(grow(reading, cue, sentence))
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
        start -= len("ال")
    honorific = _HONORIFICS.match(reading.text, start)
    if honorific:
        start = honorific.end()
        end = max(end, start + 1)
    quantity = reading.text[cue.start : cue.end] in _QUANTITIES
    following = [word for word in reading.words_in(end, sentence.end) if word.start >= end]
    for word in following[:_MOST_WORDS]:
        if reading.text[end : word.start] != " ":
            break
        if quantity and word.text == "من" and end == cue.end:
            end = word.end
            continue
        if _completes_head(reading, cue, end, word):
            end = word.end
            continue
        if _ends_a_name(reading, word) or (cue.kind.startswith("asked.") and _after_definite(reading, end, word)):
            break
        end = word.end
    return start, end


def _completes_head(reading: Reading, cue: Cue, end: int, word: Word) -> bool:
    """Tell the word without which a head is no name: وزارة | الصحة, نائب | عن محافظة."""
    head = reading.words[reading.word_at(cue.end) - 1].text
    if head in _DEPUTIES:
        return word.text == "عن" if end == cue.end else reading.text[cue.end : end] == " عن"
    if end != cue.end or cue.particles.endswith("ال"):
        return False
    return not head.startswith("ال") and word.text.startswith("ال") and word.text not in _STOPS


def _ends_a_name(reading: Reading, word: Word) -> bool:
    if word.text in _STOPS or (word.text.startswith(("وال", "ب", "لل")) and word.text not in _PLACES_IN_B):
        return True
    if reading.kinds_in(word.start, word.end, "asks.", "suffers.", "asked.", "asker.authority"):
        return True
    return word.text[0] in "يت" and word.text.endswith(("ون", "وا"))


def _after_definite(reading: Reading, end: int, word: Word) -> bool:
    """Tell that an office's name has come to its definite noun and does not go on: وزارة الموارد المائية | زيادة."""
    previous = reading.words[reading.word_at(end) - 1].text
    return previous.startswith("ال") and not word.text.startswith("ال")


# Frequent governorates and towns that begin with ب, which is no preposition there.
_PLACES_IN_B = frozenset(
    ["بغداد", "بابل", "بعقوبه", "بيجي", "بلد", "بلدروز", "بهرز", "بدره", "بلديه", "بنجوين", "بعشيقه", "برطله"]
)
_DEPUTIES = frozenset({"نايب", "نايبه", "نواب"})
_QUANTITIES = frozenset({"العشرات", "الميات", "عدد", "عشرات", "ميات", "الالاف"})
