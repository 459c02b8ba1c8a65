"""Strict scores of entity spans, as seqeval and CoNLL count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlp.bio import entity_spans

if TYPE_CHECKING:
    from collections.abc import Sequence


def strict_f1(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    """Return the micro F1 of whole spans with their labels; raises ValueError where the sentences differ in length."""
    hit = wanted = told = 0
    for one, other in zip(gold, found, strict=True):
        if len(one) != len(other):
            raise ValueError(f"a sentence of {len(one)} words has {len(other)} tags")
        here, there = entity_spans(one), entity_spans(other)
        hit, wanted, told = hit + len(here & there), wanted + len(here), told + len(there)
    return round(2 * hit / (wanted + told), 4) if wanted + told else 1.0
