"""Finding many phrases at once in a normalised text, under the particles that Arabic glues to a word's front."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import ahocorasick  # type: ignore[import-not-found]  # a C extension without stubs

from nlp.normalisation import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

Payload = TypeVar("Payload")

# و ف before ب ل ك; the article is allowed only where a lexicon asks for it.
_PARTICLES = re.compile(r"[وف]?[بلك]?")
_PARTICLES_AND_ARTICLE = re.compile(r"[وف]?(?:[بك]?ال|لل|[بلك])?")


@dataclass(frozen=True, slots=True)
class Hit(Generic[Payload]):
    """A phrase found: `text[start:end]` without the particles, which stand at `text[start - len(particles):start]`."""

    start: int
    end: int
    particles: str
    payload: Payload


class PhraseMatcher(Generic[Payload]):
    """Phrases with payloads, in one Aho-Corasick automaton over normalised text.

    A phrase is found at whole words only, under و ف ب ل ك, and الـ written للـ. A phrase ending in ``*`` also matches
    with any ending on its last word; with `article`, a phrase may stand with the article it is written without.
    """

    def __init__(self, phrases: Iterable[tuple[str, Payload]], *, article: bool = False) -> None:
        self._particles = _PARTICLES_AND_ARTICLE if article else _PARTICLES
        self._automaton = ahocorasick.Automaton()
        entries: dict[str, list[tuple[int, bool, Payload]]] = {}
        for phrase, payload in phrases:
            open_ended = phrase.endswith("*")
            plain = fold(phrase.rstrip("*"))
            if not plain:
                continue
            # للديوانية: the second lam stands for the article, so the phrase starts there.
            for variant in {plain, plain[1:]} if plain.startswith("ال") and len(plain) > 3 else {plain}:
                entries.setdefault(variant, []).append((len(plain) - len(variant), open_ended, payload))
        for variant, payloads in entries.items():
            self._automaton.add_word(variant, (len(variant), tuple(payloads)))
        if entries:
            self._automaton.make_automaton()
        self._empty = not entries

    def find(self, text: str) -> list[Hit[Payload]]:
        """Return every hit, by start, longer ones first; hits may overlap."""
        if self._empty:
            return []
        hits: list[Hit[Payload]] = []
        for last, (length, payloads) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            front = _word_start(text, start)
            particles = text[front:start]
            if not self._particles.fullmatch(particles):
                continue
            whole = _word_end(text, end)
            for shortened, open_ended, payload in payloads:
                if whole != end and not open_ended:
                    continue
                if shortened and not particles.endswith("ل"):
                    continue
                hits.append(Hit(start, whole, particles, payload))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return hits


def longest(hits: Iterable[Hit[Payload]]) -> list[Hit[Payload]]:
    """Read from the front, take the longest hit at each place; hits on the very same span are all kept."""
    kept: list[Hit[Payload]] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if not kept or hit.start >= kept[-1].end or (hit.start, hit.end) == (kept[-1].start, kept[-1].end):
            kept.append(hit)
    return kept


# No Arabic word with its particles and endings is longer; beyond it a "word" is noise, and scanning on would cost.
_LONGEST_WORD = 40


def _word_start(text: str, position: int) -> int:
    first = max(0, position - _LONGEST_WORD)
    while position > first and text[position - 1].isalpha():
        position -= 1
    return position


def _word_end(text: str, position: int) -> int:
    last = min(len(text), position + _LONGEST_WORD)
    while position < last and text[position].isalpha():
        position += 1
    return position
