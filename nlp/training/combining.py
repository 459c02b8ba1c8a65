"""Learns how rules and model are weighed together, and scores each alone and both, on items that neither had seen.

Reads the predictions of the five folds. The rules were written while looking at the development items, so these make
them look better than they are; but they are the only published texts, and count twice beside 1,600 written ones that
tell the truth about the rules. The linear reader of letters is the baseline to beat, and a partner in the vote.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp.analyser import Analyser
from nlp.deciding import (
    decide_needs,
    decide_urgency,
    likeliest,
    need_features,
    stance_features,
    urgency_features,
)
from nlp.training import lettering
from nlp.training.labelled import DEVELOPMENT, Item
from nlp.training.marked import NEEDS, STANCES, URGENCIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_ASKING = frozenset({"appeal", "complaint"})
_FIRMNESS = 0.3
"""Inverse strength of the regularisation of the weights; chosen by the inner folds."""


@dataclass(frozen=True)
class Seen:
    """An item, its fold, what the model told of it and what the rules did."""

    item: Item
    fold: int
    told: Mapping[str, Any]
    letters: Mapping[str, Sequence[float]]
    judgement: Any
    needs: tuple[str, ...]
    urgency: str


def gather(items: Sequence[Item], folder: Path, fold_of: Callable[[Item], int], folds: int) -> list[Seen]:
    """Bring items, predictions and the rules' reading together."""
    told: dict[str, Any] = {}
    for number in range(folds):
        with gzip.open(folder / f"fold-{number}.json.gz", "rt", encoding="utf-8") as file:
            told |= {row["id"]: row for row in json.load(file)}
    rules = Analyser.load(model=False)
    letters = lettering.crossed(items, [fold_of(item) for item in items])
    return [
        Seen(item, fold_of(item), told[item.id], heard, *rules.ruled(item.text))
        for item, heard in zip(items, letters, strict=True)
    ]


def learn(seen: Sequence[Seen]) -> dict[str, Any]:
    """Return the weights that `nlp.deciding` reads."""
    stance = _fitted(*_stance_rows(seen))
    asking = _asking(_counted(seen))
    need_rows = [
        need_features(need, one.needs, one.told["needs"][need], letters)
        for one in asking
        for need, letters in zip(NEEDS, one.letters["needs"], strict=True)
    ]
    need_wanted = [int(need in one.item.labels["needs"]) for one in asking for need in NEEDS]
    needs = _fitted(need_rows, need_wanted)
    urgency = _fitted(
        [urgency_features(one.urgency, one.told["urgency"], one.letters["urgency"]) for one in asking],
        [URGENCIES.index(one.item.labels["urgency"]) for one in asking],
    )
    weights = {
        "stance": _table(stance, len(STANCES)),
        "needs": {"weights": needs.coef_.round(4).tolist(), "base": needs.intercept_.round(4).tolist()},
        "urgency": _table(urgency, len(URGENCIES)),
        "most_needs": 3,
    }
    chances = needs.predict_proba(np.array(need_rows))[:, 1]
    best = max(np.arange(0.2, 0.65, 0.05), key=lambda least: _f1(chances >= least, np.array(need_wanted) == 1))
    return weights | {"need_threshold": round(float(best), 2)}


def crossed(seen: Sequence[Seen]) -> dict[str, list[str]]:
    """Return the stance of every item by the rules, by each model and by all together, none having seen it."""
    both = [""] * len(seen)
    for number in sorted({one.fold for one in seen}):
        weighed = _fitted(*_stance_rows([one for one in seen if one.fold != number]))
        here = [index for index, one in enumerate(seen) if one.fold == number]
        rows = [_stance_row(seen[index]) for index in here]
        chances = np.zeros((len(here), len(STANCES)))
        chances[:, weighed.classes_] = weighed.predict_proba(np.array(rows))
        for index, row in zip(here, chances.tolist(), strict=True):
            both[index] = "none" if seen[index].judgement.unfit else STANCES[likeliest(row)]
    return {
        "rules": [one.judgement.stance for one in seen],
        "letters": [STANCES[int(np.argmax(one.letters["stance"]))] for one in seen],
        "encoder": [STANCES[int(np.argmax(one.told["stance"]))] for one in seen],
        "together": both,
    }


