"""What is lacking: the needs of an appeal and its urgency."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.analysis import Urgency
    from nlp.reading import Reading

NEEDS = (
    "water", "electricity", "health", "education", "roads_transport", "sewage_environment", "housing_land",
    "jobs_salaries", "welfare_aid", "documents_administration", "security_justice", "missing_detained", "agriculture",
    "displacement", "prices_fuel", "other",
)  # fmt: skip
"""The labels of needs, in the order of the annotation page."""

NEED_KINDS = tuple(f"{need}." for need in NEEDS)
"""What the kinds of cues of needs begin with."""

_WANT, _TOPIC, _ELSEWHERE = 2.0, 1.0, 0.25
_ENOUGH, _BESIDE, _AT_MOST = 1.0, 0.45, 3


def need_kinds(reading: Reading, start: int, end: int) -> set[str]:
    """Return the kinds ("water.topic", …) of the needs spoken of in a stretch."""
    return reading.kinds_in(start, end, *NEED_KINDS)


def wanted(kinds: set[str]) -> bool:
    """Tell whether one of the kinds is a want by itself (العطش), not only a topic (ماء)."""
    return any(kind.endswith(".want") for kind in kinds)


def needs_of(reading: Reading, stretches: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """Return the needs told in the deciding stretches, heaviest first, at most three; ("other",) where none shows."""
    deciding = list(stretches)
    weights: dict[str, float] = defaultdict(float)
    for cue in reading.cues_in(0, len(reading.text), *NEED_KINDS):
        need, _, strength = cue.kind.partition(".")
        inside = any(start <= cue.start < end for start, end in deciding)
        weights[need] += (_WANT if strength == "want" else _TOPIC) * (1.0 if inside else _ELSEWHERE)
    if len(weights) > 1:
        weights.pop("other", None)
    ranked = sorted(weights, key=lambda need: (-weights[need], NEEDS.index(need)))
    top = weights[ranked[0]] if ranked else 0.0
    chosen = [need for need in ranked if weights[need] >= max(_ENOUGH, _BESIDE * top)][:_AT_MOST]
    return tuple(chosen or ranked[:1] or ["other"])


def urgency_of(reading: Reading, stretches: Iterable[tuple[int, int]], needs: tuple[str, ...]) -> Urgency:
    """Return how urgent the told need is; words of danger in the deciding stretches weigh more than elsewhere."""
    everything = (0, len(reading.text))
    danger = len(reading.cues_in(*everything, "urgency.critical"))
    close = sum(len(reading.cues_in(start, end, "urgency.critical")) for start, end in stretches)
    if close * 2 + danger >= _DANGER and not set(needs) <= _NEVER_CRITICAL:
        return "critical"
    if _ESSENTIAL & set(needs[:2]):
        return "high"
    if "jobs_salaries" in needs and reading.cues_in(*everything, "urgency.wages"):
        return "high"
    if needs[0] in _BY_WORDS and any(reading.cues_in(start, end, "urgency.high") for start, end in stretches):
        return "high"
    return "normal"


_DANGER = 3
_ESSENTIAL = frozenset({"water", "electricity", "health", "sewage_environment", "prices_fuel", "displacement"})
_NEVER_CRITICAL = frozenset({"jobs_salaries", "agriculture", "documents_administration", "education", "prices_fuel"})
_BY_WORDS = frozenset({"roads_transport", "housing_land", "welfare_aid", "security_justice", "other"})
