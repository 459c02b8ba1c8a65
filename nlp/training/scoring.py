"""Strict scores of entity spans, as seqeval and CoNLL count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """Return the entities of BIO tags as (first word, word after the last, label); an I without a B begins one."""
    found: set[tuple[int, int, str]] = set()
    start, label = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        if label and (tag == "O" or tag[0] == "B" or tag[2:] != label):
            found.add((start, index, label))
            label = ""
        if tag != "O" and not label:
            start, label = index, tag[2:]
    return found


def strict_f1(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    """Return the micro F1 of whole spans with their labels; raises ValueError where the sentences differ in length."""
    hit = wanted = told = 0
    for one, other in zip(gold, found, strict=True):
        if len(one) != len(other):
            raise ValueError(f"a sentence of {len(one)} words has {len(other)} tags")
        here, there = spans(one), spans(other)
        hit, wanted, told = hit + len(here & there), wanted + len(here), told + len(there)
    return round(2 * hit / (wanted + told), 4) if wanted + told else 1.0
