"""The earlier texts of an item, and what each changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from service.database.tables import articles
from service.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

COMPARED_WORDS = 4_000
"""Words of a text that are compared, the first ones: comparing takes time that grows with their square."""

SHOWN_VERSIONS = 20
"""Most versions that are told, the newest; an outlet that edits more often has a clock on its page."""

_AROUND = 12
"""Words shown before and after a change."""

_WORDS = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: kept, added or removed; "gap" stands for kept words that are not shown."""

    kind: Literal["kept", "added", "removed", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """One text of an item; `changes` against the one before are empty for the first, and for what only moved blanks."""

    number: int
    fetched: datetime
    changes: tuple[Piece, ...]


def versions(connection: sa.Connection, document: str, hidden: Iterable[str] | None) -> tuple[Version, ...]:
    """Return the texts of an item, the newest first; () where there is only one.

    `hidden` are names to be masked, with all private numbers, for who may not read them; None for who may.
    """
    rows = connection.execute(
        sa.select(articles.c.version, articles.c.fetched, articles.c.title, articles.c.body)
        .where(articles.c.document == document)
        .order_by(articles.c.version.desc())
        .limit(SHOWN_VERSIONS + 1)
    ).all()
    if len(rows) < 2:
        return ()
    names = None if hidden is None else list(hidden)
    texts = [f"{row.title}\n{row.body}" for row in rows]
    if names is not None:
        texts = [mask_text(text, names) for text in texts]
    told = [
        Version(row.version, row.fetched, difference(texts[place + 1], texts[place]))
        for place, row in enumerate(rows[:-1])
    ]
    if len(rows) <= SHOWN_VERSIONS:
        told.append(Version(rows[-1].version, rows[-1].fetched, ()))
    return tuple(told)


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """Return what changed between two texts, word by word, each change with some words around it."""
    old, new = _words(before), _words(after)
    pieces: list[Piece] = []
    for kind, start, end, from_, to in SequenceMatcher(None, _bare(old), _bare(new)).get_opcodes():
        if kind == "equal":
            pieces += _kept(new[from_:to], first=from_ == 0, last=to == len(new))
            continue
        if end > start:
            pieces.append(Piece("removed", "".join(old[start:end])))
        if to > from_:
            pieces.append(Piece("added", "".join(new[from_:to])))
    changed = any(piece.kind in {"added", "removed"} for piece in pieces)
    return tuple(pieces) if changed else ()


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)[:COMPARED_WORDS]


def _bare(words: Sequence[str]) -> list[str]:
    return [word.strip() for word in words]


def _kept(words: Sequence[str], *, first: bool, last: bool) -> list[Piece]:
    """Return kept words, without their middle where it is long; at an end of the text only the side at a change."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    if len(words) <= head + tail + 1:
        return [Piece("kept", "".join(words))]
    shown = [Piece("kept", "".join(words[:head]))] if head else []
    shown.append(Piece("gap", "…"))
    if tail:
        shown.append(Piece("kept", "".join(words[-tail:])))
    return shown


def count(connection: sa.Connection, document: str) -> int:
    """Return how many texts an item has had."""
    return connection.scalar(sa.select(sa.func.count()).where(articles.c.document == document)) or 0
