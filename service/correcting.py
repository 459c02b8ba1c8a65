"""Correcting: a person says what is right of a Document, and the Document, its Case and the index follow.

A correction's value by its field: `stance` one of the five stances; `urgency` one of the three; `governorate` the ISO
3166-2 codes of the primary ones, none for a national or foreign item; `need` the needs, at least one; `facility` all
that are right, as {"text", "start", "end", "type"} with offsets into the text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

import sqlalchemy as sa

from nlp import ALERTABLE, CaseFacts, Stance, Urgency, case_facts
from nlp.facilities import TYPES
from nlp.gazetteer import GOVERNORATES
from nlp.needs import NEEDS
from service import accounts
from service.database import cases, changes, corrections, documents
from service.database.engine import serialise
from service.database.tables import case_events
from service.database.tables import cases as cases_table
from service.errors import DecisionRefused
from service.overlay import model_said, occurrences, read_analysis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from service.database.cases import Dues
    from service.database.documents import Record

STANCES: tuple[str, ...] = get_args(Stance)
URGENCIES: tuple[str, ...] = get_args(Urgency)

_MOST_FACILITIES = 200
"""Facilities that one correction may name; more stand in no text, and a longer list is a mistake."""


@dataclass(frozen=True, slots=True)
class _Act:
    """Who corrects, when, why as a Case's history tells it, and how soon Cases are due."""

    actor: str
    now: datetime
    dues: Dues
    reason: str


def correct(
    connection: sa.Connection,
    document: str,
    field: str,
    value: object,
    *,
    actor: str,
    now: datetime,
    dues: Dues,
) -> int:
    """Put a correction in force, with all that follows from it, and return its number.

    Raises DecisionRefused for a value that the vocabularies do not know, a field of Appeals where nobody asks, words
    that are not in the text, and a value that is in force already.
    """
    serialise(connection, "changes")
    record = _record(connection, document)
    version, analysis = documents.model_analysis(connection, document)
    checked = check(record, field, value)
    if checked == _in_order(model_said(record.analysis, field)):
        raise DecisionRefused("unchanged", f"{field} of {document} is {checked!r} already")
    number = corrections.put(
        connection,
        document=document,
        version=version,
        field=field,
        value=checked,
        before=model_said(analysis, field),
        actor=actor,
        at=now,
    )
    _settle(connection, document, _Act(actor, now, dues, f"corrected: {field}"))
    accounts.note(
        connection, actor, "corrected", f"document:{document}", now, correction=number, field=field, value=checked
    )
    return number


def withdraw(connection: sa.Connection, correction: int, *, actor: str, now: datetime, dues: Dues) -> None:
    """Take a correction back: the one before it of the same field, or else what the model says, is in force again.

    One that was taken back before stays so. Raises DecisionRefused where there is none of this number.
    """
    serialise(connection, "changes")
    held = corrections.find(connection, correction)
    if held is None:
        raise DecisionRefused("no_correction", f"there is no correction {correction}")
    if held.withdrawn is not None:
        return
    corrections.take_back(connection, correction, actor, now)
    _settle(connection, held.document, _Act(actor, now, dues, f"withdrawn: {held.field}"))
    accounts.note(
        connection,
        actor,
        "correction_withdrawn",
        f"document:{held.document}",
        now,
        correction=correction,
        field=held.field,
    )


def check(record: Record, field: str, value: object) -> Any:
    """Return a correction's value as it is kept. Raises DecisionRefused for one that cannot be right."""
    if field not in _CHECKS:
        raise DecisionRefused("unknown_field", f"{field!r} cannot be corrected: {', '.join(corrections.FIELDS)} can")
    if field in {"urgency", "need"} and not record.analysis["appeals"]:
        raise DecisionRefused("nobody_asks", f"{field} is of appeals and complaints; correct the stance first")
    return _CHECKS[field](record, value)


def with_words(
    facilities: Sequence[Mapping[str, Any]],
    text: str,
    words: str,
    type: str,  # noqa: A002 - the label's name
) -> list[dict[str, Any]]:
    """Return facilities with one more, at every place where its words stand in the text.

    Where two would share words the longer name stays. Raises DecisionRefused for words that are not in the text.
    """
    wanted = " ".join(words.split())
    found = occurrences(text, wanted)
    if not found:
        raise DecisionRefused("words_not_found", f"{wanted!r} is not in the text as it is written")
    added = [{"text": text[start:end], "start": start, "end": end, "type": type} for start, end in found]
    kept: list[dict[str, Any]] = []
    for one in sorted([*map(dict, facilities), *added], key=lambda one: int(one["start"]) - int(one["end"])):
        if all(one["end"] <= other["start"] or other["end"] <= one["start"] for other in kept):
            kept.append(one)
    return sorted(kept, key=_where)


