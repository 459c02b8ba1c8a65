"""Undoing: any decision on a Case can be taken back at any time, unless a later one stands on it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database import proposals
from service.database.cases import MACHINE, survivor
from service.database.engine import serialise
from service.database.tables import case_events, cases
from service.decisions import Act, Decision, hold, hold_any, record, settle
from service.errors import DecisionRefused
from service.regrouping import unmerge, unsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.database.cases import Dues

_RESTS_ON: Mapping[str, frozenset[str]] = {
    "state": frozenset({"state", "referred_to"}),  # a proposal may change meanwhile, see `_restored`
    "assigned": frozenset({"assignee"}),
    "due": frozenset({"due", "due_by"}),
    "dismissed": frozenset({"proposal"}),
    "note": frozenset(),
}
"""What must still be as a decision left it, by its kind."""


def undo(connection: sa.Connection, event: int, *, actor: str, now: datetime, dues: Dues) -> Decision:
    """Take a decision back: the Case is as it was before it, but for what was decided since.

    Of a merger or a split either of its two events may be named. Raises DecisionRefused for what was no decision, what
    was taken back before, and what later decisions changed again: those must be taken back first.
    """
    serialise(connection, "changes")  # before it is read: another may be taking it back
    found = _event(connection, event)
    act = Act(actor, now, "case_undone")
    if found.kind in {"merged", "split"}:
        return _regroup(connection, found, act, dues)
    # a note may have been left behind in a Case that a taken back split made part of another
    row = (hold_any if found.kind == "note" else hold)(connection, found.case)
    _refuse_overwritten(connection, found)
    restored = _restored(found, row)
    if restored:
        connection.execute(cases.update().where(cases.c.id == found.case).values(_values(restored)))
    before = {name: _written(getattr(row, name)) for name in restored}
    _take_back(connection, [found.id], now)
    decision = record(
        connection,
        found.case,
        "undone",
        act,
        {"undoes": found.id, "kind": found.kind, "before": before, "after": restored},
    )
    settle(connection, (found.case,), now, dues)
    return decision


def _event(connection: sa.Connection, event: int) -> Any:
    found = connection.execute(sa.select(case_events).where(case_events.c.id == event)).first()
    if found is None:
        raise DecisionRefused("no_event", f"there is no decision {event}")
    if found.actor == MACHINE or not found.detail or found.kind not in {*_RESTS_ON, "merged", "split"}:
        raise DecisionRefused("no_undo", f"event {event} ({found.kind}) is no decision that can be taken back")
    if found.undone is not None:
        raise DecisionRefused("undone_already", f"decision {event} was taken back at {found.undone}")
    return found


def _refuse_overwritten(connection: sa.Connection, found: Any) -> None:
    later = connection.execute(
        sa.select(case_events.c.id, case_events.c.detail)
        .where(case_events.c.case == found.case, case_events.c.id > found.id)
        .where(case_events.c.undone.is_(None), case_events.c.kind != "undone")
    )
    for row in later:
        before, after = ((row.detail or {}).get(side) or {} for side in ("before", "after"))
        if any(before.get(name) != after.get(name) for name in _RESTS_ON[found.kind] & after.keys()):
            raise DecisionRefused(
                "overwritten", f"decision {found.id} was changed again by {row.id}: take that back first"
            )


def _restored(found: Any, row: Any) -> dict[str, Any]:
    """Return what a Case has again, by its columns.

    A proposal that came since is kept where it makes sense in the state that the Case has again.
    """
    before = dict(found.detail["before"])
    if found.kind == "state":
        state = before["state"]
        before["proposal"] = proposals.still(row.proposal, state) or proposals.still(before.get("proposal"), state)
    return before


def _values(restored: Mapping[str, Any]) -> dict[str, Any]:
    due = restored.get("due")
    return {**restored, "due": datetime.fromisoformat(due)} if due else dict(restored)


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _regroup(connection: sa.Connection, found: Any, act: Act, dues: Dues) -> Decision:
    """Take a merger or a split back on both Cases; the decision is told of the one that lives on."""
    twin = connection.execute(sa.select(case_events).where(case_events.c.id == found.detail["twin"])).one()
    first, second = sorted((found, twin), key=lambda event: int(event.id))
    both = (unmerge if found.kind == "merged" else unsplit)(connection, first, second)
    _take_back(connection, [first.id, second.id], act.now)
    decisions = {
        event.case: record(
            connection,
            event.case,
            "undone",
            act,
            {"undoes": event.id, "kind": event.kind, "before": {}, "after": {}, "other": other.case},
        )
        for event, other in ((first, second), (second, first))
    }
    settle(connection, both, act.now, dues)
    return decisions[survivor(connection, found.case)]


def _take_back(connection: sa.Connection, events: list[int], now: datetime) -> None:
    connection.execute(case_events.update().where(case_events.c.id.in_(events)).values(undone=now))
