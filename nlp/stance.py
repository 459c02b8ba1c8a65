"""Whether an item asks, complains, answers, only speaks of appeals, or none of it; rules with weights and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp import hardship
from nlp.asks import ENOUGH, Ask, find_asks
from nlp.hardship import Hardship, find_hardships, total

if TYPE_CHECKING:
    from nlp.analysis import Stance
    from nlp.reading import Reading

# An ask told in the text of an answer keeps the item an appeal only where it is plainly still open.
_STILL_OPEN = 6.0
# An answer told in the first two sentences is what the item is about.
_ANSWERED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """The stance of an item, the asks and hardships that decided it, and the reasons in words."""

    stance: Stance
    score: float
    asks: tuple[Ask, ...]
    hardships: tuple[Hardship, ...]
    reasons: tuple[str, ...]


def judge(reading: Reading, *, iraqi: bool) -> Judgement:
    """Decide the stance. `iraqi` tells that the text names a place of Iraq.

    The order is the annotation's: an answer (unless an ask is still open), an appeal, a complaint, a mention, none.
    """
    unfit = _unfit(reading, iraqi=iraqi)
    if unfit:
        return Judgement("none", 0.8, (), (), (unfit,))
    asks = find_asks(reading)
    strong = tuple(ask for ask in asks if ask.weight >= ENOUGH)
    hardships = find_hardships(reading)
    if _is_answer(reading, strong):
        return Judgement("response", 0.75, (), (), ("an authority answers a particular appeal",))
    best, complaint = max((ask.weight for ask in strong), default=0.0), total(hardships)
    if strong:
        reasons = tuple(reason for ask in strong[:3] for reason in ask.reasons)
        return Judgement("appeal", _squash(best / ENOUGH), strong, hardships, reasons)
    if complaint >= hardship.ENOUGH and (iraqi or _people(reading, hardships)):
        reasons = tuple(reason for told in hardships[:3] for reason in told.reasons)
        return Judgement("complaint", _squash(complaint / hardship.ENOUGH), (), hardships, reasons)
    return _spoken_of(reading, asks) or Judgement(
        "none", 1.0 - _squash(complaint / hardship.ENOUGH) / 2, (), (), ("nobody asks or suffers",)
    )


def _unfit(reading: Reading, *, iraqi: bool) -> str | None:
    """Say why an item cannot be an appeal in Iraq whatever its words, or None."""
    kinds = reading.kinds_in(0, len(reading.text), "politics.")
    if "politics.foreign" in kinds and not iraqi and "politics.iraqi" not in kinds:
        return "foreign"
    if "politics.satire" in kinds:
        return "satire"
    return "an advertisement" if "politics.advert" in kinds else None


def _squash(ratio: float) -> float:
    """Map a weight relative to its threshold to 0..1: 0.67 at the threshold, towards 1 above."""
    return round(min(0.97, ratio / (ratio + 0.5)), 3) if ratio > 0 else 0.0


def _people(reading: Reading, hardships: tuple[Hardship, ...]) -> bool:
    told = [reading.sentences[hardship.sentence] for hardship in hardships]
    return any(reading.cues_in(sentence.start, sentence.end, "asker.people") for sentence in told)


def _is_answer(reading: Reading, strong: tuple[Ask, ...]) -> bool:
    answered = _answered(reading)
    still_open = any(ask.sentence not in answered and ask.weight >= _STILL_OPEN for ask in strong)
    return bool(answered) and (not still_open or min(answered) < _ANSWERED_AT_ONCE)


def _spoken_of(reading: Reading, asks: list[Ask]) -> Judgement | None:
    kinds = reading.kinds_in(0, len(reading.text), "speaks.", "answers.")
    if {"speaks.strong", "answers.fulfils"} <= kinds:
        return Judgement("response", 0.6, (), (), ("an appeal is spoken of and fulfilled",))
    vague = "speaks.vague" in kinds and any(ask.subject == "people" for ask in asks)
    if "speaks.strong" in kinds or vague:
        return Judgement("mention", 0.6, (), (), ("appeals are spoken of, none is made",))
    return None


def _answered(reading: Reading) -> set[int]:
    """Return the sentences that tell of an answer to a particular appeal."""
    found: set[int] = set()
    for index, sentence in enumerate(reading.sentences):
        for cue in reading.cues_in(sentence.start, sentence.end, "answers.strong"):
            phrase = reading.text[cue.start : cue.end].split()
            if cue.particles.endswith("ال"):
                continue  # الاستجابة السريعة للمناشدات: answering as such, no one answer
            near = reading.cues_in(
                cue.start, min(sentence.end, cue.end + 60), "asks.strong", "speaks.strong", "asker.people"
            )
            if len(phrase) > 1 or near:
                found.add(index)
    return found
