"""Query text to a tree: what a person typed, understood once for every index.

The language is that of a search box: words must all occur; "a phrase", «a phrase» or “a phrase” must occur as written;
`OR` (in capitals) between two words or phrases asks for either of them and binds closer than the unwritten "and";
`-word` and `-"phrase"` must not occur. Every string is a valid query. What is not understood as an operator is a word,
and what holds no letter or digit is nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.arabic import analyse

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_QUERY = 10_000
"""Code points of a query that are read. A person types a few dozen, a pasted article has some thousand."""

MAXIMUM_TERMS = 64
"""Words and phrases of a query that are heeded, the first ones. It bounds the work that one search can ask for."""

_QUOTES = '"“”„‟＂'
_GUILLEMETS = "«»‹›"
_ATOM = re.compile(
    r"(?P<minus>(?<!\S)[-−])?"
    rf"(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)[{_QUOTES}]"
    rf"|[«‹](?P<guillemets>[^{_GUILLEMETS}]*)[»›]"
    rf"|(?P<words>[^\s{_QUOTES}{_GUILLEMETS}]+))"
)
_CONNECTORS = frozenset("_.-'’@·/:")
"""Signs that, alone between two words without a space, make them one: 3.5, 20-05-2024, #انقذوا_البصرة, covid-19."""


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


Term = Word | Phrase


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a query text asks for.

    Attributes:
        required: groups of alternatives; of each group at least one term must occur. Empty: nothing is required.
        excluded: terms of which none may occur.

    """

    required: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class _Or:
    """The word `OR`, before it is known whether it stands between two terms."""


def parse(text: str) -> Parsed:
    """Return what `text` asks for. Never raises; for text that asks for nothing the result is empty.

    Stop words are not required where anything else is: who writes "انقطاع الماء في البصرة" also wants "بالبصرة".
    """
    atoms: list[tuple[bool, Term | _Or]] = []
    for atom in _atoms(text[:LONGEST_QUERY]):
        if len(atoms) == MAXIMUM_TERMS:
            break
        atoms.append(atom)
    groups: list[tuple[Term, ...]] = []
    joins = False
    for place, (excluded, term) in enumerate(atoms):
        if excluded:
            continue
        if isinstance(term, _Or):
            if _between_terms(atoms, place):
                joins = True
                continue
            term = Word("or", "or")  # noqa: PLW2901 - an operator in the wrong place is a word
        if joins:
            groups[-1] = tuple(dict.fromkeys((*groups[-1], term)))
        else:
            groups.append((term,))
        joins = False
    required = [group for group in groups if not _only_stop_words(group)] or groups
    return Parsed(
        tuple(dict.fromkeys(required)),
        tuple(dict.fromkeys(term for excluded, term in atoms if excluded and not isinstance(term, _Or))),
    )


def _between_terms(atoms: list[tuple[bool, Term | _Or]], place: int) -> bool:
    sides = atoms[place - 1 : place] + atoms[place + 1 : place + 2]
    return len(sides) == 2 and not any(excluded or isinstance(term, _Or) for excluded, term in sides)


def _only_stop_words(group: tuple[Term, ...]) -> bool:
    return all(isinstance(term, Word) and term.stem is None for term in group)


def _atoms(text: str) -> Iterator[tuple[bool, Term | _Or]]:
    for atom in _ATOM.finditer(text):
        excluded = atom["minus"] is not None
        quoted = atom["quoted"] if atom["quoted"] is not None else atom["guillemets"]
        if quoted is not None:
            if words := analyse(quoted):
                yield excluded, Phrase(tuple(word.exact for word in words))
        elif atom["words"] == "OR" and not excluded:
            yield False, _Or()
        else:
            for term in _terms(atom["words"]):
                yield excluded, term


def _terms(chunk: str) -> Iterator[Term]:
    words = analyse(chunk)
    first = 0
    for place, word in enumerate(words):
        last = place + 1 == len(words)
        if last or chunk[word.end : words[place + 1].start] not in _CONNECTORS:
            run = words[first : place + 1]
            yield Word(word.exact, word.stem) if len(run) == 1 else Phrase(tuple(each.exact for each in run))
            first = place + 1
