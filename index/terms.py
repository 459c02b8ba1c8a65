"""What a query may ask for: words, phrases, and the beginning of a word that is still being typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word of which any inflected form matches: one with the same stem.

    `stem` is None for a stop word, which matches by its exact form alone.
    """

    exact: str
    stem: str | None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Exact forms that must follow one another; a single one is a word that must occur as written."""

    exact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a word of the title must begin with, by its exact form; it makes a Document match, and scores nothing."""

    exact: str


Term = Word | Phrase | Beginning
