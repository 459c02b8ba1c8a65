"""Triage: what people decide on Cases.

All functions work in the caller's write transaction. `revision` is that of the Case as the person saw it: where
somebody has decided meanwhile, Conflict is raised and nothing is written. What cannot be decided raises
DecisionRefused before anything is written. Each decision stands in the Case's history and can be taken back (`undo`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service import accounts
from service.database import proposals
from service.database.cases import OPEN_STATES, STATES
from service.database.tables import cases
from service.decisions import Act, Decision, hold, record, settle
from service.errors import DecisionRefused
from service.regrouping import merge, split
from service.undoing import undo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import sqlalchemy as sa

    from service.database.cases import Dues

__all__ = [
    "STATES",
    "Decision",
    "accept",
    "add_note",
    "assign",
    "dismiss",
    "merge",
    "set_due",
    "set_state",
    "split",
    "undo",
]

_WAITS_AGAIN = ("new", "verified")
"""States in which nobody has been asked yet."""


def set_state(
    connection: sa.Connection,
    case: str,
    state: str,
    *,
    actor: str,
    revision: int,
    now: datetime,
    dues: Dues,
    referred_to: str = "",
    reason: str = "",
) -> Decision:
    """Give a Case another state; `referred_to` is to whom, where it is referred, and is kept until it is taken up anew.

    What the machine proposed is dropped where it makes no sense in the new state.
    """
    held = hold(connection, case, revision)
    act = Act(actor, now, "case_state", reason.strip())
    return _put_state(connection, held, state, act, dues, referred_to=" ".join(referred_to.split()))


def assign(
    connection: sa.Connection, case: str, assignee: str, *, actor: str, revision: int, now: datetime
) -> Decision:
    """Give a Case to a user who may log in; "" takes it away from who has it."""
    held = hold(connection, case, revision)
    name = accounts.fold_name(assignee)
    if name:
        user = accounts.find_user(connection, name)
        if user is None or user.disabled:
            raise DecisionRefused("no_assignee", f"there is no user {assignee[:40]!r} who may log in")
    if name == held.assignee:
        raise DecisionRefused("unchanged", f"{case} is assigned to {name or 'nobody'} already")
    act = Act(actor, now, "case_assigned")
    return _put(connection, case, "assigned", act, before={"assignee": held.assignee}, after={"assignee": name})


def set_due(
    connection: sa.Connection,
    case: str,
    due: datetime | None,
    *,
    actor: str,
    revision: int,
    now: datetime,
    dues: Dues,
) -> Decision:
    """Say until when a Case must be answered, whatever its urgency; None goes back to what the urgency says."""
    held = hold(connection, case, revision)
    if due is not None and due.tzinfo is None:
        raise DecisionRefused("bad_due", f"nobody can tell which instant {due} is: it bears no time zone")
    if held.state not in OPEN_STATES:
        raise DecisionRefused("closed", f"{case} is {held.state}: nothing is due")
    if (due is None and not held.due_by) or (held.due_by and due == held.due):
        raise DecisionRefused("unchanged", f"{case} is due at {held.due} already")
    before = {"due": _written(held.due), "due_by": held.due_by}
    after = {"due": _written(due), "due_by": "" if due is None else actor}
    values = {"due": due, "due_by": after["due_by"]}
    act = Act(actor, now, "case_due")
    return _put(connection, case, "due", act, before=before, after=after, values=values, dues=dues)


def add_note(connection: sa.Connection, case: str, text: str, *, actor: str, now: datetime) -> Decision:
    """Write a note into the history of a Case; it never conflicts with what others decide."""
    hold(connection, case)
    if not text.strip():
        raise DecisionRefused("empty_note", "a note of no words was to be written")
    return record(connection, case, "note", Act(actor, now, "case_noted", text.strip()), {"before": {}, "after": {}})


def accept(connection: sa.Connection, case: str, *, actor: str, revision: int, now: datetime, dues: Dues) -> Decision:
    """Give a Case the state that the machine proposes."""
    held = hold(connection, case, revision)
    if not held.proposal:
        raise DecisionRefused("no_proposal", f"nothing is proposed for {case}")
    return _put_state(connection, held, str(held.proposal["state"]), Act(actor, now, "proposal_accepted"), dues)


def dismiss(connection: sa.Connection, case: str, *, actor: str, revision: int, now: datetime) -> Decision:
    """Leave a Case as it is in spite of what the machine proposes; the same item proposes it no more."""
    held = hold(connection, case, revision)
    if not held.proposal:
        raise DecisionRefused("no_proposal", f"nothing is proposed for {case}")
    act = Act(actor, now, "proposal_dismissed")
    return _put(connection, case, "dismissed", act, before={"proposal": held.proposal}, after={"proposal": None})


def _put_state(
    connection: sa.Connection, held: Any, state: str, act: Act, dues: Dues, *, referred_to: str = ""
) -> Decision:
    if state not in STATES:
        raise DecisionRefused("unknown_state", f"{state[:40]!r} is no state: {', '.join(STATES)}")
    if state == "referred" and not referred_to:
        raise DecisionRefused("no_referred_to", "say to whom the case is referred")
    if state != "referred":
        referred_to = "" if state in _WAITS_AGAIN else held.referred_to
    if (state, referred_to) == (held.state, held.referred_to):
        raise DecisionRefused("unchanged", f"{held.id} is {state} already")
    before = {"state": held.state, "referred_to": held.referred_to, "proposal": held.proposal}
    after = {"state": state, "referred_to": referred_to, "proposal": proposals.still(held.proposal, state)}
    return _put(connection, held.id, "state", act, before=before, after=after, dues=dues)


def _put(
    connection: sa.Connection,
    case: str,
    kind: str,
    act: Act,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    dues: Dues | None = None,
) -> Decision:
    connection.execute(cases.update().where(cases.c.id == case).values(dict(values or after)))
    decision = record(connection, case, kind, act, {"before": before, "after": after})
    settle(connection, (case,), act.now, dues)
    return decision


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
