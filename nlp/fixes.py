"""Whether an item tells that a need was met: it was repaired, paid, opened, found; not promised, begun or asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nlp.analysis import Evidence
from nlp.gazetteer import load_places
from nlp.lexicon import Lexicon, phrases_of, read_toml
from nlp.needs import NEED_KINDS, NEEDS
from nlp.reading import read
from nlp.same_case import stems_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.lexicon import Cue
    from nlp.reading import Reading
    from nlp.same_case import CaseFacts
    from nlp.segmentation import Sentence

# Characters between what is done and what it is done to, or between a word that says so and the thing done.
_AFTER, _BEFORE, _AT_ONCE, _DENIED_WITHIN, _SAID_WITHIN = 70, 25, 12, 14, 50
_MET = "met."
_PAST_CLAUSE = ("بعد ان", "بعدما", "بعد", "عقب", "التي", "الذين")
_FRONT_MARKS = ("-", ":", "/", "|", "»", '"')


@dataclass(frozen=True, slots=True)
class Fix:
    """What an item says was met: the needs, in the order of `nlp.needs.NEEDS`, and the words that say so.

    The `why` of a piece of evidence is "fixed", or "need:" with the need. `personal` tells what is of one person only:
    a child that was found, a patient who was operated on.
    """

    needs: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    personal: bool


def reports_fix(text: str) -> Fix | None:
    """Return what a text says was met, or None. Whose need it was, is for who compares it with appeals."""
    reading = read(text, _lexicons())
    whole = (0, len(reading.text))
    if not reading.cues_in(*whole, "fixed.", _MET) or reading.cues_in(*whole, "open.remains"):
        return None
    needs: set[str] = set()
    evidence: dict[tuple[int, int], Evidence] = {}
    personal = True
    for sentence in reading.sentences:
        for done, of in _met_in(reading, sentence):
            personal = personal and done.kind.startswith(_MET)
            needs.update(cue.kind.partition(".")[0] for cue in of)
            needs.update([done.kind.removeprefix(_MET)] if done.kind.startswith(_MET) else [])
            for cue, why in ((done, "fixed"), *((cue, f"need:{cue.kind.partition('.')[0]}") for cue in of[:1])):
                span = reading.span(cue.start - len(cue.particles), cue.end)
                evidence.setdefault((span.start, span.end), Evidence(span.text, span.start, span.end, why))
    if not needs:
        return None
    return Fix(tuple(need for need in NEEDS if need in needs), tuple(evidence.values()), personal)


def may_meet(fix: Fix, told: CaseFacts, asked: CaseFacts) -> bool:
    """Tell whether what an item says was met may be what was asked for; `told` are the item's facts.

    One of the needs must be the same, and the smallest place that either names: no quarter stands for another, nor a
    city for its quarters. What is of one person must name that person.
    """
    if not set(fix.needs) & set(asked.needs):
        return False
    if fix.personal and len(asked.names & told.words) < _NAMES:
        return False
    there, here = _own(asked.spots, asked.needs), _own(told.spots, asked.needs)
    if there or here:
        return bool(there & told.words) and (not here or bool(here & asked.words))
    if asked.places or told.places:
        return _named(asked.places, told) and (not told.places or _named(told.places, asked))
    return True


def _named(places: Iterable[str], facts: CaseFacts) -> bool:
    return any(place in facts.places or set(place.split()) <= facts.words for place in places)


def _own(spots: frozenset[str], needs: Iterable[str]) -> frozenset[str]:
    """Return the stems that are a village's or quarter's own: not ماء after مجمع, nor بمدينة after its name."""
    kept = {
        stem
        for stem in spots - _need_stems(tuple(needs))
        if not _NO_SPOT.fullmatch(stem) and not (stem.startswith("ب") and stem[1:] in _wide())
    }
    return frozenset(kept - _SHARED_BY_MANY) or frozenset(kept)


_NAMES = 2
_NO_SPOT = re.compile(r"[بلو]?(?:مدين|قضاء|ناح|محافظ|قري|مركز|منطق|حي|شارع|جانب|عموم|كاف|جميع|داخل|خارج|سكن)\w{0,3}")
_SHARED_BY_MANY = frozenset({"ام", "ابو", "البو", "تل", "بني", "ال", "شيخ", "سيد", "حاج", "اولي", "ثاني"})


@lru_cache(maxsize=1)
def _wide() -> frozenset[str]:
    wide = {"governorate", "seat", "district", "subdistrict"}
    return frozenset().union(*(stems_of(place.name) for place in load_places() if place.kind in wide))


@lru_cache(maxsize=64)
def _need_stems(needs: tuple[str, ...]) -> frozenset[str]:
    phrases = phrases_of("needs.toml", {need: read_toml("needs.toml")[need] for need in needs})
    return frozenset().union(*(stems_of(phrase.rstrip("*")) for phrase, _ in phrases))


@lru_cache(maxsize=1)
def _lexicons() -> tuple[Lexicon, Lexicon]:
    return Lexicon("fixes.toml"), Lexicon("needs.toml")


def _met_in(reading: Reading, sentence: Sentence) -> list[tuple[Cue, list[Cue]]]:
    """Return what a sentence says was done, each with the words for what it was done to."""
    if reading.cues_in(sentence.start, sentence.end, "open.partly"):
        return []
    found = []
    for cue in reading.cues_in(sentence.start, sentence.end, "fixed.", _MET):
        if cue.kind == "fixed.says" or not _counts(reading, sentence, cue):
            continue
        of = _needs_beside(reading, sentence, cue)
        if of or cue.kind.startswith(_MET):
            found.append((cue, of))
    return found


def _counts(reading: Reading, sentence: Sentence, cue: Cue) -> bool:
    """Tell whether something is told as done, by what stands beside it in its sentence."""
    if cue.particles.endswith(("ب", "ل", "لل")):
        return False  # طالبوا بإعادة، لإصلاح
    if reading.cues_in(max(sentence.start, cue.start - _DENIED_WITHIN), cue.start, "open.denied"):
        return False
    noun = cue.kind == "fixed.noun" or _is_noun(reading, cue)
    if noun and not _told(reading, sentence, cue):
        return False
    end = sentence.end if noun else cue.start
    waits = reading.cues_in(sentence.start, end, "open.promised", "open.begun", "open.asked")
    return all(_in_the_past(reading, sentence, other) for other in waits)


def _is_noun(reading: Reading, cue: Cue) -> bool:
    """Tell the nouns among what says by itself what is met (العثور على)."""
    return cue.kind.startswith(_MET) and reading.text[cue.start : cue.end].startswith(
        ("ال", "اطلاق", "تحرير", "عوده", "اجراء", "نجاح")
    )


def _told(reading: Reading, sentence: Sentence, cue: Cue) -> bool:
    """Tell whether a noun says that something was done: it heads a sentence, or follows a word that says so."""
    front = reading.text[sentence.start : cue.start - len(cue.particles)].rstrip()
    if not front.strip(" \"'(#") or front.endswith(_FRONT_MARKS):
        return True
    return bool(reading.cues_in(max(sentence.start, cue.start - _SAID_WITHIN), cue.start, "fixed.says"))


def _in_the_past(reading: Reading, sentence: Sentence, cue: Cue) -> bool:
    """Tell an ask or order that was before what is told: بعد أن ناشدوا، بعد توجيه."""
    front = reading.text[sentence.start : cue.start - len(cue.particles)].rstrip()
    return front.endswith(_PAST_CLAUSE)


def _needs_beside(reading: Reading, sentence: Sentence, cue: Cue) -> list[Cue]:
    reach = _AT_ONCE if cue.kind == "fixed.come" else _AFTER
    after = reading.cues_in(cue.start, min(sentence.end, cue.end + reach), *NEED_KINDS)
    if after or cue.kind == "fixed.noun":
        return after
    back = _AT_ONCE if cue.kind == "fixed.come" else _BEFORE
    before = reading.cues_in(max(sentence.start, cue.start - back), cue.start, *NEED_KINDS)
    return before[-1:]
