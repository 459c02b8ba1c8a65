"""Where the event or the need is: the primary governorates among those mentioned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp.places import Mention
    from nlp.reading import Reading

# Weights of one mention by the role it plays; chosen on the development sets (docs/nlp.md).
_ROLE_WEIGHT = {"": 1.0, "dateline": 0.0, "road_end": 0.15, "government": 0.15, "origin": 0.7, "target": 0.4}
_HEADLINE = 2.5
_LEAD = 1.6
_NEED_SENTENCE = 1.4
# A governorate is primary beside the heaviest one only where it weighs nearly as much.
_BESIDE = 0.55
_ENOUGH = 0.5


def primary_governorates(reading: Reading, mentions: list[Mention], *, abroad: bool, national: bool) -> tuple[str, ...]:
    """Weigh each governorate over its mentions; `abroad` (Iraqis in trouble abroad) and `national` items have none."""
    if abroad:
        return ()
    weights: dict[str, float] = defaultdict(float)
    for mention in mentions:
        weights[mention.toponym.governorate] += _weight(reading, mention)
    top = max(weights.values(), default=0.0)
    if top >= _ENOUGH:
        return tuple(sorted(code for code, weight in weights.items() if weight >= max(_ENOUGH, _BESIDE * top)))
    datelines = {m.toponym.governorate for m in mentions if m.role == "dateline"}
    if national or not datelines or datelines == {"IQ-BG"} or len(weights) > len(datelines):
        return ()
    return tuple(sorted(datelines - {"IQ-BG"}))


def _weight(reading: Reading, mention: Mention) -> float:
    weight = _ROLE_WEIGHT[mention.role] * mention.score
    index = next(
        (i for i, sentence in enumerate(reading.sentences) if sentence.start <= mention.start < sentence.end), None
    )
    if index is None or not weight:
        return weight
    sentence = reading.sentences[index]
    if sentence.line == 0:
        weight *= _HEADLINE
    elif sentence.line <= 2:
        weight *= _LEAD
    if reading.kinds_in(sentence.start, sentence.end, "asks.", "suffers.strong"):
        weight *= _NEED_SENTENCE
    return weight
