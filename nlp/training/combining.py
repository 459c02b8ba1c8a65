"""Learns how rules and model are weighed together, and scores each alone and both, on items that neither had seen.

Reads the predictions of the five folds. The rules were written while looking at the development items only, so the weights
are learnt on the other items; a model of characters is scored beside them as the baseline to beat.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from nlp.analyser import Analyser
from nlp.deciding import need_features, stance_features, urgency_features
from nlp.normalisation import fold
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
    seen = []
    for item in items:
        if item.id in told:
            judgement, needs, urgency = rules.ruled(item.text)
            seen.append(Seen(item, fold_of(item), told[item.id], judgement, needs, urgency))
    return seen


def learn(seen: Sequence[Seen]) -> dict[str, Any]:
    """Return the weights that `nlp.deciding` reads."""
    honest = [one for one in seen if one.item.origin != DEVELOPMENT]
    rows, wanted = _stance_rows(honest)
    stance = _fitted(rows, wanted)
    asking = _asking(honest)
    need_rows = [need_features(need, one.needs, one.told["needs"]) for one in asking for need in NEEDS]
    need_wanted = [int(need in one.item.labels["needs"]) for one in asking for need in NEEDS]
    needs = _fitted(need_rows, need_wanted)
    urgency = _fitted(
        [urgency_features(one.urgency, _named(one.told["urgency"], URGENCIES)) for one in asking],
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
    """Return the stance of every item by the rules, by the model, by characters and by both, none having seen it."""
    characters = _by_characters(seen)
    both = [""] * len(seen)
    for number in sorted({one.fold for one in seen}):
        rows, wanted = _stance_rows([one for one in seen if one.fold != number and one.item.origin != DEVELOPMENT])
        weighed = _fitted(rows, wanted)
        here = [index for index, one in enumerate(seen) if one.fold == number]
        rows, _ = _stance_rows([seen[index] for index in here])
        for index, stance in zip(here, weighed.predict(np.array(rows)), strict=True):
            both[index] = "none" if seen[index].judgement.unfit else STANCES[stance]
    model = [STANCES[int(np.argmax(one.told["stance"]))] for one in seen]
    return {
        "rules": [one.judgement.stance for one in seen],
        "characters": characters,
        "model": model,
        "both": both,
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


def _by_characters(seen: Sequence[Seen]) -> list[str]:
    """Return the stances by a linear model of character n-grams, the baseline, fold by fold."""
    texts = [fold(one.item.text) for one in seen]
    wanted = [one.item.labels["stance"] for one in seen]
    found = [""] * len(seen)
    for number in sorted({one.fold for one in seen}):
        train = [index for index, one in enumerate(seen) if one.fold != number]
        held = [index for index, one in enumerate(seen) if one.fold == number]
        reader = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10, max_iter=300, class_weight="balanced"),
        )
        reader.fit([texts[i] for i in train], [wanted[i] for i in train])
        for index, stance in zip(held, reader.predict([texts[i] for i in held]), strict=True):
            found[index] = str(stance)
    return found


def _stance_rows(seen: Sequence[Seen]) -> tuple[list[list[float]], list[int]]:
    rows = [stance_features(one.judgement, _named(one.told["stance"], STANCES)) for one in seen]
    return rows, [STANCES.index(one.item.labels["stance"]) for one in seen]


def _asking(seen: Sequence[Seen]) -> list[Seen]:
    return [one for one in seen if one.item.labels["stance"] in _ASKING and one.item.labels.get("needs")]


def _named(chances: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    return dict(zip(names, chances, strict=True))


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
