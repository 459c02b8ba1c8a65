"""The spans that the model marks, cut as the annotation asks: without honorifics, quotes, and glued particles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.analysis import Entity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlp.model import Told

_SURE_ENTITY = 0.5
_LEAST_LETTERS = 2
_LEAST_PARTY = 5
# What may stand between two pieces of one party: a space, or a word of up to three letters that was not marked.
_TORN = re.compile(r" ?[^\W\d_]{0,3} ?")
# Particles glued to the article: والمحافظ, بالوزارة, للمحافظ; and to a head noun that bears none itself.
_GLUED = re.compile(r"(?:[وف]?[بك]?(?=ال)|[وف]?ل(?=ال)|[وف]?لل(?=\w))")
_HONORIFIC = re.compile(r"(?:(?:ال)?سيد[ةه]?|(?:ال)?ساد[ةه]|معالي|سياد[ةه]|دول[ةه]|فخام[ةه]|سعاد[ةه])\s+(?=\w)")
_EDGE = " \t\n\r\"'«»“”‹›()[]،,.:؛;!؟?-–—…*#"


def party_spans(text: str, told: Told, label: str, offset: int = 0) -> tuple[Span, ...]:
    """Return who asks (label "WHO") or is asked ("WHOM") as the model read them; `offset` is where what it read begins.

    Pieces of one name that the model tore apart are joined; what is too short to be a party is left out.
    """
    joined: list[tuple[int, int]] = []
    for span in told.parties:
        if span.label != label:
            continue
        start, end = span.start + offset, span.end + offset
        if joined and _TORN.fullmatch(text, joined[-1][1], start):
            start = joined.pop()[0]
        joined.append((start, end))
    cut = (_cut(text, start, end) for start, end in joined)
    return tuple(span for span in cut if len(span.text) >= _LEAST_PARTY)


def entity_spans(text: str, told: Told, known: Sequence[Entity]) -> Iterator[Entity]:
    """Yield the model's persons, organisations and places, but for what stands inside what is known better."""
    for span in told.entities:
        if span.label == "MISC" or span.score < _SURE_ENTITY or _touches(span.start, span.end, known, span.label):
            continue
        cut = _cut(text, span.start, span.end)
        if len(cut.text) >= _LEAST_LETTERS:
            yield Entity(cut.text, cut.start, cut.end, span.label, round(span.score, 3))


def _touches(start: int, end: int, known: Iterable[Entity], label: str) -> bool:
    # An organisation or a person may bear a place's name inside; a place that overlaps a place is told already.
    return any(
        start < other.end and other.start < end and (label == "LOC" or (other.start <= start and end <= other.end))
        for other in known
    )


def _cut(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    for pattern in (_GLUED, _HONORIFIC):
        found = pattern.match(text, start, end)
        if found and end - found.end() >= _LEAST_LETTERS and (start == 0 or not text[start - 1].isalnum()):
            start = found.end()
    return Span(text[start:end], start, end)