def _one_of(known: Sequence[str], field: str) -> Callable[[Record, object], Any]:
    def checked(_record: Record, value: object) -> Any:
        if not isinstance(value, str) or value not in known:
            raise DecisionRefused(f"bad_{field}", f"{value!r} is no {field}: {', '.join(known)}")
        return value

    return checked


def _some_of(known: Sequence[str], field: str, *, least: int) -> Callable[[Record, object], Any]:
    def checked(_record: Record, value: object) -> Any:
        given = list(value) if isinstance(value, list | tuple) else [value]
        if unknown := [one for one in given if one not in known]:
            raise DecisionRefused(f"bad_{field}", f"{unknown[0]!r} is no {field}: {', '.join(known)}")
        if len(given) < least:
            raise DecisionRefused(f"no_{field}", f"at least one {field} must be given")
        return [one for one in known if one in given]

    return checked


def _facilities(record: Record, value: object) -> Any:
    if not isinstance(value, list | tuple) or len(value) > _MOST_FACILITIES:
        raise DecisionRefused("bad_facility", f"a list of at most {_MOST_FACILITIES} facilities was expected")
    kept = [_facility(record.text, one) for one in value]
    if len({(one["start"], one["end"]) for one in kept}) < len(kept):
        raise DecisionRefused("facility_twice", "two facilities have the same words")
    return sorted(kept, key=_where)


def _where(facility: Mapping[str, Any]) -> tuple[int, int]:
    return facility["start"], facility["end"]


def _facility(text: str, given: object) -> dict[str, Any]:
    match given:
        case {"text": str(words), "start": int(start), "end": int(end), "type": str(kind)}:
            if kind not in TYPES:
                raise DecisionRefused("bad_facility", f"{kind!r} is no type: {', '.join(sorted(TYPES))}")
            if not 0 <= start < end or text[start:end] != words:
                raise DecisionRefused("words_not_found", f"{words!r} does not stand at {start} of the text")
            return {"text": words, "start": start, "end": end, "type": kind}
        case _:
            raise DecisionRefused("bad_facility", f"text, start, end and type were expected, not {given!r}")


def _in_order(value: Any) -> Any:
    """Return a list of labels in the order in which `check` gives it, so that the two can be compared."""
    if not isinstance(value, list):
        return value
    if all(isinstance(one, str) for one in value):
        return [one for one in (*NEEDS, *sorted(GOVERNORATES)) if one in value]
    return sorted(value, key=_where)


_CHECKS: Mapping[str, Callable[[Record, object], Any]] = {
    "stance": _one_of(STANCES, "stance"),
    "urgency": _one_of(URGENCIES, "urgency"),
    "governorate": _some_of(sorted(GOVERNORATES), "governorate", least=0),
    "need": _some_of(NEEDS, "need", least=1),
    "facility": _facilities,
}


def _record(connection: sa.Connection, document: str) -> Record:
    for record in documents.records(connection, [document]):
        return record
    raise DecisionRefused("no_document", f"there is no analysed document {document}")


def _settle(connection: sa.Connection, document: str, act: _Act) -> None:
    """Let the Document's state, its Case and the index follow what is in force now."""
    record = _record(connection, document)
    stance = record.analysis["stance"]
    stored = documents.stored_facts(connection, document)
    facts, case = stored, None
    if stance in ALERTABLE:
        facts = _facts(record, stored)
        case = record.case or _join(connection, record, act)
    elif record.case is not None:
        _note(connection, record.case, "left", document, act)
    documents.restate(connection, document, stance=stance, case=case, facts=facts)
    for touched in {case, record.case} - {None}:
        cases.refresh(connection, str(touched), act.dues)
    changes.announce(connection, [document], act.now)


def _facts(record: Record, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is compared of a Document; the model's embedding is no part of a stored Analysis, so it is kept."""
    found = case_facts(read_analysis(record.analysis), record.text)
    embedding = CaseFacts.from_dict(stored or {}).embedding
    return replace(found, embedding=embedding).to_dict()


def _join(connection: sa.Connection, record: Record, act: _Act) -> str:
    """Return the Case of a Document that became an appeal: the one that it left, its group's, or one of its own."""
    case = cases.left_by(connection, record.id) or cases.of_group(connection, record.group)
    if case is None:
        case = cases.open_case(connection, record.id, act.now, act.reason)
        if connection.scalar(sa.select(cases_table.c.opened).where(cases_table.c.id == case)) == act.now:
            return case
    _note(connection, case, "joined", record.id, act)
    return case


def _note(connection: sa.Connection, case: str, kind: str, document: str, act: _Act) -> None:
    """Add to a Case's history that a person's correction moved a Document."""
    connection.execute(
        case_events.insert().values(
            case=case, at=act.now, actor=act.actor, kind=kind, document=document, reason=act.reason
        )
    )
