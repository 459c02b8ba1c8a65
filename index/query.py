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
from index.synonyms import NONE
from index.terms import Beginning, Phrase, Term, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.synonyms import Synonyms

LONGEST_QUERY = 10_000
"""Code points of a query that are read. A person types a few dozen, a pasted article has some thousand."""

MAXIMUM_TERMS = 64
"""Words and phrases of a query that are heeded, the first ones. It bounds the work that one search can ask for."""

LEAST_TYPED = 2
"""Letters from which on a word that is being typed is searched for by its beginning; one would find everything."""

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


def parse(text: str, synonyms: Synonyms = NONE, *, typing: bool = False) -> Parsed:
    """Return what `text` asks for. Never raises; for text that asks for nothing the result is empty.

    Stop words are not required where anything else is: who writes "انقطاع الماء في البصرة" also wants "بالبصرة". A word
    or words in a row, outside of quotes, that have synonyms ask for any of them. While the text is being typed, the
    word at its end also asks for titles in which a word begins like it.
    """
    atoms: list[tuple[bool, Term | _Or]] = []
    begun = _begun(text) if typing else ()
    for atom in _atoms(text[:LONGEST_QUERY]):
        if len(atoms) == MAXIMUM_TERMS:
            begun = ()
            break
        atoms.append(atom)
    groups: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    joins = False
    place = 0
    while place < len(atoms):
        excluded, term = atoms[place]
        if isinstance(term, _Or):
            if _between_terms(atoms, place):
                joins = True
                place += 1
                continue
            term = Word("or", "or")  # an operator in the wrong place is a word
        taken, terms = synonyms.of(_words_from(atoms, place))
        place += taken or 1
        terms = terms or (term,)
        if place == len(atoms) and taken <= 1:  # the name of several words is written out
            terms += begun
        if excluded:
            unwanted += terms
        elif joins:
            groups[-1] = tuple(dict.fromkeys((*groups[-1], *terms)))
            joins = False
        else:
            groups.append(terms)
    required = [group for group in groups if not _only_stop_words(group)] or groups
    return Parsed(tuple(dict.fromkeys(required)), tuple(dict.fromkeys(unwanted)))


def _words_from(atoms: list[tuple[bool, Term | _Or]], place: int) -> list[Word]:
    """Return the words in a row from a place on; an excluded one stands for itself."""
    words: list[Word] = []
    for excluded, term in atoms[place:]:
        if not isinstance(term, Word) or (excluded and words):
            break
        words.append(term)
        if excluded:
            break
    return words


def _between_terms(atoms: list[tuple[bool, Term | _Or]], place: int) -> bool:
    sides = atoms[place - 1 : place] + atoms[place + 1 : place + 2]
    return len(sides) == 2 and not any(excluded or isinstance(term, _Or) for excluded, term in sides)


def _only_stop_words(group: tuple[Term, ...]) -> bool:
    return all(isinstance(term, Beginning) or (isinstance(term, Word) and term.stem is None) for term in group)


def _begun(text: str) -> tuple[Beginning, ...]:
    """Return the beginning of a word that stands at the end of the text: of one alone, and not of what is excluded."""
    atoms = list(_ATOM.finditer(text[:LONGEST_QUERY]))
    if not atoms or atoms[-1]["words"] is None or atoms[-1]["minus"] is not None or atoms[-1].end() < len(text):
        return ()
    chunk: str = atoms[-1]["words"]
    terms, words = list(_terms(chunk)), analyse(chunk)
    if not terms or words[-1].end < len(chunk) or not isinstance(terms[-1], Word) or len(words[-1].exact) < LEAST_TYPED:
        return ()
    return (Beginning(words[-1].exact),)


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
