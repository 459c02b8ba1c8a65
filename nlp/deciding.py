"""Rules and model together: the stance, needs and urgency of an item, by learnt weights.

Each decision is a logistic regression over what the rules heard and the logarithms of the model's probabilities. Its
weights stand in `models/model.json`; `python -m nlp.training weigh` learns them on what the model told of items that it
had not seen (docs/nlp.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlp.analysis import ALERTABLE
from nlp.model import STANCES, URGENCIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nlp.analysis import Stance, Urgency
    from nlp.model import Told
    from nlp.stance import Judgement

_LEAST = 1e-4
ASKING = 0.4
"""Probability from which on an item asks or complains; chosen on what the folds told (docs/nlp.md)."""

SHORT = 200
"""Characters up to which a text is a headline, with or without a cut-off lead."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The stance, its probability, and in words how rules and model came to it."""

    stance: Stance
    score: float
    reasons: tuple[str, ...]


def stance_features(judgement: Judgement, told: Sequence[float], letters: Sequence[float], length: int) -> list[float]:
    """Return what the stance of a text of `length` characters is decided by.

    The logarithms of both models, the rules' stance, how strong their signals are; and, for texts as short as a
    headline, the odds and signals of somebody asking or suffering once more: there the rules know more, and the
    encoder less.
    """
    signals = judgement.signals
    rule = [float(judgement.stance == stance) for stance in STANCES]
    short = float(length <= SHORT)
    return [
        *_logs(told),
        *_logs(letters),
        *rule,
        signals.ask,
        signals.hardship,
        signals.answer,
        float(bool(judgement.unfit)),
        short,
        short * _log_odds(_asking(told)),
        short * float(judgement.stance in ALERTABLE),
        short * signals.ask,
        short * signals.hardship,
    ]


def need_features(need: str, ruled: Sequence[str], told: float, letters: float) -> list[float]:
    """Return what one need is decided by: both models' log odds, and whether the rules have it at all, or first."""
    return [_log_odds(told), _log_odds(letters), float(need in ruled), float(need in ruled[:1])]


def urgency_features(ruled: str, told: Sequence[float], letters: Sequence[float]) -> list[float]:
    """Return what the urgency is decided by."""
    return [*_logs(told), *_logs(letters), *(float(ruled == urgency) for urgency in URGENCIES)]


def decide_stance(judgement: Judgement, told: Told, length: int, weights: Mapping[str, Any]) -> Verdict:
    """Return the stance. Where the rules know an item to be satire, foreign or an advertisement, they win."""
    if judgement.unfit:
        return Verdict("none", judgement.score, judgement.reasons)
    features = stance_features(judgement, list(told.stance.values()), told.letters["stance"], length)
    chances = _softmax(_scores(features, weights["stance"]))
    best = likeliest(chances)
    alike = STANCES[best] == judgement.stance
    model = max(told.stance, key=lambda stance: told.stance[stance])
    reasons = (
        *(judgement.reasons if alike else (f"rules alone: {judgement.stance}",)),
        f"model: {model} {told.stance[model]:.2f}",
        f"together: {STANCES[best]} {chances[best]:.2f}",
    )
    return Verdict(STANCES[best], round(chances[best], 3), reasons)


def likeliest(chances: Sequence[float]) -> int:
    """Return the number of the stance to decide on, of probabilities in the order of STANCES.

    Appeal and complaint count together first: an item that is one of the two with 0.4 is not "none" because each has
    less than that. An appeal that nobody sees is worse than a row that an editor passes over.
    """
    asks = _asking(chances) >= ASKING
    left = (number for number, stance in enumerate(STANCES) if (stance in ALERTABLE) == asks)
    return max(left, key=chances.__getitem__)


def _asking(chances: Sequence[float]) -> float:
    """Return the probability of an appeal or a complaint."""
    return sum(chance for stance, chance in zip(STANCES, chances, strict=True) if stance in ALERTABLE)


def decide_needs(ruled: Sequence[str], told: Told, weights: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the needs, the likeliest first, one at least and three at most."""
    chances = {
        need: _sigmoid(_scores(need_features(need, ruled, chance, letters), weights["needs"])[0])
        for (need, chance), letters in zip(told.needs.items(), told.letters["needs"], strict=True)
    }
    ranked = sorted(chances, key=lambda need: -chances[need])
    chosen = [need for need in ranked[: weights["most_needs"]] if chances[need] >= weights["need_threshold"]]
    return tuple(chosen or ranked[:1])


def decide_urgency(ruled: Urgency, told: Told, weights: Mapping[str, Any]) -> Urgency:
    """Return the urgency."""
    features = urgency_features(ruled, list(told.urgency.values()), told.letters["urgency"])
    scores = _scores(features, weights["urgency"])
    return URGENCIES[max(range(len(URGENCIES)), key=scores.__getitem__)]


def _log_odds(chance: float) -> float:
    held = min(max(chance, _LEAST), 1 - _LEAST)
    return math.log(held / (1 - held))


def _logs(chances: Sequence[float]) -> list[float]:
    return [math.log(max(chance, _LEAST)) for chance in chances]


def _scores(features: Sequence[float], weights: Mapping[str, Any]) -> list[float]:
    return [
        sum(weight * feature for weight, feature in zip(row, features, strict=True)) + base
        for row, base in zip(weights["weights"], weights["base"], strict=True)
    ]


def _softmax(scores: Sequence[float]) -> list[float]:
    raised = [math.exp(score - max(scores)) for score in scores]
    return [value / sum(raised) for value in raised]


def _sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
