"""From a parsed query to the numbers of the Documents that match, and their bm25 scores."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from pyroaring import BitMap

from index.sqlite.numbers import numbers
from index.sqlite.tokenizer import EXACT, LONGEST_BEGINNING
from index.terms import Beginning, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from index.query import Parsed
    from index.sqlite.facets import Facets
    from index.terms import Phrase, Term

TITLE_WEIGHT = 8.0
"""How many occurrences in the body one in the title counts for. bm25 flattens repetitions, so that a title is passed
only by a body that speaks of little else."""

# FTS5's least inverse document frequency (its bm25 in fts5_aux.c).
_LEAST_WEIGHT = 1e-6


def matching(connection: apsw.Connection, facets: Facets, query: Parsed) -> BitMap:
    """Return the numbers of the Documents that match the text of a query."""
    whole = [group for group in query.required if not any(isinstance(term, Beginning) for term in group)]
    found = _found(connection, " AND ".join(f"({_either(group)})" for group in whole)) if whole else None
    for group in query.required:
        if group not in whole:
            either = _found(connection, _either(group)) | _begun(connection, group)
            found = either if found is None else found & either
    if found is None:
        found = facets.everything()
    if query.excluded:
        found = found - _found(connection, _either(query.excluded))
    return found


def scores(connection: apsw.Connection, query: Parsed, among: BitMap, held: int) -> list[tuple[int, float]]:
    """Return (number, score) of each Document of `among` that has a score; a higher score is a better match.

    `among` holds only Documents that match the text of `query`, `held` is how many there are in all. FTS5 scores each
    word by itself, and its weight is exchanged for Lucene's: FTS5 gives none to what stands in half of all Documents,
    and both indexes have to put the same Documents first.
    """
    totals: dict[int, float] = {}
    wanted = (each for group in query.required for term in group for each in _rewarded(term))
    for expression in dict.fromkeys(wanted):
        having = _found(connection, expression)
        asked = having & among
        if not asked:
            continue
        # The sign + keeps SQLite from running the whole MATCH anew for every number; the bounds let FTS5 skip the rest.
        rows = connection.execute(
            f"SELECT rowid, -bm25(words, {TITLE_WEIGHT}, 1.0) FROM words "  # noqa: S608 - a constant
            "WHERE words MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM carray(?))",
            (expression, asked.min(), asked.max(), numbers(asked)),
        )
        weight = _weight(held, len(having))
        for number, score in rows:
            totals[number] = totals.get(number, 0.0) + score * weight
    return list(totals.items())


def _weight(held: int, having: int) -> float:
    """Return Lucene's inverse document frequency of a term, divided by the one that FTS5 scores with."""
    ratio = (held - having + 0.5) / (having + 0.5)
    return math.log(1 + ratio) / max(math.log(ratio), _LEAST_WEIGHT)


def _found(connection: apsw.Connection, expression: str, table: str = "words") -> BitMap:
    # One value for all rows: fetching 28,000 of them one by one takes twice as long.
    listed = connection.execute(
        f"SELECT json_group_array(rowid) FROM {table} WHERE {table} MATCH ?",  # noqa: S608 - a table of ours
        (expression,),
    ).get
    return BitMap(json.loads(listed))


def _begun(connection: apsw.Connection, group: Iterable[Term]) -> BitMap:
    """Return the Documents with a word in the title that begins as a term of the group says."""
    found = BitMap()
    for term in group:
        if not isinstance(term, Beginning):
            continue
        if len(term.exact) > LONGEST_BEGINNING:
            found |= _found(connection, f'title : "{EXACT}{term.exact}" *')
        else:
            found |= _found(connection, f'"{term.exact}"', "beginnings")
    return found


def _either(terms: Iterable[Term]) -> str:
    return " OR ".join(_plain(term) for term in terms if not isinstance(term, Beginning))


def _plain(term: Word | Phrase) -> str:
    if isinstance(term, Word):
        return f'"{term.stem}"' if term.stem is not None else f'"{EXACT}{term.exact}"'
    return f'"{" ".join(EXACT + word for word in term.exact)}"'


def _rewarded(term: Term) -> list[str]:
    """Return what a term is scored by: its exact form too beside the stem, so that exact forms score twice."""
    if isinstance(term, Beginning):
        return []
    if isinstance(term, Word) and term.stem is not None:
        return [f'"{term.stem}"', f'"{EXACT}{term.exact}"']
    return [_plain(term)]
