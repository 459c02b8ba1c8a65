"""Scores of analyses against labelled items: micro precision, recall and F1 of every label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

from nlp.analysis import ALERTABLE, Analysis
from nlp.bio import entity_spans
from nlp.errors import EvaluationFault
from nlp.same_case import case_facts

if TYPE_CHECKING:
    from nlp.analyser import Analyser

STANCES = ("appeal", "complaint", "response", "mention", "none")
_URGENCIES = ("critical", "high", "normal")

Item = Mapping[str, Any]
Scores = dict[str, Any]


def evaluate_items(gold: Sequence[Item], analyses: Iterable[Analysis]) -> Scores:
    """Score analyses of the same items in the same order.

    Returns, by the name of the measure, {"precision", "recall", "f1", "support"} or one number; "confusion" counts
    "gold->predicted" stances. Appellants, addressees, needs and urgency are scored where both sides are alertable.
    Raises EvaluationFault where the two differ in number or an item lacks a label.
    """
    predicted = [analysis.to_dict() for analysis in analyses]
    if len(gold) != len(predicted):
        raise EvaluationFault(f"{len(gold)} labelled items, but {len(predicted)} analyses")
    try:
        return _scores(list(zip(gold, predicted, strict=True)))
    except KeyError as fault:
        raise EvaluationFault(f"a labelled item lacks {fault}") from fault


def evaluate_cases(analyser: Analyser, groups: Sequence[Item]) -> Scores:
    """Score which pairs of items the analyser takes for one case.

    Groups are `{"case", "items": [{"text", "published"}]}`.
    """
    told = [
        (
            group["case"],
            case_facts(analyser.analyse(item["text"]), item["text"]),
            datetime.fromisoformat(item["published"]),
        )
        for group in groups
        for item in group["items"]
    ]
    hit = extra = missed = 0
    for (case, one, at), (other_case, other, later) in combinations(told, 2):
        found = analyser.same_case(one, other, (at - later).total_seconds() / 86_400) is not None
        hit += found and case == other_case
        extra += found and case != other_case
        missed += not found and case == other_case
    return {"items": len(told), "same_case": _rates(hit, extra, missed)}


def evaluate_entities(analyser: Analyser, lines: str) -> Scores:
    """Score entities strictly, as CoNLL does, on lines "word TAG" with a blank line after each sentence."""
    sentences = [
        [(row.split()[0], row.split()[-1].replace("PERS", "PER")) for row in block.splitlines() if len(row.split()) > 1]
        for block in re.split(r"\n\s*\n", lines)
    ]
    hit = wanted = told = 0
    for sentence in filter(None, sentences):
        gold = entity_spans([tag for _, tag in sentence])
        found = entity_spans(analyser.tag([word for word, _ in sentence]))
        hit, wanted, told = hit + len(gold & found), wanted + len(gold), told + len(found)
    return {"sentences": len(sentences), "entities": _rates(hit, told - hit, wanted - hit)}


def score_table(scores: Scores) -> str:
    """Render scores as plain text, a measure a line."""
    lines: list[str] = []
    for name, value in scores.items():
        if isinstance(value, dict) and "f1" in value:
            lines.append(
                f"{name:28} P {value['precision']:.3f}  R {value['recall']:.3f}"
                f"  F1 {value['f1']:.3f}  n={value['support']}"
            )
        else:
            lines.append(f"{name:28} {value}")
    return "\n".join(lines)


def _scores(pairs: list[tuple[Item, Item]]) -> Scores:
    scores: Scores = {"items": len(pairs)}
    for role in ("mentioned", "primary"):
        scores[f"governorates.{role}"] = _set_scores(
            (set(gold["governorates"][role]), set(found["governorates"][role])) for gold, found in pairs
        )
    facilities = [(gold["facilities"], found["facilities"]) for gold, found in pairs]
    scores["facilities.exact"] = _span_scores(facilities, _exact)
    scores["facilities.overlap"] = _span_scores(facilities, _overlap)
    scores["facilities.typed_overlap"] = _span_scores(
        facilities, lambda one, other: _overlap(one, other) and one["type"] == other["type"]
    )
    scores |= _stance_scores(Counter((gold["stance"], found["stance"]) for gold, found in pairs))
    both = [(gold, found) for gold, found in pairs if gold["stance"] in ALERTABLE and found["stance"] in ALERTABLE]
    if both:
        scores["needs"] = _set_scores((set(_all(gold, "needs")), set(_all(found, "needs"))) for gold, found in both)
        right = sum(_worst_urgency(gold) == _worst_urgency(found) for gold, found in both)
        scores["urgency.accuracy"] = round(right / len(both), 4)
        for role in ("appellants", "addressees"):
            scores[f"{role}.overlap"] = _span_scores(
                [(_all(gold, role), _all(found, role)) for gold, found in both], _overlap
            )
    table = Counter((gold["stance"], found["stance"]) for gold, found in pairs)
    scores["confusion"] = {f"{gold}->{found}": n for (gold, found), n in sorted(table.items()) if gold != found}
    return scores


def _stance_scores(table: Counter[tuple[str, str]]) -> Scores:
    scores: Scores = {}
    for stance in STANCES:
        hit = table[stance, stance]
        found = sum(n for (_, predicted), n in table.items() if predicted == stance)
        wanted = sum(n for (gold, _), n in table.items() if gold == stance)
        scores[f"stance.{stance}"] = _rates(hit, found - hit, wanted - hit)
    present = [scores[f"stance.{stance}"] for stance in STANCES if scores[f"stance.{stance}"]["support"]]
    total = sum(table.values())
    scores["stance.macro_f1"] = round(sum(rates["f1"] for rates in present) / len(present), 4) if present else 0.0
    scores["stance.accuracy"] = round(sum(table[s, s] for s in STANCES) / total, 4) if total else 0.0
    alert: Counter[tuple[bool, bool]] = Counter()
    for (gold, predicted), n in table.items():
        alert[gold in ALERTABLE, predicted in ALERTABLE] += n
    scores["alertable"] = _rates(alert[True, True], alert[False, True], alert[True, False])
    return scores


def _rates(hit: int, extra: int, missed: int) -> dict[str, float]:
    precision = hit / (hit + extra) if hit + extra else 1.0
    recall = hit / (hit + missed) if hit + missed else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "support": hit + missed}


def _set_scores(pairs: Iterable[tuple[set[str], set[str]]]) -> dict[str, float]:
    hit = extra = missed = 0
    for wanted, found in pairs:
        hit += len(wanted & found)
        extra += len(found - wanted)
        missed += len(wanted - found)
    return _rates(hit, extra, missed)


def _span_scores(
    pairs: Iterable[tuple[Sequence[Item], Sequence[Item]]], same: Callable[[Item, Item], bool]
) -> dict[str, float]:
    """Each labelled span may be found once, and each found span may find once."""
    hit = extra = missed = 0
    for wanted, found in pairs:
        left = list(found)
        for span in wanted:
            match = next((other for other in left if same(span, other)), None)
            if match is None:
                missed += 1
            else:
                hit += 1
                left.remove(match)
        extra += len(left)
    return _rates(hit, extra, missed)


def _exact(one: Item, other: Item) -> bool:
    return bool((one["start"], one["end"]) == (other["start"], other["end"]))


def _overlap(one: Item, other: Item) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _all(item: Item, key: str) -> list[Any]:
    """Return a field: a labelled item carries it itself, an analysis in its appeals."""
    if item.get(key) is not None:
        return list(item[key])
    return [value for appeal in item.get("appeals") or () for value in appeal.get(key) or ()]


def _worst_urgency(item: Item) -> str | None:
    told = [item["urgency"]] if item.get("urgency") else [a.get("urgency") for a in item.get("appeals") or ()]
    return next((level for level in _URGENCIES if level in told), None)
