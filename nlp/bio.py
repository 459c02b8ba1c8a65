"""Entities in rows of BIO tags, counted as CoNLL and seqeval count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def entity_spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
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
