"""The FTS5 tokenizer: `index.arabic` behind SQLite's interface.

Each word of a Document gives two tokens at one position: its stem, and its exact form marked by `EXACT`, a sign that no
word contains. So one table answers inflected words (by the stem), phrases and stop words (by exact forms), and bm25 can
reward exact forms. A query is built by `index.sqlite.matching` from tokens, and is only split here.

A second one gives the beginnings of a title's words, for a search as one types. FTS5 has an index of beginnings too,
but only one for every token of every column: it would hold all bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from index.arabic import word_forms
from index.query import LEAST_TYPED

if TYPE_CHECKING:
    from apsw import TokenizerResult

NAME = "rasid_arabic"

EXACT = "="

BEGINNINGS = "rasid_beginnings"

LONGEST_BEGINNING = 12
"""Letters of the longest beginning that is stored, as in the `edge_ngram` filter on Elasticsearch. What is longer is in
few words, among which FTS5 seeks it quickly."""


def register(connection: apsw.Connection) -> None:
    """Make the tokenizer known to a connection, which has to happen before its first statement on the words."""
    connection.register_fts5_tokenizer(NAME, _make)
    connection.register_fts5_tokenizer(BEGINNINGS, _make_beginnings)


def _make(connection: apsw.Connection, arguments: list[str]) -> apsw.Tokenizer:  # noqa: ARG001 - FTS5 passes both
    return _tokens


def _make_beginnings(connection: apsw.Connection, arguments: list[str]) -> apsw.Tokenizer:  # noqa: ARG001 - as above
    return _beginnings


def _tokens(utf8: bytes, reason: int, locale: str | None) -> TokenizerResult:  # noqa: ARG001 - FTS5 passes it
    text = utf8.decode()
    if reason & apsw.FTS5_TOKENIZE_QUERY:
        return text.split(" ")
    return [(f"{EXACT}{exact}",) if stem is None else (stem, f"{EXACT}{exact}") for exact, stem in word_forms(text)]


def _beginnings(utf8: bytes, reason: int, locale: str | None) -> TokenizerResult:  # noqa: ARG001 - FTS5 passes it
    text = utf8.decode()
    if reason & apsw.FTS5_TOKENIZE_QUERY:
        return text.split(" ")
    words = dict.fromkeys(exact[:LONGEST_BEGINNING] for exact, _ in word_forms(text))
    return list(dict.fromkeys(word[:end] for word in words for end in range(LEAST_TYPED, len(word) + 1)))
