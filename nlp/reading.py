"""One text made ready for all rules: normalised, cut into sentences and words, its vocabulary found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nlp.analysis import Span
from nlp.normalisation import Normalised, normalise
from nlp.segmentation import Sentence, Word, sentences, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.lexicon import Cue, Lexicon


@dataclass(frozen=True, slots=True)
class Reading:
    """A text prepared for the rules; offsets inside are normalised ones, `span` gives them back as the reader's."""

    normalised: Normalised
    sentences: tuple[Sentence, ...]
    words: tuple[Word, ...]
    cues: tuple[Cue, ...]

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.normalised.text

    def span(self, start: int, end: int) -> Span:
        """Return the piece of the original that a normalised stretch was read from."""
        first, last = self.normalised.span(start, end)
        return Span(self.normalised.original[first:last], first, last)

    def words_in(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words that begin inside a stretch."""
        return self.words[
            bisect_left(self.words, start, key=lambda word: word.start) : bisect_left(
                self.words, end, key=lambda word: word.start
            )
        ]

    def word_at(self, position: int) -> int:
        """Return the index of the word that holds or follows a position (`len(words)` after the last)."""
        return bisect_right(self.words, position, key=lambda word: word.end)

    def cues_in(self, start: int, end: int, *prefixes: str) -> list[Cue]:
        """Return the cues that begin inside a stretch and whose kind starts with one of the prefixes."""
        low = bisect_left(self.cues, start, key=lambda cue: cue.start)
        high = bisect_left(self.cues, end, key=lambda cue: cue.start)
        return [cue for cue in self.cues[low:high] if cue.kind.startswith(prefixes)]

    def without(self, stretches: Iterable[tuple[int, int]], *prefixes: str) -> Reading:
        """Return the reading without the cues of some kinds inside the stretches: ناحية العبارة is no ferry."""
        taken = list(stretches)
        kept = tuple(
            cue
            for cue in self.cues
            if not (cue.kind.startswith(prefixes) and any(start <= cue.start < end for start, end in taken))
        )
        return replace(self, cues=kept)

    def around(self, index: int) -> tuple[int, int]:
        """Return the stretch of a sentence with the one before and the one after it."""
        first, last = max(0, index - 1), min(len(self.sentences) - 1, index + 1)
        return self.sentences[first].start, self.sentences[last].end

    def kinds_in(self, start: int, end: int, *prefixes: str) -> set[str]:
        """Return the kinds of the cues inside a stretch."""
        return {cue.kind for cue in self.cues_in(start, end, *prefixes)}


def read(text: str, lexicons: Iterable[Lexicon]) -> Reading:
    """Prepare a text; linear in its length."""
    normalised = normalise(text)
    cues = [cue for lexicon in lexicons for cue in lexicon.find(normalised.text)]
    cues.sort(key=lambda cue: (cue.start, -cue.end, cue.kind))
    return Reading(normalised, sentences(normalised.text), words(normalised.text), tuple(cues))
