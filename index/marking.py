"""Where a text matches a query: spans in the original text, for highlighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.arabic import LONGEST_WORD, WORD, analyse, forms
from index.protocol import Hit
from index.query import parse
from index.terms import Beginning, Phrase, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.arabic import Token
    from index.document import Document
    from index.protocol import Query
    from index.query import Parsed
    from index.synonyms import Synonyms

Spans = tuple[tuple[int, int], ...]


def mark(text: str, query: str) -> Spans:
    """Return the spans (start, end) of `text` that match the words and phrases of the query text `query`.

    Spans are in code points, sorted and without overlap. What the query excludes is not marked. Never raises.
    """
    return mark_parsed(text, parse(query))


def marked(document: Document, query: Query, synonyms: Synonyms) -> Hit:
    """Return a Document as a hit of a query, unscored; see `Index.marked`."""
    parsed = parse(query.text, synonyms, typing=query.typing)
    return Hit(document, 0.0, mark_parsed(document.title, parsed, title=True), mark_parsed(document.body, parsed))


def mark_parsed(text: str, query: Parsed, *, title: bool = False) -> Spans:
    """Do as `mark` for a query that is parsed already; beginnings of words are marked in a title alone."""
    terms = [term for group in query.required for term in group]
    if not terms:
        return ()
    stems = {term.stem for term in terms if isinstance(term, Word)} - {None}
    exact = {term.exact for term in terms if isinstance(term, Word) and term.stem is None}
    begun = tuple(term.exact for term in terms if title and isinstance(term, Beginning))
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for term in terms:
        if isinstance(term, Phrase):
            phrases.setdefault(term.exact[0], []).append(term.exact)
    spans: list[tuple[int, int]] = []
    if stems or exact or begun:
        spans.extend(_words(text, stems, exact, begun))
    if phrases:
        spans.extend(_phrases(analyse(text), phrases))
    return _merged(spans)


def _words(text: str, stems: set[str | None], exact: set[str], begun: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    # Not by `analyse`: a page of hits has thousands of words, and making a Token of each takes three times as long.
    for word in WORD.finditer(text):
        form, stem = forms(word[0][:LONGEST_WORD])
        if stem in stems or form in exact or form.startswith(begun):
            yield word.span()


def _phrases(words: list[Token], phrases: dict[str, list[tuple[str, ...]]]) -> Iterator[tuple[int, int]]:
    for place, word in enumerate(words):
        for phrase in phrases.get(word.exact, ()):
            run = words[place : place + len(phrase)]
            if tuple(each.exact for each in run) == phrase:
                yield word.start, run[-1].end


def _merged(spans: list[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
