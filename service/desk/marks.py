"""Cuts text into runs at the borders of the marks on it, so that nested and overlapping marks can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WEIGHED = 50
"""Marks among which the best place for a snippet is sought: enough for a reader, and quick on a text full of them."""

MATCH = "match"
"""The kind of a mark that a search made; the other kinds are the Analysis's."""

KINDS = ("place", "facility", "appellant", "addressee", "person", "evidence", MATCH)
"""Every kind of mark, the outermost first where several lie on the same words."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text, `start` to `end` in code points, end exclusive, and what it is: one of `KINDS`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text under the same marks throughout; `kinds` in the order of `KINDS`.

    `anchor` is the one of its kinds whose mark can be linked to, or "".
    """

    text: str
    kinds: tuple[str, ...] = ()
    anchor: str = ""


def matches(spans: Iterable[tuple[int, int]]) -> list[Mark]:
    """Return the marks of a search."""
    return [Mark(start, end, MATCH) for start, end in spans]


def shifted(marks: Iterable[Mark], by: int) -> list[Mark]:
    """Return the marks moved by a number of code points."""
    return [Mark(mark.start + by, mark.end + by, mark.kind) for mark in marks]


def runs(text: str, marks: Iterable[Mark]) -> tuple[Run, ...]:
    """Return the text in runs; put together they are the text again. What lies outside of it is cut off."""
    borders = {0, len(text)}
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for mark in marks:
        start, end = max(mark.start, 0), min(mark.end, len(text))
        if start < end:
            borders.update((start, end))
            opening.setdefault(start, []).append(mark.kind)
            closing.setdefault(end, []).append(mark.kind)
    depth = dict.fromkeys(KINDS, 0)
    cut = []
    for start, end in pairwise(sorted(borders)):
        for kind in closing.get(start, ()):
            depth[kind] -= 1
        for kind in opening.get(start, ()):
            depth[kind] += 1
        cut.append(Run(text[start:end], tuple(kind for kind in KINDS if depth[kind])))
    return tuple(cut)


def paragraphs(text: str, marks: Iterable[Mark]) -> tuple[tuple[Run, ...], ...]:
    """Return the runs of each line that holds more than blanks."""
    lines: list[list[Run]] = [[]]
    for run in runs(text, marks):
        first, *others = run.text.split("\n")
        lines[-1].append(Run(first, run.kinds))
        lines.extend([Run(piece, run.kinds)] for piece in others)
    filled = (tuple(run for run in line if run.text) for line in lines)
    return tuple(line for line in filled if any(run.text.strip() for run in line))


def snippet(text: str, marks: Sequence[Mark], width: int) -> tuple[Run, ...]:
    """Return about `width` characters around the place where most of the marks lie, cut between words.

    It is empty where there are no marks. Newlines become blanks; "…" stands where something was cut off.
    """
    if not marks:
        return ()
    early = marks[:_WEIGHED]
    first = max(early, key=lambda mark: (_held(early, mark.start, width), -mark.start))
    start = max(0, min(first.start - width // 4, len(text) - width))
    end = min(len(text), start + width)
    start, end = _word_start(text, start), _word_end(text, end)
    inside = runs(text[start:end].replace("\n", " "), shifted(marks, -start))
    before = (Run("… "),) if start > 0 else ()
    after = (Run(" …"),) if end < len(text) else ()
    return (*before, *inside, *after)


def _held(marks: Sequence[Mark], start: int, width: int) -> int:
    return sum(start <= mark.start and mark.end <= start + width for mark in marks)


def _word_start(text: str, at: int) -> int:
    """Return where the word that `at` cuts begins, at most 30 characters before."""
    for position in range(at, max(at - 30, 0), -1):
        if text[position - 1].isspace():
            return position
    return max(at - 30, 0)


def _word_end(text: str, at: int) -> int:
    for position in range(at, min(at + 30, len(text))):
        if text[position].isspace():
            return position
    return min(at + 30, len(text))
