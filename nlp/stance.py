"""Whether an item asks, complains, answers, only speaks of appeals, or none of it; rules with weights and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp.asks import ENOUGH, Ask, find_asks
from nlp.needs import need_kinds

if TYPE_CHECKING:
    from nlp.analysis import Stance
    from nlp.reading import Reading

_COMPLAINT_ENOUGH = 3.0
# An ask told in the text of an answer keeps the item an appeal only where it is plainly still open.
_STILL_OPEN = 6.0


@dataclass(frozen=True, slots=True)
class Hardship:
    """A sentence that tells of a want, its weight and the reasons."""

    sentence: int
    weight: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The stance of an item with what decided it: the asks and hardships that weigh enough, and the reasons in words."""

    stance: Stance
    score: float
    asks: tuple[Ask, ...]
    hardships: tuple[Hardship, ...]
    reasons: tuple[str, ...]


def judge(reading: Reading, *, iraqi: bool) -> Judgement:
    """Decide the stance. `iraqi` tells that the text names a place or office of Iraq."""
    everything = (0, len(reading.text))
    foreign = len(reading.cues_in(*everything, "politics.foreign"))
    if foreign and not iraqi and not reading.cues_in(*everything, "politics.iraqi"):
        return _none("foreign")
    if reading.cues_in(*everything, "politics.satire"):
        return _none("satire")
    if reading.cues_in(*everything, "politics.advert"):
        return _none("an advertisement")
    asks = find_asks(reading)
    strong = tuple(ask for ask in asks if ask.weight >= ENOUGH)
    hardships = tuple(h for h in (_hardship(reading, i) for i in range(len(reading.sentences))) if h.weight > 1.0)
    complaint = _complaint_weight(hardships)
    answered = _answered(reading)
    best = max((ask.weight for ask in strong), default=0.0)
    if answered:
        open_asks = tuple(ask for ask in strong if ask.sentence not in answered and ask.weight >= _STILL_OPEN)
        if not open_asks or min(answered) < 2:
            return Judgement("response", 0.75, (), (), ("an authority answers a particular appeal",))
    if strong:
        reasons = tuple(reason for ask in strong[:3] for reason in ask.reasons)
        return Judgement("appeal", _squash(best / ENOUGH), strong, hardships, reasons)
    if complaint >= _COMPLAINT_ENOUGH and (iraqi or _people(reading, hardships)):
        reasons = tuple(reason for hardship in hardships[:3] for reason in hardship.reasons)
        return Judgement("complaint", _squash(complaint / _COMPLAINT_ENOUGH), (), hardships, reasons)
    if reading.cues_in(*everything, "speaks.strong") and reading.cues_in(*everything, "answers.fulfils"):
        return Judgement("response", 0.6, (), (), ("an appeal is spoken of and fulfilled",))
    if _speaks(reading, asks):
        return Judgement("mention", 0.6, (), (), ("appeals are spoken of, none is made",))
    return Judgement("none", 1.0 - _squash(max(best, complaint) / ENOUGH) / 2, (), (), ("nobody asks or suffers",))


def _none(why: str) -> Judgement:
    return Judgement("none", 0.8, (), (), (why,))


def _squash(ratio: float) -> float:
    """Map a weight relative to its threshold to 0..1, 0.5 at half the threshold, towards 1 above."""
    return round(min(0.97, ratio / (ratio + 0.5)), 3) if ratio > 0 else 0.0


def _hardship(reading: Reading, index: int) -> Hardship:
    sentence = reading.sentences[index]
    kinds = reading.kinds_in(sentence.start, sentence.end, "suffers.", "politics.", "orders.", "asker.")
    needs = need_kinds(reading, sentence.start, sentence.end)
    weight = 0.0
    reasons: list[str] = []

    def add(amount: float, why: str) -> None:
        nonlocal weight
        weight += amount
        reasons.append(f"{why} {amount:+.1f}")

    if "suffers.strong" in kinds:
        add(2.3, "suffering")
    if "suffers.protest" in kinds:
        add(1.3, "protest")
    if "suffers.lack" in kinds and needs:
        add(1.0, "a want")
    if not reasons:
        return Hardship(index, 0.0, ())
    if _wanted(needs):
        add(1.5, "a need named as lacking")
    elif needs:
        add(0.8, "a need")
    elif need_kinds(reading, *_neighbours(reading, index)):
        add(0.3, "a need beside it")
    else:
        add(-1.5, "no need")
    if "speaks.vague" in reading.kinds_in(sentence.start, sentence.end, "speaks.") and not _wanted(needs):
        add(-2.0, "nothing in particular")
    if "asker.people" in kinds:
        add(0.7, "people")
    if sentence.line == 0:
        add(0.5, "headline")
    for kind, amount in (
        ("politics.strong", -2.0), ("politics.crime", -1.5), ("politics.project", -2.0), ("politics.foreign", -1.0),
        ("orders.notice", -1.5), ("orders.advice", -1.0),
    ):  # fmt: skip
        if kind in kinds:
            add(amount, kind)
    return Hardship(index, weight, tuple(reasons))


def _wanted(needs: set[str]) -> bool:
    return any(kind.endswith(".want") for kind in needs)


def _people(reading: Reading, hardships: tuple[Hardship, ...]) -> bool:
    told = [reading.sentences[hardship.sentence] for hardship in hardships]
    return any(reading.cues_in(sentence.start, sentence.end, "asker.people") for sentence in told)


def _neighbours(reading: Reading, index: int) -> tuple[int, int]:
    first, last = max(0, index - 1), min(len(reading.sentences) - 1, index + 1)
    return reading.sentences[first].start, reading.sentences[last].end


def _complaint_weight(hardships: tuple[Hardship, ...]) -> float:
    """The heaviest sentence, and a part of what the next two add."""
    ranked = sorted((hardship.weight for hardship in hardships), reverse=True)
    return sum(weight * part for weight, part in zip(ranked, (1.0, 0.3, 0.15), strict=False))


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


def _speaks(reading: Reading, asks: list[Ask]) -> bool:
    everything = (0, len(reading.text))
    if reading.cues_in(*everything, "speaks.strong"):
        return True
    vague = reading.cues_in(*everything, "speaks.vague")
    return bool(vague) and any(ask.subject == "people" for ask in asks)
