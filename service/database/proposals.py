"""Proposals: what the machine would have people decide on a Case, kept beside it until they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.cases import MACHINE, OPEN_STATES
from service.database.tables import case_events, cases, documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

_MADE_IN: Mapping[str, tuple[str, ...]] = {"resolved": (*OPEN_STATES, "answered"), "new": ("answered", "resolved")}
"""States of a Case for which a state may be proposed."""


def fits(proposed: str, state: str) -> bool:
    """Tell whether a state may be proposed for a Case whose state is `state`."""
    return state in _MADE_IN.get(proposed, ())


def still(proposal: Mapping[str, Any] | None, state: str) -> Mapping[str, Any] | None:
    """Return what is still to be proposed of a Case that has this state now."""
    return proposal if proposal and fits(str(proposal.get("state")), state) else None


def propose(connection: sa.Connection, case: str, state: str, *, document: str, reason: str, now: datetime) -> bool:
    """Propose a state for a Case because of a Document, and say whether it was done.

    It is not where the Case's state is beyond it, where something is proposed already, and where the same text
    proposed it before. The Case's revision grows, so that nobody accepts what they did not see.
    """
    held = connection.execute(
        sa.select(cases.c.state, cases.c.proposal, cases.c.merged_into).where(cases.c.id == case)
    ).one()
    if held.merged_into is not None or held.proposal or not fits(state, held.state):
        return False
    if _proposed_before(connection, case, state, document):
        return False
    proposal = {"state": state, "document": document, "reason": reason}
    connection.execute(
        cases.update().where(cases.c.id == case).values(proposal=proposal, revision=cases.c.revision + 1)
    )
    connection.execute(
        case_events.insert().values(
            case=case,
            at=now,
            actor=MACHINE,
            kind="proposed",
            document=document,
            reason=reason,
            detail={"before": {"proposal": None}, "after": {"proposal": proposal}},
        )
    )
    return True


def _proposed_before(connection: sa.Connection, case: str, state: str, document: str) -> bool:
    group = sa.select(documents.c.group).where(documents.c.id == document)
    copies = sa.select(documents.c.id).where(documents.c.group.in_(group))
    made = connection.scalars(
        sa.select(case_events.c.detail)
        .where(case_events.c.case == case, case_events.c.kind == "proposed")
        .where(sa.or_(case_events.c.document == document, case_events.c.document.in_(copies)))
    )
    return any(detail and detail["after"]["proposal"]["state"] == state for detail in made)
