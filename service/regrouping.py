"""Regrouping: Cases that are one are merged, one Case that is two is split; both can be taken back.

Both Cases get an event, and each event's `twin` is the other: whichever is taken back, both are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.cases import ids_of
from service.database.tables import case_events, cases, documents
from service.decisions import Act, Decision, hold, hold_any, record, settle, told_by
from service.errors import DecisionRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from service.database.cases import Dues

_SETTLED_THERE = ("state", "assigned", "due", "dismissed", "merged", "split")
"""Kinds of decisions that would be lost with the Case that they were taken on."""


def merge(
    connection: sa.Connection,
    case: str,
    into: str,
    *,
    actor: str,
    revision: int,
    now: datetime,
    dues: Dues,
    reason: str = "",
) -> Decision:
    """Let another Case take over all that tells this one, now and later; return the decision as the other bears it."""
    if case == into:
        raise DecisionRefused("merge_itself", f"{case} cannot be merged into itself")
    _in_order(connection, case, into)
    hold(connection, case, revision)
    hold(connection, into)
    moved = told_by(connection, case)
    _move(connection, moved, into)
    connection.execute(cases.update().where(cases.c.id == case).values(merged_into=into))
    act = Act(actor, now, "case_merged", reason.strip())
    gone = record(connection, case, "merged", act, _detail(into, moved, {"merged_into": None}, {"merged_into": into}))
    decision = record(connection, into, "merged", act, _detail(case, moved, twin=gone.event))
    _pair(connection, gone.event, decision.event)
    settle(connection, (case, into), now, dues)
    return decision


def split(
    connection: sa.Connection,
    case: str,
    documents: Collection[str],
    *,
    actor: str,
    revision: int,
    now: datetime,
    dues: Dues,
    reason: str = "",
) -> Decision:
    """Make a Case of its own, new and nobody's yet, of some Documents of a Case; return the decision as it bears it.

    It counts as opened when the first of them came: splitting gives nobody more time.
    """
    hold(connection, case, revision)
    told = told_by(connection, case)
    chosen = [document for document in told if document in set(documents)]
    if not chosen or len(chosen) < len(set(documents)):
        raise DecisionRefused("split_none", f"choose some of the items of {case}")
    if len(chosen) == len(told):
        raise DecisionRefused("split_all", f"one of the items must stay with {case}")
    new = _open(connection, case, chosen[0])
    _move(connection, chosen, new)
    act = Act(actor, now, "case_split", reason.strip())
    left = record(connection, case, "split", act, _detail(new, chosen))
    decision = record(connection, new, "split", act, _detail(case, chosen, twin=left.event))
    _pair(connection, left.event, decision.event)
    settle(connection, (case, new), now, dues)
    return decision


def unmerge(connection: sa.Connection, gone: Any, kept: Any) -> tuple[str, str]:
    """Give a merged Case back what it had, and copies of it that came since; return both Cases.

    `gone` and `kept` are the events of the merger on the Case that was merged and on the one that took it over.
    """
    _in_order(connection, gone.case, kept.case)
    row = hold_any(connection, gone.case)
    hold(connection, kept.case)
    if row.merged_into != kept.case or _overlapping(connection, kept):
        raise _overwritten(gone.case)
    _move(connection, _returning(connection, gone, kept), gone.case)
    connection.execute(cases.update().where(cases.c.id == gone.case).values(merged_into=None))
    return gone.case, kept.case


def unsplit(connection: sa.Connection, left: Any, new: Any) -> tuple[str, str]:
    """Give a Case back all that tells the one that was split off, which counts as merged into it then; return both.

    `left` and `new` are the events of the split on the Case that was split and on the new one.
    """
    _in_order(connection, left.case, new.case)
    hold(connection, left.case)
    hold(connection, new.case)
    later = sa.and_(_later_than(new), case_events.c.case == new.case, case_events.c.kind.in_(_SETTLED_THERE))
    if connection.execute(sa.select(case_events.c.id).where(later).limit(1)).first() is not None:
        raise _overwritten(new.case)
    _move(connection, told_by(connection, new.case), left.case)
    connection.execute(cases.update().where(cases.c.id == new.case).values(merged_into=left.case))
    return left.case, new.case


def _in_order(connection: sa.Connection, *ids: str) -> None:
    for case in sorted(ids):
        hold_any(connection, case)


def _open(connection: sa.Connection, case: str, document: str) -> str:
    held = set(connection.scalars(sa.select(cases.c.id).where(cases.c.id.in_(tuple(ids_of(document))))))
    for id_ in ids_of(document):
        if id_ not in held:
            first_seen = sa.select(documents.c.first_seen).where(documents.c.id == document).scalar_subquery()
            connection.execute(cases.insert().values(id=id_, state="new", opened=first_seen))
            return id_
    raise DecisionRefused("split_too_often", f"{case} was split at {document} more often than there are ids")


def _move(connection: sa.Connection, moved: Sequence[str], case: str) -> None:
    connection.execute(documents.update().where(documents.c.id.in_(moved)).values(case=case))


def _detail(other: str, moved: Sequence[str], before: Any = None, after: Any = None, **more: int) -> dict[str, Any]:
    return {"before": before or {}, "after": after or {}, "other": other, "documents": list(moved), **more}


def _pair(connection: sa.Connection, first: int, second: int) -> None:
    """Let the first event know the second, which was not there yet when it was written."""
    detail = connection.execute(sa.select(case_events.c.detail).where(case_events.c.id == first)).scalar_one()
    connection.execute(case_events.update().where(case_events.c.id == first).values(detail=detail | {"twin": second}))


def _later_than(event: Any) -> sa.ColumnElement[bool]:
    return sa.and_(case_events.c.id > event.id, case_events.c.undone.is_(None))


def _overlapping(connection: sa.Connection, kept: Any) -> bool:
    """Tell whether some of what a merger brought was split off again since."""
    splits = sa.and_(_later_than(kept), case_events.c.case == kept.case, case_events.c.kind == "split")
    brought = set(kept.detail["documents"])
    return any(
        brought & set(detail["documents"])
        for detail in connection.scalars(sa.select(case_events.c.detail).where(splits))
    )


def _returning(connection: sa.Connection, gone: Any, kept: Any) -> list[str]:
    """Return what a merger brought and is still there, with the same texts that came since."""
    rows = connection.execute(
        sa.select(documents.c.id, documents.c.group, documents.c.case).where(documents.c.case == kept.case)
    ).all()
    brought = set(gone.detail["documents"])
    back = [row for row in rows if row.id in brought]
    joined = set(
        connection.scalars(
            sa.select(case_events.c.document).where(
                case_events.c.case == kept.case, case_events.c.kind == "joined", case_events.c.id > kept.id
            )
        )
    )
    stays = {row.group for row in rows if row.id not in brought and row.id not in joined}
    groups = {row.group for row in back} - stays
    return [row.id for row in rows if row.id in brought or (row.id in joined and row.group in groups)]


def _overwritten(case: str) -> DecisionRefused:
    return DecisionRefused("overwritten", f"{case} was decided on since: take the later decisions back first")
