"""The indexer: brings the changes of the database, in their order, into the Index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from index import Document
from nlp import coordinates
from service.database import changes, documents
from service.database.cases import URGENCIES
from service.database.tables import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from index import Index
    from service.database.documents import Record
    from service.database.engine import Database

BATCH = 500
"""Changes brought over at a time: bounds the memory, and the work repeated after a crash."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one round of the indexer did: changes passed, Documents stored, Documents that the index refused."""

    changes: int = 0
    stored: int = 0
    refused: int = 0


def index_changes(database: Database, index: Index, outlets: Mapping[str, str]) -> Indexed:
    """Bring one batch of changes into the index, and move the cursor when they can be searched.

    `outlets` gives the names of outlets by id. Raises IndexUnavailable; the cursor stays then, and the same batch is
    brought again, which changes nothing that is already there.
    """
    with database.read() as connection:
        since = changes.cursor(connection, changes.INDEXER)
        found = changes.since(connection, since.position, BATCH)
        if not found:
            return Indexed()
        records = documents.records(connection, list({document for _, document in found}))
    written = index.write([to_document(record, outlets) for record in records])
    index.refresh()
    with database.write() as connection:
        _note_refusals(connection, records, written.refused)
        changes.advance(connection, changes.INDEXER, found[-1][0], since=since)
    return Indexed(changes=len(found), stored=written.stored, refused=len(written.refused))


def reindex(
    database: Database, index: Index, outlets: Mapping[str, str], progress: Callable[[int, int], None]
) -> Indexed:
    """Make the index again from the database; `progress` is told (done, of) Documents.

    Changes that happen meanwhile are brought over by the next rounds of the indexer: the cursor is set back to the
    last change before the start, and a round that is on its way then does not move it (see `changes.restart`).
    """
    with database.read() as connection:
        start = changes.last(connection)
        total = documents.count(connection)
    stored = refused = 0
    with index.rebuilt() as filled, database.read() as connection:
        for records in documents.every(connection, BATCH):
            written = filled.write([to_document(record, outlets) for record in records])
            stored += written.stored
            refused += len(written.refused)
            progress(stored + refused, total)
            if written.refused:
                with database.write() as writing:
                    _note_refusals(writing, records, written.refused)
        filled.refresh()
    with database.write() as connection:
        changes.restart(connection, changes.INDEXER, start)
    return Indexed(changes=0, stored=stored, refused=refused)


def to_document(record: Record, outlets: Mapping[str, str]) -> Document:
    """Return a Record as it is indexed: labels flattened, the fetched time where no published time is known."""
    analysis = record.analysis
    asked = analysis["appeals"]
    urgencies = {appeal["urgency"] for appeal in asked}
    return Document(
        id=record.id,
        version=record.revision,
        url=record.url,
        title=record.title,
        body=record.body,
        outlet=record.outlet,
        outlet_name=outlets.get(record.outlet, record.outlet),
        published=record.published or record.fetched,
        fetched=record.fetched,
        stance=analysis["stance"],
        urgency=next((level for level in URGENCIES if level in urgencies), ""),
        needs=tuple(dict.fromkeys(need for appeal in asked for need in appeal["needs"])),
        governorates=tuple(analysis["governorates"]["mentioned"]),
        primary=tuple(analysis["governorates"]["primary"]),
        facility_types=tuple(dict.fromkeys(facility["type"] for facility in analysis["facilities"])),
        case=record.case or "",
        case_state=record.case_state or "",
        group=record.group,
        corrected=record.corrected,
        points=_points(analysis),
        analysis=analysis,
    )


def _points(analysis: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    """Return where the places of the primary governorates are, or of all where none is primary; each once."""
    known, primary = coordinates(), set(analysis["governorates"]["primary"])
    named = [
        (place["name"], place["governorate"])
        for place in analysis["places"]
        if not primary or place["governorate"] in primary
    ]
    return tuple(dict.fromkeys(known[place] for place in named if place in known))


def _note_refusals(connection: sa.Connection, records: list[Record], refused: Mapping[str, str]) -> None:
    connection.execute(refusals.delete().where(refusals.c.document.in_([record.id for record in records])))
    for record in records:
        if record.id in refused:
            connection.execute(
                refusals.insert().values(
                    document=record.id, revision=record.revision, reason=refused[record.id], at=datetime.now(UTC)
                )
            )


def refused(connection: sa.Connection) -> int:
    """Count the Documents that the index refused."""
    return connection.scalar(sa.select(sa.func.count()).select_from(refusals)) or 0
