"""Sentences that tell of a want or of suffering, weighed as complaints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp.needs import need_kinds, wanted
from nlp.weighing import weigh

if TYPE_CHECKING:
    from nlp.reading import Reading

ENOUGH = 3.0
"""Hardships that weigh as much together make a complaint; chosen on the development sets (docs/nlp.md)."""

_TOLD = 1.0
# What lessens a hardship: it is told of politics, crime, a finished project, another country, or by who runs a service.
_LESSENING = {
    "politics.strong": -2.0,
    "politics.crime": -1.5,
    "politics.project": -2.0,
    "politics.foreign": -1.0,
    "orders.notice": -1.5,
    "orders.advice": -1.0,
}
# No headline is longer; a longer first line is a text of its own.
_HEADLINE = 200
_COLON_WITHIN = 20
# The heaviest sentence counts whole, the next two in part.
_PARTS = (1.0, 0.3, 0.15)


@dataclass(frozen=True, slots=True)
class Hardship:
    """A sentence that tells of a want, its weight and the reasons."""

    sentence: int
    weight: float
    reasons: tuple[str, ...]


def find_hardships(reading: Reading) -> tuple[Hardship, ...]:
    """Return the sentences that tell of a hardship, in order."""
    told = (_hardship(reading, index) for index in range(len(reading.sentences)))
    return tuple(hardship for hardship in told if hardship is not None and hardship.weight > _TOLD)


def total(hardships: tuple[Hardship, ...]) -> float:
    """Return how much the hardships of an item weigh together."""
    ranked = sorted((hardship.weight for hardship in hardships), reverse=True)
    return sum(weight * part for weight, part in zip(ranked, _PARTS, strict=False))


def _hardship(reading: Reading, index: int) -> Hardship | None:
    sentence = reading.sentences[index]
    start, end = sentence.start, sentence.end
    if sentence.line == 0:
        headline = [other for other in reading.sentences if other.line == 0]
        if headline[-1].end <= _HEADLINE:
            # The halves of a headline ("أجور زهيدة.. معلمات …") tell one thing.
            start, end = headline[0].start, headline[-1].end
            if index:
                return None
    kinds = reading.kinds_in(start, end, "suffers.", "politics.", "orders.", "asker.", "speaks.")
    needs = need_kinds(reading, start, end)
    suffering, protest = "suffers.strong" in kinds, "suffers.protest" in kinds
    lack = "suffers.lack" in kinds and bool(needs)
    if not (suffering or protest or lack):
        return None
    beside = not needs and bool(need_kinds(reading, *reading.around(index)))
    weight, reasons = weigh(
        [
            (suffering, 2.3, "suffering"),
            (protest, 1.3, "protest"),
            (lack, 1.0, "a want"),
            (wanted(needs), 1.5, "a need named as lacking"),
            (needs and not wanted(needs), 0.8, "a need"),
            (beside, 0.6, "a need beside it"),
            (not needs and not beside, -1.5, "no need"),
            ("speaks.vague" in kinds and not wanted(needs), -2.0, "nothing in particular"),
            (_office_speaks(reading, start, end), -1.0, "an office speaks"),
            ("asker.people" in kinds, 0.7, "people"),
            (sentence.line == 0, 0.5, "headline"),
            *((kind in kinds, amount, kind) for kind, amount in _LESSENING.items()),
        ]
    )
    return Hardship(index, weight, reasons)


def _office_speaks(reading: Reading, start: int, end: int) -> bool:
    """Tell "بيئة المثنى: شح المياه …", where an office opens the headline and a colon follows."""
    return any(
        cue.start - len(cue.particles) == start and ":" in reading.text[cue.end : cue.end + _COLON_WITHIN]
        for cue in reading.cues_in(start, end, "asker.authority")
    )
