"""Cases: one need of one group of people over all outlets and days, and the events of its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database import documents as documents_
from service.database.tables import articles, case_events, case_labels, cases, documents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from service.database.documents import Record

MACHINE = "rasid"
"""The actor of what no person decided."""


URGENCIES = ("critical", "high", "normal")
"""From the most urgent to the least; a Case's `urgency_rank` is the place in it."""

STATES = ("new", "verified", "referred", "answered", "resolved", "rejected")
"""States of a Case, in the order in which it usually goes through them."""

OPEN_STATES = STATES[:3]
"""States in which a Case waits for somebody."""


@dataclass(frozen=True, slots=True)
class Dues:
    """How soon after it opened a Case must be answered, by its urgency."""

    critical: timedelta = timedelta(hours=4)
    high: timedelta = timedelta(hours=24)
    normal: timedelta = timedelta(days=3)

    def of(self, urgency: str) -> timedelta:
        """Return the time for an urgency; an unknown one is taken for normal."""
        return {"critical": self.critical, "high": self.high}.get(urgency, self.normal)


def of_group(connection: sa.Connection, group: str) -> str | None:
    """Return the Case that the texts of a syndication group belong to, or None."""
    case: str | None = connection.scalar(
        sa.select(documents.c.case)
        .where(documents.c.group == group, documents.c.case.is_not(None))
        .order_by(documents.c.first_seen, documents.c.id)
        .limit(1)
    )
    return case


def open_case(connection: sa.Connection, document: str, now: datetime, reason: str) -> str:
    """Open the Case whose first Document this is, or return it where that was done before.

    The id is made from the Document's: the same input twice opens the same Case. Where that one was merged into
    another, the other is returned.
    """
    for id_ in ids_of(document):
        if connection.execute(sa.select(cases.c.id).where(cases.c.id == id_)).first() is None:
            connection.execute(cases.insert().values(id=id_, state="new", opened=now))
            note(connection, id_, kind="opened", document=document, reason=reason, now=now)
            return id_
        if _opened_by(connection, id_, document):
            return survivor(connection, id_)
    message = f"no id is left for a Case of {document}"
    raise ValueError(message)


def ids_of(document: str) -> Iterator[str]:
    """Yield the ids that a Case may have whose first Document this is, the usual one first."""
    usual = f"case-{document[:12]}"
    yield usual
    yield from (f"{usual}-{number}" for number in range(2, 100))  # more would not fit into `CaseId`
    yield from (f"case-{document[at : at + 12]}" for at in range(1, len(document) - 11))


def survivor(connection: sa.Connection, case: str) -> str:
    """Return the Case that a Case was merged into, through all mergers, or itself."""
    while into := connection.scalar(sa.select(cases.c.merged_into).where(cases.c.id == case)):
        case = into
    return case


def left_by(connection: sa.Connection, document: str) -> str | None:
    """Return the Case that a Document left last, or what that was merged into; None where it left none."""
    left: str | None = connection.scalar(
        sa.select(case_events.c.case)
        .where(case_events.c.document == document, case_events.c.kind == "left")
        .order_by(case_events.c.id.desc())
        .limit(1)
    )
    return None if left is None else survivor(connection, left)


def _opened_by(connection: sa.Connection, case: str, document: str) -> bool:
    """Tell whether a Case was opened by this Document, not by one whose id begins alike, nor by a split."""
    opened = sa.and_(case_events.c.case == case, case_events.c.kind == "opened", case_events.c.document == document)
    return connection.execute(sa.select(case_events.c.id).where(opened).limit(1)).first() is not None


def note(connection: sa.Connection, case: str, *, kind: str, document: str, reason: str, now: datetime) -> None:
    """Add an event of the machine to a Case's history."""
    connection.execute(
        case_events.insert().values(case=case, at=now, actor=MACHINE, kind=kind, document=document, reason=reason)
    )