def table(seen: Sequence[Seen], told: Mapping[str, Sequence[str]]) -> str:
    """Render alertable F1 and macro F1 of each reader by kind of item, as a Markdown table."""
    kinds = {
        "written items": [index for index, one in enumerate(seen) if one.item.origin == "written"],
        **{
            f"development {batch}": [
                i for i, one in enumerate(seen) if (one.item.origin, one.item.batch) == (DEVELOPMENT, batch)
            ]
            for batch in ("articles", "headlines", "posts")
        },
        "all development": [index for index, one in enumerate(seen) if one.item.origin == DEVELOPMENT],
    }
    lines = [f"| | items | {' | '.join(told)} |", f"|---|---|{'---|' * len(told)}"]
    for kind, chosen in kinds.items():
        cells = []
        for stances in told.values():
            gold, found = [seen[i].item.labels["stance"] for i in chosen], [stances[i] for i in chosen]
            cells.append(f"{alertable_f1(gold, found):.3f} / {macro_f1(gold, found):.3f}")
        lines.append(f"| {kind} | {len(chosen)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def needs_table(seen: Sequence[Seen]) -> str:
    """Render F1 of the needs and accuracy of the urgency, none having seen the item, as a Markdown table."""
    asking = _asking(seen)
    chosen: list[set[str]] = [set() for _ in asking]
    urgency = [""] * len(asking)
    for number in sorted({one.fold for one in asking}):
        weights = learn([one for one in seen if one.fold != number])
        for index, one in enumerate(asking):
            if one.fold == number:
                told = SimpleNamespace(
                    needs=one.told["needs"],
                    urgency=dict(zip(URGENCIES, one.told["urgency"], strict=True)),
                    letters=one.letters,
                )
                chosen[index] = set(decide_needs(one.needs, told, weights))  # type: ignore[arg-type]
                urgency[index] = decide_urgency(one.urgency, told, weights)  # type: ignore[arg-type]
    lines = [
        "| | items | needs, rules | needs, together | urgency, rules | urgency, together |",
        "|---|---|---|---|---|---|",
    ]
    for origin in ("written", DEVELOPMENT):
        here = [index for index, one in enumerate(asking) if one.item.origin == origin]
        gold = [set(asking[i].item.labels["needs"]) for i in here]
        rules, both = (
            _sets_f1(gold, found) for found in ([set(asking[i].needs) for i in here], [chosen[i] for i in here])
        )
        told_right, right = (
            float(np.mean([value == asking[i].item.labels["urgency"] for i, value in zip(here, values, strict=True)]))
            for values in ([asking[i].urgency for i in here], [urgency[i] for i in here])
        )
        lines.append(f"| {origin} | {len(here)} | {rules:.3f} | {both:.3f} | {told_right:.3f} | {right:.3f} |")
    return "\n".join(lines)


def _sets_f1(gold: Sequence[set[str]], found: Sequence[set[str]]) -> float:
    hit = sum(len(one & other) for one, other in zip(gold, found, strict=True))
    return 2 * hit / max(1, sum(map(len, gold)) + sum(map(len, found)))


def alertable_f1(gold: Sequence[str], found: Sequence[str]) -> float:
    """Return the F1 of appeal or complaint against the rest."""
    return _f1(np.array([stance in _ASKING for stance in found]), np.array([stance in _ASKING for stance in gold]))


def macro_f1(gold: Sequence[str], found: Sequence[str]) -> float:
    """Return the mean F1 of the stances that occur."""
    return float(
        np.mean(
            [_f1(np.array([s == f for f in found]), np.array([s == g for g in gold])) for s in STANCES if s in gold]
        )
    )


def _stance_rows(seen: Sequence[Seen]) -> tuple[list[list[float]], list[int]]:
    counted = _counted(seen)
    return [_stance_row(one) for one in counted], [STANCES.index(one.item.labels["stance"]) for one in counted]


def _counted(seen: Sequence[Seen]) -> list[Seen]:
    return [*seen, *(one for one in seen if one.item.origin == DEVELOPMENT)]


def _stance_row(one: Seen) -> list[float]:
    return stance_features(one.judgement, one.told["stance"], one.letters["stance"], len(one.item.text))


def _asking(seen: Sequence[Seen]) -> list[Seen]:
    return [one for one in seen if one.item.labels["stance"] in _ASKING and one.item.labels.get("needs")]


def _fitted(rows: Sequence[Sequence[float]], wanted: Sequence[int]) -> LogisticRegression:
    return LogisticRegression(C=_FIRMNESS, max_iter=2000).fit(np.array(rows), np.array(wanted))


def _table(fitted: LogisticRegression, classes: int) -> dict[str, Any]:
    """Return weights by class number; a class that never occurred is never chosen."""
    weights = np.zeros((classes, fitted.coef_.shape[1]))
    base = np.full(classes, -99.0)
    for place, number in enumerate(fitted.classes_):
        weights[number], base[number] = fitted.coef_[place], fitted.intercept_[place]
    return {"weights": weights.round(4).tolist(), "base": base.round(4).tolist()}


def _f1(found: Any, wanted: Any) -> float:
    hit = int((found & wanted).sum())
    either = int(found.sum() + wanted.sum())
    return 2 * hit / either if either else 1.0
