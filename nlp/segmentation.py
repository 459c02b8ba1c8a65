"""Sentences and words of a normalised text, by offsets.

camel_tools' `simple_word_tokenize` gives strings without offsets and splits at spaces only, so words are cut here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
# A sentence ends at a line's end, at a full stop, question or exclamation mark (runs of them as in headlines), or at a
# semicolon; a full stop between two digits or inside a Latin address does not end it.
_BREAK = re.compile(r"\n+|[.!?…;]{1,}(?=[\s\"')\]]|$)[\"')\]]*|(?<=\D)\.{2,}")
_OPENING = "\"'(["


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a normalised text: `text` is letters and digits only, offsets are into the normalised text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, offsets into the normalised text; `line` counts from 0, so the headline has line 0."""

    start: int
    end: int
    line: int


def words(text: str) -> tuple[Word, ...]:
    """Cut a normalised text into its words."""
    return tuple(Word(found.group(), found.start(), found.end()) for found in _WORD.finditer(text))


def sentences(text: str) -> tuple[Sentence, ...]:
    """Cut a normalised text into sentences that hold at least one word; quotes stay with what they close."""
    found: list[Sentence] = []
    line = start = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = len(text) if mark is None else mark.end()
        _add(found, text, start, end, line)
        start = end
        if mark is not None and "\n" in mark.group() and found:
            line += 1
    return tuple(found)


def _add(found: list[Sentence], text: str, start: int, end: int, line: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if _WORD.search(text, start, end):
        found.append(Sentence(start, end, line))
