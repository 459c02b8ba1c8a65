"""Writes: each batch in one transaction with its words, its bitmaps and its Documents, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from index.moments import to_micros
from index.protocol import Written
from index.refusal import encodable, refusal
from index.sqlite.facets import FacetChanges
from index.sqlite.packing import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

    from index.document import Document
    from index.sqlite.session import Sessions

_T = TypeVar("_T")

_BATCH = 500
"""Documents a transaction: half a second of work, for which other writers wait."""


@dataclass(slots=True)
class _Tally:
    stored: int = 0
    stale: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def write(sessions: Sessions, documents: Iterable[Document]) -> Written:
    """Store each Document whose version is above the stored one; see `Index.write`."""
    tally = _Tally()
    for batch in _batches(_accepted(documents, tally), _BATCH):
        stored = stale = 0
        with sessions.writing() as connection:
            changes = FacetChanges(connection)
            for document in batch:
                if _store(connection, changes, document):
                    stored += 1
                else:
                    stale += 1
            changes.save()
        tally.stored += stored
        tally.stale += stale
    return Written(tally.stored, tally.stale, tally.refused)


def delete(sessions: Sessions, ids: Iterable[str]) -> int:
    """Remove Documents and return how many were there."""
    removed = 0
    for batch in _batches(ids, _BATCH):
        with sessions.writing() as connection:
            changes = FacetChanges(connection)
            gone = sum(_remove(connection, changes, each) for each in batch if encodable(each))
            changes.save()
        removed += gone
    return removed


def _accepted(documents: Iterable[Document], tally: _Tally) -> Iterator[Document]:
    for document in documents:
        reason = refusal(document)
        if reason is None:
            yield document
        else:
            tally.refused[document.id] = reason


def _store(connection: apsw.Connection, changes: FacetChanges, document: Document) -> bool:
    row = (document.version, to_micros(document.published), document.case, document.group, pack(document))
    held = _held(connection, document.id)
    if held is None:
        connection.execute(
            'INSERT INTO document (id, version, published, "case", "group", packed) VALUES (?, ?, ?, ?, ?, ?)',
            (document.id, *row),
        )
        docnum = connection.last_insert_rowid()
        _index_words(connection, docnum, document)
    else:
        docnum, version, packed = held
        if document.version <= version:
            return False
        before = unpack(packed)
        connection.execute(
            'UPDATE document SET version = ?, published = ?, "case" = ?, "group" = ?, packed = ? WHERE docnum = ?',
            (*row, docnum),
        )
        changes.remove(docnum, before)
        # Most new versions are a triage step or a new analysis, which leave the words as they are.
        if (before.title, before.body) != (document.title, document.body):
            _forget_words(connection, docnum, before)
            _index_words(connection, docnum, document)
    changes.add(docnum, document)
    return True


def _remove(connection: apsw.Connection, changes: FacetChanges, id_: str) -> bool:
    held = _held(connection, id_)
    if held is None:
        return False
    docnum, _, packed = held
    held_document = unpack(packed)
    changes.remove(docnum, held_document)
    _forget_words(connection, docnum, held_document)
    connection.execute("DELETE FROM document WHERE docnum = ?", (docnum,))
    return True


def _index_words(connection: apsw.Connection, docnum: int, document: Document) -> None:
    connection.execute(
        "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", (docnum, document.title, document.body)
    )
    connection.execute("INSERT INTO beginnings (rowid, title) VALUES (?, ?)", (docnum, document.title))


def _forget_words(connection: apsw.Connection, docnum: int, before: Document) -> None:
    # FTS5 could delete by number alone (contentless_delete), but its tombstones are looked up for every match: after
    # 10,000 changed texts a search took three times as long. By the old text it takes the entries out for good.
    connection.execute(
        "INSERT INTO words (words, rowid, title, body) VALUES ('delete', ?, ?, ?)", (docnum, before.title, before.body)
    )
    connection.execute(
        "INSERT INTO beginnings (beginnings, rowid, title) VALUES ('delete', ?, ?)", (docnum, before.title)
    )


def _held(connection: apsw.Connection, id_: str) -> tuple[int, int, bytes] | None:
    found: tuple[int, int, bytes] | None = connection.execute(
        "SELECT docnum, version, packed FROM document WHERE id = ?", (id_,)
    ).fetchone()
    return found


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
