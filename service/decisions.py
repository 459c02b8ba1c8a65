"""What all decisions on Cases have in common: nothing that somebody else decided is overwritten, all is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service import accounts
from service.database import cases as sums
from service.database import changes
from service.database.engine import serialise
from service.database.tables import case_events, cases, documents
from service.errors import Conflict, DecisionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.database.cases import Dues


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that was taken: the Case that it is seen on, its event there, and the Case's revision now."""

    case: str
    event: int
    revision: int


@dataclass(frozen=True, slots=True)
class Act:
    """Who decides, when, and in which words why; `action` is what the audit log calls it."""

    actor: str
    now: datetime
    action: str
    reason: str = ""


def hold(connection: sa.Connection, case: str, revision: int | None = None) -> Any:
    """Return a Case's row, which no other transaction changes until this one ends.

    `revision` is what the person saw, None where it does not matter. Raises Conflict where it is another one, and
    DecisionRefused where there is no such Case, or where it was merged into another.
    """
    row = hold_any(connection, case)
    if revision is not None and row.revision != revision:
        raise Conflict(revision, row.revision)
    if row.merged_into is not None:
        raise DecisionRefused("merged", f"{case} was merged into {row.merged_into}: decide there")
    return row


def hold_any(connection: sa.Connection, case: str) -> Any:
    """Return the row of a Case, one that was merged too. Raises DecisionRefused where there is none."""
    # Before the row, as the worker does: two that wait for each other would never end.
    serialise(connection, "changes")
    row = connection.execute(sa.select(cases).where(cases.c.id == case).with_for_update()).first()
    if row is None:
        raise DecisionRefused("no_case", f"there is no case {case}")
    return row


def told_by(connection: sa.Connection, case: str) -> list[str]:
    """Return the ids of the Documents that tell a Case, in the order in which they came."""
    first = sa.select(documents.c.id).where(documents.c.case == case).order_by(documents.c.first_seen, documents.c.id)
    return list(connection.scalars(first))


def record(connection: sa.Connection, case: str, kind: str, act: Act, detail: Mapping[str, Any]) -> Decision:
    """Add a decision to the history of a Case and to the audit log, and raise the Case's revision."""
    event: int = connection.execute(
        case_events.insert()
        .values(case=case, at=act.now, actor=act.actor, kind=kind, reason=act.reason, detail=dict(detail))
        .returning(case_events.c.id)
    ).scalar_one()
    revision: int = connection.execute(
        cases.update().where(cases.c.id == case).values(revision=cases.c.revision + 1).returning(cases.c.revision)
    ).scalar_one()
    accounts.note(connection, act.actor, act.action, f"case:{case}", act.now, event=event, **detail)
    return Decision(case, event, revision)


def settle(connection: sa.Connection, touched: tuple[str, ...], now: datetime, dues: Dues | None = None) -> None:
    """Let what is listed and indexed of Cases follow; without `dues` nothing that is summed up has changed."""
    for case in touched:
        if dues is not None:
            sums.refresh(connection, case, dues)
        changes.announce(connection, told_by(connection, case), now)
