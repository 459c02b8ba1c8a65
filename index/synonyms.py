"""Names that mean the same: who searches for one of them finds the texts that write another.

They are heeded when a query is read, not when a text is stored, so that a changed list needs no new index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.arabic import analyse
from index.terms import Phrase, Term, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.arabic import Token

MAXIMUM_NAMES = 12
"""Names of one group that are heeded, the first ones: it bounds what one word of a query can ask for."""


class Synonyms:
    """Groups of names, each of one or more words; spelling variants that `index.arabic` folds are one name."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self._groups: dict[tuple[str, ...], tuple[Term, ...]] = {}
        for group in groups:
            names: dict[tuple[str, ...], Term] = {}
            for name in group:
                words = analyse(name)
                if words:
                    term = (
                        Word(words[0].exact, words[0].stem)
                        if len(words) == 1
                        else Phrase(tuple(w.exact for w in words))
                    )
                    names.setdefault(_key(words), term)
            if len(names) > 1:
                terms = tuple(names.values())[:MAXIMUM_NAMES]
                for key in names:
                    self._groups.setdefault(key, terms)
        self._longest = max(map(len, self._groups), default=0)

    def of(self, words: Sequence[Word]) -> tuple[int, tuple[Term, ...]]:
        """Return how many of the first words are a name, and the names that mean the same; (0, ()) where none is."""
        for length in range(min(self._longest, len(words)), 0, -1):
            terms = self._groups.get(_key(words[:length]))
            if terms:
                return length, terms
        return 0, ()


def _key(words: Sequence[Word | Token]) -> tuple[str, ...]:
    # By the exact forms: a stem is shared by too much (عنه, a town, and the preposition عن).
    return tuple(word.exact.removeprefix("ال") for word in words)


NONE = Synonyms()
"""No synonyms."""
