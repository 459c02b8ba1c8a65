"""Trains the linear reader of letters (`nlp.characters`) with scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from nlp.characters import BUCKETS, Characters, buckets
from nlp.training.marked import NEEDS, STANCES, URGENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nlp.training.labelled import Item

_FIRMNESS = 10.0
_LEVELS = 127


def train(items: Sequence[Item], rows: Sequence[dict[int, float]]) -> dict[str, NDArray[Any]]:
    """Return the arrays that `Characters` reads, trained on items and the buckets of their texts."""
    counted = _matrix(rows)
    rarity = TfidfTransformer().fit(counted)
    found = rarity.transform(counted)
    asking = [index for index, item in enumerate(items) if item.labels.get("needs")]
    stance = _linear().fit(found, [STANCES.index(item.labels["stance"]) for item in items])
    urgency = _linear().fit(found[asking], [URGENCIES.index(items[i].labels["urgency"]) for i in asking])
    wanted = np.array([[need in items[i].labels["needs"] for need in NEEDS] for i in asking])
    needs = OneVsRestClassifier(_linear()).fit(found[asking], wanted)
    heads = {
        "stance": (stance.coef_, stance.intercept_),
        "urgency": (urgency.coef_, urgency.intercept_),
        "needs": (
            np.vstack([one.coef_[0] for one in needs.estimators_]),
            np.array([one.intercept_[0] for one in needs.estimators_]),
        ),
    }
    arrays: dict[str, NDArray[Any]] = {"rarity": rarity.idf_.astype(np.float16)}
    for name, (weights, base) in heads.items():
        scale = np.abs(weights).max(axis=1) / _LEVELS
        arrays |= {
            f"{name}.weights": np.round(weights / scale[:, None]).astype(np.int8),
            f"{name}.scale": scale.astype(np.float32),
            f"{name}.base": base.astype(np.float32),
        }
    return arrays


def crossed(items: Sequence[Item], folds: Sequence[int]) -> list[dict[str, list[float]]]:
    """Return what the linear reader tells of each item when it has not seen its fold."""
    rows = [buckets(item.text) for item in items]
    told: list[dict[str, list[float]]] = [{} for _ in items]
    for number in sorted(set(folds)):
        others = [index for index, fold in enumerate(folds) if fold != number]
        reader = Characters(train([items[i] for i in others], [rows[i] for i in others]))
        for index, fold in enumerate(folds):
            if fold == number:
                told[index] = reader.read(items[index].text)
    return told


def _matrix(rows: Sequence[dict[int, float]]) -> csr_matrix:
    places = [bucket for row in rows for bucket in row]
    values = [value for row in rows for value in row.values()]
    starts = np.cumsum([0, *map(len, rows)])
    return csr_matrix((values, places, starts), shape=(len(rows), BUCKETS))


def _linear() -> LogisticRegression:
    return LogisticRegression(C=_FIRMNESS, max_iter=500, class_weight="balanced")
