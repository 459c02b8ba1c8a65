"""Proposing: what comes in later may say that a Case is resolved, or that people ask again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nlp import ALERTABLE, CaseFacts, case_facts, may_meet, reports_fix
from service.database import proposals
from service.database.cases import OPEN_STATES
from service.database.tables import case_events, case_labels, cases, documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from nlp import Analysis, Fix, Likeness
    from service.database.articles import Spooled

WINDOW = timedelta(days=30)
"""How long after it was last asked for a need is looked for among those that an item says were met."""

ASKED_AGAIN = "asked_again"
"""Reason of a proposal: somebody asks again after it was answered."""

_MOST_COMPARED = 3_000
"""Documents of Cases that an item is compared with, the newest; see `joining`."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    case: str
    facts: CaseFacts
    days: float


def propose_resolved(
    connection: sa.Connection,
    article: Spooled,
    analysis: Analysis,
    *,
    alike: Callable[[CaseFacts, CaseFacts, float], Likeness | None],
    now: datetime,
) -> str | None:
    """Propose "resolved" for the Case whose need an item says was met; return that Case, or None.

    The item asks for nothing itself. It must tell of the same place, down to the village or quarter or facility where
    the Case names one, and be no older than what was last asked. The caller has serialised the joining.
    """
    if analysis.stance in ALERTABLE:
        return None
    fix = reports_fix(article.text)
    if fix is None:
        return None
    facts = replace(case_facts(analysis, article.text), needs=fix.needs)
    best: tuple[float, str] | None = None
    for candidate in _candidates(connection, fix, facts, article.when):
        likeness = alike(facts, candidate.facts, candidate.days) if may_meet(fix, facts, candidate.facts) else None
        if likeness is not None and (best is None or likeness.score > best[0]):
            best = likeness.score, candidate.case
    if best is None:
        return None
    reason = f"fixed: {_quoted(fix)} (likeness {best[0]:.2f})"
    made = proposals.propose(connection, best[1], "resolved", document=article.document, reason=reason, now=now)
    return best[1] if made else None


def propose_again(connection: sa.Connection, article: Spooled, case: str, now: datetime) -> bool:
    """Propose "new" for an answered Case that a later Document joined, and say whether it was done."""
    state = connection.execute(sa.select(cases.c.state).where(cases.c.id == case)).scalar_one()
    if not proposals.fits("new", state) or article.when <= _since(connection, case):
        return False
    return proposals.propose(connection, case, "new", document=article.document, reason=ASKED_AGAIN, now=now)


def _since(connection: sa.Connection, case: str) -> datetime:
    """Return when a Case got its state: by the last decision that stands, or when it was opened."""
    decided = (
        sa.select(case_events.c.at)
        .where(case_events.c.case == case, case_events.c.kind == "state", case_events.c.undone.is_(None))
        .order_by(case_events.c.id.desc())
        .limit(1)
    )
    at: datetime = (
        connection.scalar(decided)
        or connection.execute(sa.select(cases.c.opened).where(cases.c.id == case)).scalar_one()
    )
    return at


def _candidates(connection: sa.Connection, fix: Fix, facts: CaseFacts, when: datetime) -> Iterable[_Candidate]:
    """Yield what tells the Cases that wait for one of these needs in the same governorate, the newest first."""
    rows = connection.execute(
        sa.select(documents.c.case, documents.c.facts, cases.c.last_seen)
        .join(cases, cases.c.id == documents.c.case)
        .where(cases.c.state.in_((*OPEN_STATES, "answered")), cases.c.merged_into.is_(None))
        .where(cases.c.last_seen >= when - WINDOW, cases.c.last_seen <= when)
        .where(documents.c.stance.in_(ALERTABLE))
        .where(_labelled("need", fix.needs), _labelled("governorate", facts.governorates))
        .order_by(documents.c.first_seen.desc(), documents.c.id)
        .limit(_MOST_COMPARED)
    )
    for row in rows:
        if row.facts:
            days = (when - row.last_seen) / timedelta(days=1)
            yield _Candidate(row.case, CaseFacts.from_dict(row.facts), days)


def _labelled(kind: str, values: Iterable[str]) -> sa.ColumnElement[bool]:
    of_kind = sa.and_(case_labels.c.kind == kind, case_labels.c.value.in_(sorted(values)))
    return documents.c.case.in_(sa.select(case_labels.c.case).where(of_kind))


def _quoted(fix: Fix) -> str:
    """Return the words that tell the first thing that was met, and nothing that may stand between them."""
    first, *rest = fix.evidence[:2]
    if not rest:
        return first.text
    return f"{first.text}{' ' if first.end + 1 == rest[0].start else ' … '}{rest[0].text}"
