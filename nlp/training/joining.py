"""Learns when two items tell the same case, from the groups in `items/cases-[d-f].jsonl`.

The encoder learns its embedding from the other groups (`cases-[a-c].jsonl`), so that here it is no better than in use.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from nlp.same_case import FEATURES, CaseFacts, case_facts, features, stems_of
from nlp.training.labelled import written_items

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp.analyser import Analyser

FOR_THE_WEIGHTS = "cases-[d-f].jsonl"

THRESHOLD = 0.2
"""From where on two items are one case: the best on the development cases.

The written twins, which are made to be confused, would ask for 0.3.
"""

_LEAST = {"spot_other": 2.0}
"""Other villages or quarters are other people, though the written groups have too few such twins to teach it."""

_PENALTY = 1.0
_SIGNS = np.array([-1.0 if name.endswith("_other") or name == "days" else 1.0 for name in FEATURES])

Told = tuple[str, CaseFacts, datetime]
"""The case of an item, its facts, and when it was published."""


def learn(items: Path, analyser: Analyser) -> dict[str, Any]:
    """Return the weights of `same_case`.

    A logistic regression whose weights may not contradict what they stand for: the written cases come in twins that
    share a facility or a template on purpose, and a free regression would learn that sharing them tells against one
    case.
    """
    counts = stem_counts()
    told = told_of(sorted(items.glob(FOR_THE_WEIGHTS)), analyser)
    rows, wanted = pairs(told, counts)
    weights, base = _fitted(rows, wanted)
    return {
        "features": list(FEATURES),
        "weights": weights.round(4).tolist(),
        "base": round(base, 4),
        "threshold": THRESHOLD,
        "stems": counts,
    }


def told_of(files: list[Path], analyser: Analyser) -> list[Told]:
    """Return case, facts and time of every item of some files of groups."""
    told: list[Told] = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            group = json.loads(line)
            for item in group["items"]:
                facts = case_facts(analyser.analyse(item["text"]), item["text"])
                told.append((group["case"], facts, datetime.fromisoformat(item["published"])))
    return told


def pairs(told: list[Told], counts: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the features of every pair and whether it is one case."""
    rows, wanted = [], []
    for (case, one, at), (other_case, other, later) in combinations(told, 2):
        rows.append(features(one, other, (at - later).total_seconds() / 86_400, counts))
        wanted.append(case == other_case)
    return np.array(rows), np.array(wanted)


def pair_f1(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Return the F1 of pairs."""
    return 2 * float((found & wanted).sum()) / max(1, int(found.sum() + wanted.sum()))


def stem_counts(least: int = 4) -> dict[str, Any]:
    """Return in how many written items each stem stands that stands in several, and how many items there are."""
    counted: Counter[str] = Counter()
    total = 0
    for item in written_items():
        counted.update(stems_of(item.text))
        total += 1
    return {"items": total, "counts": {stem: n for stem, n in sorted(counted.items()) if n >= least}}


def _fitted(rows: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Return the weights, each of its own sign, and the base of a penalised logistic regression."""
    signed = rows * _SIGNS

    def loss(values: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        weights, base = values[:-1], values[-1]
        scores = signed @ weights + base
        off = 1 / (1 + np.exp(-scores)) - wanted
        total = (np.logaddexp(0, scores) - wanted * scores).sum() + _PENALTY * weights @ weights
        return float(total), np.append(signed.T @ off + 2 * _PENALTY * weights, off.sum())

    bounds = [*((_LEAST.get(name, 0.0), None) for name in FEATURES), (None, None)]
    found = minimize(loss, np.array([bound[0] or 0.0 for bound in bounds]), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1] * _SIGNS, float(found.x[-1])
