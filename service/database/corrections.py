"""Corrections: what people said is right of a Document, kept apart from what the model said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.tables import corrections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

FIELDS = ("stance", "urgency", "governorate", "need", "facility")
"""What may be corrected, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one Document as a person says it is right.

    Attributes:
        version: of the text that was read when it was made.
        field: one of `FIELDS`.
        value: what is right, see `service.correcting`; `before` is what the model had said then, in the same shape.
        withdrawn: when it was taken back; None while it stands.

    """

    id: int
    document: str
    version: int
    field: str
    value: Any
    before: Any
    actor: str
    at: datetime
    withdrawn: datetime | None
    withdrawn_by: str


def live(connection: sa.Connection, documents: Sequence[str]) -> dict[str, dict[str, Correction]]:
    """Return what is in force by Document and field: of each field the latest that was not taken back.

    Documents without any are left out.
    """
    rows = connection.execute(
        sa.select(corrections)
        .where(corrections.c.document.in_(documents), corrections.c.withdrawn.is_(None))
        .order_by(corrections.c.id)
    )
    found: dict[str, dict[str, Correction]] = {}
    for row in rows:
        found.setdefault(row.document, {})[row.field] = Correction(*tuple(row))
    return found


def history(connection: sa.Connection, document: str) -> list[Correction]:
    """Return all corrections of a Document, those taken back too, the newest first."""
    rows = connection.execute(
        sa.select(corrections).where(corrections.c.document == document).order_by(corrections.c.id.desc())
    )
    return [Correction(*tuple(row)) for row in rows]


def find(connection: sa.Connection, correction: int) -> Correction | None:
    """Return a correction, or None where there is none of this number."""
    row = connection.execute(sa.select(corrections).where(corrections.c.id == correction)).first()
    return None if row is None else Correction(*tuple(row))


def put(
    connection: sa.Connection,
    *,
    document: str,
    version: int,
    field: str,
    value: object,
    before: object,
    actor: str,
    at: datetime,
) -> int:
    """Add a correction and return its number."""
    values = {"document": document, "version": version, "field": field, "value": value, "before": before}
    insert = corrections.insert().values(actor=actor, at=at, **values).returning(corrections.c.id)
    number: int = connection.execute(insert).scalar_one()
    return number


def take_back(connection: sa.Connection, correction: int, actor: str, at: datetime) -> None:
    """Note that a correction is in force no longer, by whom and when; one that was taken back before stays so."""
    connection.execute(
        corrections.update()
        .where(corrections.c.id == correction, corrections.c.withdrawn.is_(None))
        .values(withdrawn=at, withdrawn_by=actor)
    )


def corrected(connection: sa.Connection, batch: int = 500) -> Iterator[list[str]]:
    """Yield the ids of the Documents of which a correction is in force, in order, in batches."""
    after = ""
    while True:
        ids: Iterable[str] = connection.scalars(
            sa.select(corrections.c.document)
            .where(corrections.c.withdrawn.is_(None), corrections.c.document > after)
            .distinct()
            .order_by(corrections.c.document)
            .limit(batch)
        )
        found = list(ids)
        if not found:
            return
        yield found
        after = found[-1]
