"""Where the event or the need is: the primary governorates among those mentioned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp.places import Mention
    from nlp.reading import Reading

# Weights of one mention by the role it plays; chosen on the development sets (docs/nlp.md).
_ROLE_WEIGHT = {
    "": 1.0, "dateline": 0.0, "road_end": 0.15, "government": 0.15, "after": 0.3, "origin": 0.6, "target": 0.5,
}  # fmt: skip
_HEADLINE = 2.5
_LEAD = 1.6
_NEED_SENTENCE = 1.4
# Further mentions of the same governorate add a little: a list of its towns outweighs no other governorate's one.
_REPEATED = 0.2
# A governorate is primary beside the heaviest one only where it weighs nearly as much.
_BESIDE = 0.55
_ENOUGH = 0.5


def primary_governorates(reading: Reading, mentions: list[Mention], *, abroad: bool, sport: bool) -> tuple[str, ...]:
    """Weigh each governorate over its mentions; items of Iraqis `abroad` have none.

    A dateline counts only where the text itself names no governorate of its own, speaks of no wider region, and the
    dateline is not the capital's bureau; of `sport` it tells only where the outlet's reporter sits.
    """
    if abroad:
        return ()
    single: dict[str, list[float]] = defaultdict(list)
    for mention in mentions:
        single[mention.toponym.governorate].append(_weight(reading, mention))
    weights = {code: max(told) + _REPEATED * (sum(told) - max(told)) for code, told in single.items()}
    top = max(weights.values(), default=0.0)
    if top >= _ENOUGH:
        return tuple(sorted(code for code, weight in weights.items() if weight >= max(_ENOUGH, _BESIDE * top)))
    datelines = {m.toponym.governorate for m in mentions if m.role == "dateline"}
    headline_end = next((s.end for s in reversed(reading.sentences) if s.line == 0), 0)
    if reading.cues_in(0, headline_end, "politics.wide", "politics.foreign") or sport or datelines == {"IQ-BG"}:
        return ()
    return tuple(sorted(datelines - {"IQ-BG"}))


def _weight(reading: Reading, mention: Mention) -> float:
    weight = _ROLE_WEIGHT[mention.role] * mention.score
    sentence = next((s for s in reading.sentences if s.start <= mention.start < s.end), None)
    if sentence is None or not weight:
        return weight
    if sentence.line == 0:
        weight *= _HEADLINE
    elif sentence.line <= 2:
        weight *= _LEAD
    if reading.cues_in(sentence.start, sentence.end, "asks.", "suffers.strong"):
        weight *= _NEED_SENTENCE
    return weight
