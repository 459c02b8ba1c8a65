"""From a parsed query to the numbers of the Documents that match, and their bm25 scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from pyroaring import BitMap

from index.sqlite.numbers import numbers
from index.sqlite.tokenizer import EXACT
from index.terms import Word

if TYPE_CHECKING:
    import apsw

    from index.query import Parsed
    from index.sqlite.facets import Facets
    from index.terms import Term

TITLE_WEIGHT = 8.0
"""How many occurrences in the body one in the title counts for. bm25 flattens repetitions, so that a title is passed
only by a body that speaks of little else."""


def matching(connection: apsw.Connection, facets: Facets, query: Parsed) -> BitMap:
    """Return the numbers of the Documents that match the text of a query."""
    found = _found(connection, _required(query, scored=False)) if query.required else facets.everything()
    if query.excluded:
        found = found - _found(connection, " OR ".join(_plain(term) for term in query.excluded))
    return found


def scores(connection: apsw.Connection, query: Parsed, among: BitMap) -> list[tuple[int, float]]:
    """Return (number, score) of each Document of `among`; a higher score is a better match.

    `among` holds only Documents that match the text of `query`.
    """
    if not among:
        return []
    # The sign + keeps SQLite from running the whole MATCH anew for every number; the bounds let FTS5 skip the rest.
    rows = connection.execute(
        f"SELECT rowid, -bm25(words, {TITLE_WEIGHT}, 1.0) FROM words "  # noqa: S608 - a constant
        "WHERE words MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM carray(?))",
        (_required(query, scored=True), among.min(), among.max(), numbers(among)),
    )
    return cast("list[tuple[int, float]]", rows.fetchall())


def _found(connection: apsw.Connection, expression: str) -> BitMap:
    # One value for all rows: fetching 28,000 of them one by one takes twice as long.
    listed = connection.execute("SELECT json_group_array(rowid) FROM words WHERE words MATCH ?", (expression,)).get
    return BitMap(json.loads(listed))


def _required(query: Parsed, *, scored: bool) -> str:
    term = _rewarded if scored else _plain
    return " AND ".join(f"({' OR '.join(term(each) for each in group)})" for group in query.required)


def _plain(term: Term) -> str:
    if isinstance(term, Word):
        return f'"{term.stem}"' if term.stem is not None else f'"{EXACT}{term.exact}"'
    return f'"{" ".join(EXACT + word for word in term.exact)}"'


def _rewarded(term: Term) -> str:
    """Return the term with its exact form beside the stem: the same Documents match, but exact ones score twice."""
    if isinstance(term, Word) and term.stem is not None:
        return f'("{term.stem}" OR "{EXACT}{term.exact}")'
    return _plain(term)
