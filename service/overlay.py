"""What people corrected, laid over what the model said: the Analysis that is indexed, mailed and shown.

The model's own output stays as it was stored; the overlay is made anew whenever it is read, so that a correction
outlives every new Analysis and can be taken back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from nlp import ALERTABLE, Analysis
from service.database.corrections import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.database.corrections import Correction

EVIDENCE = "corrected"
"""`why` of an Appeal that no model found but a person; its evidence points at no words."""

Json = dict[str, Any]


def effective(analysis: Mapping[str, Any], text: str, corrections: Mapping[str, Correction]) -> Mapping[str, Any]:
    """Return an Analysis (as JSON) with the corrections of its Document, by field, in force.

    "corrected" names the fields that bear on the result: a need is none where nobody asks. "lost" holds the facilities
    that a correction names and whose words the text has no longer. `text` is what the Analysis's offsets count.
    """
    if not corrections:
        return analysis
    told: Json = {**analysis, "lost": []}
    for field in FIELDS:  # the stance first, which decides whether there are Appeals to be corrected
        if field in corrections:
            _APPLIED[field](told, text, corrections[field].value)
    told["corrected"] = [
        field for field in FIELDS if field in corrections and (field not in _OF_APPEALS or told["appeals"])
    ]
    return told


def corrected_analysis(analysis: Analysis, text: str, corrections: Mapping[str, Correction]) -> Analysis:
    """Return an Analysis with corrections in force; its embedding, which is no part of the JSON, stays."""
    if not corrections:
        return analysis
    told = read_analysis(effective(analysis.to_dict(), text, corrections))
    return replace(told, embedding=analysis.embedding)


def read_analysis(stored: Mapping[str, Any]) -> Analysis:
    """Return an Analysis from its JSON. Raises pydantic.ValidationError for what is none."""
    return _reader().validate_python(stored)


def model_said(analysis: Mapping[str, Any], field: str) -> Any:
    """Return what an Analysis says of a field, in the shape of a correction's value; None for an urgency of nothing."""
    appeals: Sequence[Mapping[str, Any]] = analysis["appeals"]
    if field == "stance":
        return analysis["stance"]
    if field == "urgency":
        told = {appeal["urgency"] for appeal in appeals}
        return next((level for level in ("critical", "high", "normal") if level in told), None)
    if field == "governorate":
        return list(analysis["governorates"]["primary"])
    if field == "need":
        return list(dict.fromkeys(need for appeal in appeals for need in appeal["needs"]))
    return [{name: facility[name] for name in ("text", "start", "end", "type")} for facility in analysis["facilities"]]


def occurrences(text: str, words: str) -> list[tuple[int, int]]:
    """Return where words stand in a text as whole words, but for prefixes written together with them (ولمستشفى)."""
    if not words.strip():
        return []
    found = re.finditer(rf"{re.escape(words)}(?!\w)", text)
    return [match.span() for match in found if _begins_word(text, match.start())]


_GLUED = re.compile(r"[وفبكل]{1,2}")
"""Prefixes of one letter, at most two of them."""


def _begins_word(text: str, at: int) -> bool:
    start = at
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    return start == at or _GLUED.fullmatch(text[start:at]) is not None


@cache
def _reader() -> TypeAdapter[Analysis]:
    return TypeAdapter(Analysis)


def _put_stance(told: Json, text: str, value: str) -> None:
    """Let there be Appeals where, and only where, the stance is one of somebody who asks or suffers."""
    told["stance"], told["stance_score"] = value, 1.0
    if value not in ALERTABLE:
        told["appeals"] = []
    elif not told["appeals"]:
        told["appeals"] = [_whole(told, text)]


def _put_primary(told: Json, _text: str, value: Sequence[str]) -> None:
    primary = sorted(value)
    mentioned = sorted({*told["governorates"]["mentioned"], *primary})
    told["governorates"] = {"mentioned": mentioned, "primary": primary}
    alone = len(told["appeals"]) == 1
    told["appeals"] = [
        appeal | {"governorates": primary if alone else [g for g in appeal["governorates"] if g in primary] or primary}
        for appeal in told["appeals"]
    ]


def _put_needs(told: Json, _text: str, value: Sequence[str]) -> None:
    told["appeals"] = [appeal | {"needs": list(value)} for appeal in told["appeals"]]


def _put_urgency(told: Json, _text: str, value: str) -> None:
    told["appeals"] = [appeal | {"urgency": value} for appeal in told["appeals"]]


def _put_facilities(told: Json, text: str, value: Sequence[Mapping[str, Any]]) -> None:
    placed, told["lost"] = _placed(text, value)
    known = {(held["start"], held["end"]): held["governorate"] for held in told["facilities"]}
    primary = told["governorates"]["primary"]
    only = primary[0] if len(primary) == 1 else None
    told["facilities"] = [span | {"governorate": known.get((span["start"], span["end"]), only)} for span in placed]
    spans = [_span(facility) for facility in placed]
    alone = len(told["appeals"]) == 1
    told["appeals"] = [
        appeal | {"facilities": [span for span in spans if alone or appeal["start"] <= span["start"] < appeal["end"]]}
        for appeal in told["appeals"]
    ]


def _placed(text: str, wanted: Iterable[Mapping[str, Any]]) -> tuple[list[Json], list[Json]]:
    """Return the facilities where their words stand in this text, in its order, and those whose words are gone."""
    placed: dict[tuple[int, int], Json] = {}
    lost: list[Json] = []
    moved: list[Mapping[str, Any]] = []
    for facility in wanted:
        start, end = facility["start"], facility["end"]
        if text[start:end] == facility["text"]:
            placed[start, end] = dict(facility)
        else:
            moved.append(facility)
    for facility in moved:
        free = [span for span in occurrences(text, facility["text"]) if span not in placed]
        if free:
            start, end = min(free, key=lambda span: abs(span[0] - facility["start"]))
            placed[start, end] = {**facility, "start": start, "end": end}
        elif not any(held["text"] == facility["text"] for held in placed.values()):
            lost.append({"text": facility["text"], "type": facility["type"]})
    return [placed[span] for span in sorted(placed)], [*{held["text"]: held for held in lost}.values()]


def _whole(told: Json, text: str) -> Json:
    """Return an Appeal that the whole text tells, for one that no model found."""
    return {
        "start": 0,
        "end": len(text),
        "appellants": [],
        "addressees": [],
        "needs": ["other"],
        "urgency": "normal",
        "governorates": list(told["governorates"]["primary"]),
        "facilities": [_span(facility) for facility in told["facilities"]],
        "summary": "",
        "evidence": [{"text": "", "start": 0, "end": 0, "why": EVIDENCE}],
    }


def _span(facility: Mapping[str, Any]) -> Json:
    return {name: facility[name] for name in ("text", "start", "end")}


_OF_APPEALS = ("urgency", "need")
_APPLIED: Mapping[str, Callable[[Json, str, Any], None]] = {
    "stance": _put_stance,
    "urgency": _put_urgency,
    "governorate": _put_primary,
    "need": _put_needs,
    "facility": _put_facilities,
}