def outlets(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the outlets that carry each Case, in alphabetical order."""
    rows = connection.execute(
        sa.select(documents.c.case, articles.c.outlet)
        .join(articles, sa.and_(articles.c.document == documents.c.id, articles.c.version == documents.c.version))
        .where(documents.c.case.in_(ids))
        .distinct()
        .order_by(documents.c.case, articles.c.outlet)
    )
    found: dict[str, list[str]] = {}
    for case, outlet in rows:
        found.setdefault(case, []).append(outlet)
    return found


def outlet_counts(connection: sa.Connection, ids: Collection[str]) -> dict[str, int]:
    """Return on how many outlets each Case was told, as it was last summed up."""
    rows = connection.execute(sa.select(cases.c.id, cases.c.outlets).where(cases.c.id.in_(ids))) if ids else ()
    return {case: number for case, number in rows}  # noqa: C416


def count(connection: sa.Connection) -> int:
    """Return how many Cases have been opened."""
    return connection.scalar(sa.select(sa.func.count()).select_from(cases)) or 0


def listable() -> sa.ColumnElement[bool]:
    """Return the condition of Cases that stand in lists: not merged into another, and told by something."""
    return sa.and_(cases.c.merged_into.is_(None), cases.c.documents > 0)


def is_open() -> sa.ColumnElement[bool]:
    """Return the condition of Cases that wait for somebody."""
    return sa.and_(cases.c.state.in_(OPEN_STATES), listable())


def count_open(connection: sa.Connection) -> int:
    """Return how many Cases wait for somebody."""
    return connection.scalar(sa.select(sa.func.count()).select_from(cases).where(is_open())) or 0


def count_overdue(connection: sa.Connection, now: datetime) -> int:
    """Return how many of the open Cases should have been answered by now."""
    return connection.scalar(sa.select(sa.func.count()).select_from(cases).where(is_open(), cases.c.due < now)) or 0


def refresh(connection: sa.Connection, case: str, dues: Dues) -> None:
    """Sum up what the Documents of a Case say together, so that it can be listed; to be called when they change.

    The due time follows the urgency as long as nobody has set it, and there is none once the Case is answered.
    """
    row = connection.execute(sa.select(cases).where(cases.c.id == case)).first()
    if row is None:
        return
    ids = connection.scalars(sa.select(documents.c.id).where(documents.c.case == case)).all()
    told = sorted(documents_.records(connection, ids), key=lambda record: (record.fetched, record.id))
    appeals = [appeal for record in told for appeal in record.analysis["appeals"]]
    urgency = next((level for level in URGENCIES if any(appeal["urgency"] == level for appeal in appeals)), "")
    first = next((record for record in told if record.analysis["appeals"]), told[0] if told else None)
    values: dict[str, Any] = {
        "urgency": urgency,
        "urgency_rank": URGENCIES.index(urgency) if urgency else len(URGENCIES),
        "documents": len(told),
        "outlets": len({record.outlet for record in told}),
        "title": _title(first),
        "summary": next((appeal["summary"] for appeal in appeals if appeal["summary"]), ""),
        "facility": next((span["text"] for appeal in appeals for span in appeal["facilities"]), ""),
        "first_seen": min((_when(record) for record in told), default=None),
        "last_seen": max((_when(record) for record in told), default=None),
    }
    if not row.due_by:
        values["due"] = row.opened + dues.of(urgency) if told and row.state in OPEN_STATES else None
    connection.execute(cases.update().where(cases.c.id == case).values(values))
    _put_labels(connection, case, _labels(told))


def refresh_all(connection: sa.Connection, dues: Dues) -> int:
    """Sum up every Case, as after an upgrade, and return how many there are."""
    ids = connection.scalars(sa.select(cases.c.id).order_by(cases.c.id)).all()
    for case in ids:
        refresh(connection, case, dues)
    return len(ids)


def _title(record: Record | None) -> str:
    return "" if record is None else record.title.strip() or record.body[:140].strip()


def _when(record: Record) -> datetime:
    return record.published or record.fetched


def _labels(told: Sequence[Record]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for record in told:
        analysis: Mapping[str, Any] = record.analysis
        needs: Iterable[str] = (need for appeal in analysis["appeals"] for need in appeal["needs"])
        found.update(("need", need) for need in needs)
        found.update(("governorate", code) for code in analysis["governorates"]["primary"])
        found.update(("facility_type", facility["type"]) for facility in analysis["facilities"])
        found.add(("outlet", record.outlet))
    return found


def _put_labels(connection: sa.Connection, case: str, wanted: set[tuple[str, str]]) -> None:
    rows = connection.execute(sa.select(case_labels.c.kind, case_labels.c.value).where(case_labels.c.case == case))
    held = {(row.kind, row.value) for row in rows}
    for kind, value in sorted(held - wanted):
        connection.execute(
            case_labels.delete().where(
                case_labels.c.case == case, case_labels.c.kind == kind, case_labels.c.value == value
            )
        )
    if new := sorted(wanted - held):
        connection.execute(case_labels.insert(), [{"case": case, "kind": kind, "value": value} for kind, value in new])
