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
class Signals:
    """How strongly the rules heard each thing: 1.0 is just enough to decide by itself, 2.0 the most that is told."""

    ask: float = 0.0
    hardship: float = 0.0
    answer: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The stance of an item, the asks and hardships that decided it, and the reasons in words.

    `signals` are what `nlp.deciding` weighs beside the model.
    """

    stance: Stance
    score: float
    asks: tuple[Ask, ...]
    hardships: tuple[Hardship, ...]
    reasons: tuple[str, ...]
    signals: Signals
    unfit: str = ""


def judge(reading: Reading, *, iraqi: bool) -> Judgement:
    """Decide the stance. `iraqi` tells that the text names a place of Iraq.

    The order is the annotation's: an answer (unless an ask is still open), an appeal, a complaint, a mention, none.
    """
    asks = find_asks(reading)
    strong = tuple(ask for ask in asks if ask.weight >= ENOUGH)
    hardships = find_hardships(reading)
    complaint = total(hardships)
    answered = _answered(reading)
    signals = Signals(
        ask=_signal(max((ask.weight for ask in asks), default=0.0) / ENOUGH),
        hardship=_signal(complaint / hardship.ENOUGH),
        answer=float(bool(answered)),
    )
    unfit = _unfit(reading, iraqi=iraqi)
    if unfit:
        return Judgement("none", 0.8, (), (), (unfit,), signals, unfit)
    if _is_answer(answered, strong):
        reasons: tuple[str, ...] = ("an authority answers a particular appeal",)
        return Judgement("response", 0.75, strong, hardships, reasons, signals)
    if strong:
        best = max(ask.weight for ask in strong)
        reasons = tuple(reason for ask in strong[:3] for reason in ask.reasons)
        return Judgement("appeal", _squash(best / ENOUGH), strong, hardships, reasons, signals)
    weak = tuple(asks)
    if complaint >= hardship.ENOUGH and (iraqi or _people(reading, hardships)):
        reasons = tuple(reason for told in hardships[:3] for reason in told.reasons)
        return Judgement("complaint", _squash(complaint / hardship.ENOUGH), weak, hardships, reasons, signals)
    spoken = _spoken_of(reading, asks)
    if spoken is not None:
        stance, reason = spoken
        return Judgement(stance, 0.6, weak, hardships, (reason,), signals)
    score = 1.0 - _squash(complaint / hardship.ENOUGH) / 2
    return Judgement("none", score, weak, hardships, ("nobody asks or suffers",), signals)


def _signal(ratio: float) -> float:
    return round(min(2.0, max(0.0, ratio)), 3)


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


def _is_answer(answered: set[int], strong: tuple[Ask, ...]) -> bool:
    still_open = any(ask.sentence not in answered and ask.weight >= _STILL_OPEN for ask in strong)
    return bool(answered) and (not still_open or min(answered) < _ANSWERED_AT_ONCE)


def _spoken_of(reading: Reading, asks: list[Ask]) -> tuple[Stance, str] | None:
    kinds = reading.kinds_in(0, len(reading.text), "speaks.", "answers.")
    if {"speaks.strong", "answers.fulfils"} <= kinds:
        return "response", "an appeal is spoken of and fulfilled"
    vague = "speaks.vague" in kinds and any(ask.subject == "people" for ask in asks)
    if "speaks.strong" in kinds or vague:
        return "mention", "appeals are spoken of, none is made"
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
