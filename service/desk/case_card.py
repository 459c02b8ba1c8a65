"""What the card of a Case shows: what is asked by whom of whom, who tells it and why, and its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from service import accounts
from service.database import case_reading
from service.database.cases import MACHINE
from service.desk.case_history import Line, Reason, lines, mentioned, told_reason
from service.desk.case_list import cover
from service.labels import BAGHDAD
from service.masking import mask_analysis, mask_text
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from service.database.case_reading import CaseEvent, CaseRow, Told
    from service.desk.case_list import Teller

_NAMES = 6
"""Most who are named as asking, or as asked; more is for the items themselves."""

_PLACES = 6


@dataclass(frozen=True, slots=True)
class Telling:
    """A Document that tells the Case, and why it belongs to it."""

    id: str
    title: str
    outlet: str
    seen: datetime
    stance: str
    same_text: bool
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the machine proposes, and the later item that it read it in."""

    state: str
    document: str
    title: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Card:
    """A Case, ready to be drawn.

    Attributes:
        case: as who looks may read it.
        clock: how long is left to answer, or how late it is; "" where nothing is due.
        late: whether somebody should have answered.
        due_field: the due time in Baghdad as a form's field has it, or "".
        asked_of: who is asked, by the words of the Documents.
        asked_by: who asks.
        places: smaller places with their kinds.
        told: the Documents, in the order in which they came.
        history: what happened, the newest first.
        since: the event that brought the state, or None where it is as it was opened.
        proposal: of the machine, or None.
        similar: Cases that it may be merged into.
        people: who may be assigned.
        referrals: to whom Cases were referred before.

    """

    case: CaseRow
    clock: str
    late: bool
    due_field: str
    asked_of: tuple[str, ...]
    asked_by: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    told: tuple[Telling, ...]
    history: tuple[Line, ...]
    since: CaseEvent | None
    proposal: Proposal | None
    similar: tuple[CaseRow, ...] = ()
    people: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()


def card(connection: sa.Connection, id: str, teller: Teller) -> Card | None:  # noqa: A002 - the column's name
    """Return the card of a Case, or None. What only decisions need is left out for who may take none."""
    case = case_reading.find(connection, id)
    if case is None:
        return None
    events = case_reading.events(connection, id)
    proposed = case.proposal or {}
    wanted = mentioned(events) | ({str(proposed["document"])} if proposed.get("document") else set())
    hidden: tuple[str, ...] = ()
    if not teller.viewer.edits:
        hidden = tuple(case_reading.private(connection, [id]).get(id, set()) | case_reading.named(connection, wanted))
    told = _covered(case_reading.told(connection, id), hidden, teller)
    events = _covered_events(events, hidden, teller)
    titles = {one.id: one.title or one.opening for one in told}
    others = case_reading.titles(connection, wanted - titles.keys())
    titles |= others if teller.viewer.edits else {other: mask_text(title, hidden) for other, title in others.items()}
    shown = case if teller.viewer.edits else cover(case, hidden)
    drawn = Card(
        case=shown,
        clock=teller.clock(case),
        late=case.late(teller.now),
        due_field=case.due.astimezone(BAGHDAD).strftime("%Y-%m-%dT%H:%M") if case.due else "",
        asked_of=_named(told, "addressees"),
        asked_by=_named(told, "appellants"),
        places=_places(told, case.governorates),
        told=_tellings(told, events, titles, teller),
        history=lines(events, titles, teller.words),
        since=_since(events, case.state),
        proposal=_proposal(proposed, titles, hidden, teller),
    )
    return _with_choices(connection, drawn) if teller.viewer.edits else drawn


def _with_choices(connection: sa.Connection, drawn: Card) -> Card:
    return replace(
        drawn,
        similar=tuple(case_reading.similar(connection, drawn.case.id)),
        people=editors(connection),
        referrals=tuple(case_reading.referrals(connection)),
    )


def editors(connection: sa.Connection) -> tuple[str, ...]:
    """Return the names of the users who may be assigned."""
    users = accounts.every_user(connection)
    return tuple(user.name for user in users if user.role.may(Role.EDITOR) and not user.disabled)


def _covered(told: Sequence[Told], hidden: tuple[str, ...], teller: Teller) -> list[Told]:
    if teller.viewer.edits:
        return list(told)
    return [
        replace(
            one,
            title=mask_text(one.title, hidden),
            opening=mask_text(one.opening, hidden),
            analysis=mask_analysis(one.analysis, hidden),
        )
        for one in told
    ]


def _covered_events(events: Sequence[CaseEvent], hidden: tuple[str, ...], teller: Teller) -> list[CaseEvent]:
    """Return the events with masked notes and quotations; why the machine joined is told by ids, which are no text."""
    if teller.viewer.edits:
        return list(events)
    return [
        event
        if event.actor == MACHINE and event.kind != "proposed"
        else replace(event, reason=mask_text(event.reason, hidden))
        for event in events
    ]


def _named(told: Iterable[Told], kind: str) -> tuple[str, ...]:
    named = (span["text"] for one in told for appeal in one.analysis.get("appeals", ()) for span in appeal[kind])
    return tuple(dict.fromkeys(named))[:_NAMES]


def _places(told: Iterable[Told], governorates: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = (
        (place["name"] or place["text"], place["kind"])
        for one in told
        for place in one.analysis.get("places", ())
        if place["kind"] != "governorate" and (not governorates or place["governorate"] in governorates)
    )
    return tuple(dict.fromkeys(found))[:_PLACES]


def _tellings(
    told: Sequence[Told], events: Sequence[CaseEvent], titles: Mapping[str, str], teller: Teller
) -> tuple[Telling, ...]:
    reasons: dict[str, str] = {}
    for event in events:  # the newest first
        if event.document and event.kind in {"opened", "joined"} and event.actor == MACHINE:
            reasons.setdefault(event.document, event.reason)
    groups: set[str] = set()
    found = []
    for one in told:
        found.append(
            Telling(
                id=one.id,
                title=one.title.strip() or one.opening.strip(),
                outlet=teller.outlets.get(one.outlet, one.outlet),
                seen=one.published or one.fetched,
                stance=one.stance,
                same_text=one.group in groups,
                reason=told_reason(reasons[one.id], titles, teller.words) if reasons.get(one.id) else None,
            )
        )
        groups.add(one.group)
    return tuple(found)


def _since(events: Sequence[CaseEvent], state: str) -> CaseEvent | None:
    for event in events:
        after = (event.detail or {}).get("after") or {}
        if event.undone is None and after.get("state") == state:
            return event
    return None


def _proposal(
    proposed: Mapping[str, Any], titles: Mapping[str, str], hidden: tuple[str, ...], teller: Teller
) -> Proposal | None:
    if not proposed.get("state"):
        return None
    document, reason = str(proposed.get("document") or ""), str(proposed.get("reason") or "")
    if not teller.viewer.edits:
        reason = mask_text(reason, hidden)
    told = told_reason(reason, titles, teller.words) if reason else None
    return Proposal(str(proposed["state"]), document, titles.get(document, ""), told)
