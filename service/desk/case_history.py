"""Tells the history of a Case in words: who did what when, and why the machine joined what it joined."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from service.database.cases import MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.database.case_reading import CaseEvent
    from service.labels import Labels

UNDOABLE = frozenset({"state", "assigned", "due", "note", "merged", "split", "dismissed"})
"""Kinds of decisions that can be taken back."""

_SAME_TEXT = re.compile(r"the same text as (?P<id>[^\s:]+) \(likeness (?P<likeness>[\d.]+)\)")
_SAME_NEED = re.compile(
    r"the same need as (?P<id>[^\s:]+): (?P<shared>.*) \(likeness (?P<likeness>[\d.]+)\)", re.DOTALL
)
_ASKS_NOTHING = re.compile(r"version (?P<version>\d+) asks for nothing")
_CORRECTED = re.compile(r"(?P<what>corrected|withdrawn): (?P<field>\w+)")
_FIXED = re.compile(r"fixed: (?P<words>.*) \(likeness (?P<likeness>[\d.]+)\)", re.DOTALL)
_PLAIN = {
    "the first to tell it": "joined_first",
    "edited into an appeal": "joined_edited",
    "asked_again": "proposed_asked_again",
}
_SHARED = re.compile(r", (?=(?:place|facility|need|wording):|names(?:,|$))")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a Document belongs to a Case.

    Attributes:
        text: the reason in words, before what it names.
        document: id of the Document that it is likened to, or "".
        title: of that Document; its id where it is not known.
        shared: what both have in common, in words.
        likeness: as a percentage, or "".

    """

    text: str
    document: str = ""
    title: str = ""
    shared: tuple[str, ...] = ()
    likeness: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An event in words; `actor` is "" for the machine, `words` what a person wrote or why the machine did it."""

    id: int
    at: datetime
    actor: str
    kind: str
    text: str
    written: str
    reason: Reason | None
    document: str
    title: str
    case: str
    undone: datetime | None
    undoable: bool


def lines(events: Sequence[CaseEvent], titles: Mapping[str, str], words: Labels) -> tuple[Line, ...]:
    """Return the history in words, in the order given; `titles` are those of Documents by id."""
    return tuple(_line(event, titles, words) for event in events)


def mentioned(events: Iterable[CaseEvent]) -> set[str]:
    """Return the ids of the Documents that a history names."""
    found: set[str] = set()
    for event in events:
        found.update([event.document] if event.document else [])
        likened = _SAME_TEXT.search(event.reason) or _SAME_NEED.search(event.reason)
        if event.actor == MACHINE and likened:
            found.add(likened["id"])
    return found


def told_reason(reason: str, titles: Mapping[str, str], words: Labels) -> Reason:
    """Return a reason of the machine in words; one that is not known stays as it is."""
    if reason in _PLAIN:
        return Reason(words.text(_PLAIN[reason]))
    if found := _SAME_TEXT.fullmatch(reason):
        return _likened(found, "joined_same_text", (), titles, words)
    if found := _SAME_NEED.fullmatch(reason):
        shared = tuple(_shared(part, words) for part in _SHARED.split(found["shared"]))
        return _likened(found, "joined_same_need", shared, titles, words)
    return _quoted(reason, words)


def _quoted(reason: str, words: Labels) -> Reason:
    if found := _FIXED.fullmatch(reason):
        likeness = _percent(found["likeness"], words)
        return Reason(words.text("proposed_fixed", words=found["words"]), likeness=likeness)
    if found := _ASKS_NOTHING.fullmatch(reason):
        return Reason(words.text("left_asks_nothing", version=words.number(int(found["version"]))))
    if found := _CORRECTED.fullmatch(reason):
        return Reason(words.text(f"moved_{found['what']}", field=words.name("corrected", found["field"])))
    return Reason(reason)


def _likened(
    found: re.Match[str], key: str, shared: tuple[str, ...], titles: Mapping[str, str], words: Labels
) -> Reason:
    document = found["id"]
    return Reason(
        text=words.text(key),
        document=document,
        title=titles.get(document, "") or document[:12],
        shared=shared,
        likeness=_percent(found["likeness"], words),
    )


def _shared(part: str, words: Labels) -> str:
    kind, _, value = part.partition(":")
    if kind == "need":
        return words.text("shared_need", name=words.name("need", value))
    if kind == "wording":
        return words.text("shared_wording", percent=_percent(value, words))
    if kind in {"place", "facility"}:
        return words.text(f"shared_{kind}", name=value)
    return words.text("shared_names") if part == "names" else part


def _percent(share: str, words: Labels) -> str:
    try:
        return words.written(f"{round(float(share) * 100)}%")
    except ValueError:
        return share


def _line(event: CaseEvent, titles: Mapping[str, str], words: Labels) -> Line:
    by_machine = event.actor == MACHINE
    followed = by_machine or _CORRECTED.fullmatch(event.reason) is not None  # nobody wrote the reason
    text, case = _told(event, words)
    return Line(
        id=event.id,
        at=event.at,
        actor="" if by_machine else event.actor,
        kind=event.kind,
        text=text,
        written="" if followed else event.reason,
        reason=told_reason(event.reason, titles, words) if followed and event.reason else None,
        document=event.document or "",
        title=titles.get(event.document or "", ""),
        case=case,
        undone=event.undone,
        undoable=event.kind in UNDOABLE and not by_machine and event.undone is None and bool(event.detail),
    )


def _told(event: CaseEvent, words: Labels) -> tuple[str, str]:
    """Return what happened, and the other Case that it is about, or ""."""
    detail: Mapping[str, Any] = event.detail or {}
    before, after = detail.get("before") or {}, detail.get("after") or {}
    if event.kind == "state":
        return _changed_state(before, after, words), ""
    if event.kind == "assigned":
        to = str(after.get("assignee") or "")
        return (words.text("event_assigned", name=to) if to else words.text("event_unassigned")), ""
    if event.kind == "due":
        due = _moment(after.get("due"))
        return (words.text("event_due", when=words.exact(due)) if due else words.text("event_due_none")), ""
    key = f"event_{event.kind}"
    text = words.text(key) if key in words.texts else event.kind
    if event.kind == "proposed" and (proposal := after.get("proposal")):
        text = words.text("event_proposed_state", state=words.name("case_state", str(proposal.get("state", ""))))
    undone = f"event_{detail.get('kind')}_noun"
    if event.kind == "undone" and undone in words.texts:
        text = f"{text}: {words.text(undone)}"
    return text, str(detail.get("other") or "")


def _changed_state(before: Mapping[str, Any], after: Mapping[str, Any], words: Labels) -> str:
    names = [words.name("case_state", str(values.get("state", ""))) for values in (before, after)]
    told = words.text("event_state", before=names[0], after=names[1])
    to = str(after.get("referred_to") or "")
    return f"{told}: {to}" if to and after.get("state") == "referred" else told


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
