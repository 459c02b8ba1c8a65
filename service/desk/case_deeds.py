"""Decisions on Cases as the forms of the desk send them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from service import triage
from service.desk.display import clean
from service.errors import DecisionRefused
from service.labels import BAGHDAD

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.desk.parts import Desk
    from service.labels import Labels
    from service.triage import Decision

_LONGEST = 4_000
"""Characters of the longest note."""

_REVISION = re.compile(r"[0-9]{1,9}")


def _plain(given: object) -> object:
    return clean(given).strip()[:_LONGEST] if isinstance(given, str) else given


Text = Annotated[str, BeforeValidator(_plain)]


class Sent(BaseModel):
    """What a form of the card sends; each decision reads what it needs.

    `back` is the path of the page that it was sent from, `view` "card", or "strip" in the pane of an item.
    """

    model_config = ConfigDict(frozen=True)

    revision: Text = ""
    back: Text = "/"
    view: Text = "card"
    state: Text = ""
    referred_to: Text = ""
    reason: Text = ""
    assignee: Text = ""
    due: Text = ""
    clear: Text = ""
    text: Text = ""
    into: Text = ""
    into_id: Text = ""
    document: list[Text] = []

    @property
    def seen(self) -> int:
        """The revision that the form carries; what is none was never seen by anybody, and conflicts."""
        return (
            int(self.revision)
            if self.revision.isascii() and self.revision.isdecimal() and len(self.revision) < 10
            else 0
        )


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants done to a Case.

    Attributes:
        case: id of the Case.
        wanted: the wish in words, told where it could not be done.
        done: what is told once it was done.
        sent: the form.
        take: takes the decision in a transaction, for an actor, at a time.
        written: what was typed, so that it is not lost.
        follows: whether the Case is shown afterwards on which the decision stands, where that is another.

    """

    case: str
    wanted: str
    done: str
    sent: Sent
    take: Callable[[sa.Connection, str, datetime], Decision]
    written: str = ""
    follows: bool = False


def _state(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:
    name = words.name("case_state", sent.state)

    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.set_state(
            connection,
            case,
            sent.state,
            actor=actor,
            revision=sent.seen,
            now=now,
            dues=desk.dues,
            referred_to=sent.referred_to,
            reason=sent.reason,
        )

    written = "\n".join(part for part in (sent.referred_to, sent.reason) if part)
    wanted, done = words.text("want_state", state=name), words.text("done_state", state=name)
    return Deed(case, wanted, done, sent, take, written=written)


def _assign(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:  # noqa: ARG001 - as the others
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.assign(connection, case, sent.assignee, actor=actor, revision=sent.seen, now=now)

    to = sent.assignee
    if not to:
        return Deed(case, words.text("want_unassign"), words.text("done_unassigned"), sent, take)
    return Deed(case, words.text("want_assign", name=to), words.text("done_assign", name=to), sent, take)


def _due(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        due = None if sent.clear else _baghdad(sent.due)
        return triage.set_due(connection, case, due, actor=actor, revision=sent.seen, now=now, dues=desk.dues)

    wanted = words.text("due_clear") if sent.clear else words.text("want_due", when=sent.due.replace("T", " "))
    return Deed(case, wanted, words.text("done_due"), sent, take)


def _note(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:  # noqa: ARG001 - as the others
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.add_note(connection, case, sent.text, actor=actor, now=now)

    return Deed(case, words.text("want_note"), words.text("done_note"), sent, take, written=sent.text)


def _merge(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:
    into = sent.into_id or sent.into

    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.merge(
            connection, case, into, actor=actor, revision=sent.seen, now=now, dues=desk.dues, reason=sent.reason
        )

    wanted = words.text("want_merge", case=into)
    return Deed(case, wanted, words.text("done_merge"), sent, take, written=sent.reason, follows=True)


def _split(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.split(
            connection,
            case,
            sent.document,
            actor=actor,
            revision=sent.seen,
            now=now,
            dues=desk.dues,
            reason=sent.reason,
        )

    return Deed(case, words.text("want_split"), words.text("done_split"), sent, take, written=sent.reason)


def _accept(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.accept(connection, case, actor=actor, revision=sent.seen, now=now, dues=desk.dues)

    return Deed(case, words.text("want_accept"), words.text("done_accept"), sent, take)


def _dismiss(desk: Desk, words: Labels, case: str, sent: Sent) -> Deed:  # noqa: ARG001 - as the others
    def take(connection: sa.Connection, actor: str, now: datetime) -> Decision:
        return triage.dismiss(connection, case, actor=actor, revision=sent.seen, now=now)

    return Deed(case, words.text("want_dismiss"), words.text("done_dismiss"), sent, take)


DEEDS: Mapping[str, Callable[[Desk, Labels, str, Sent], Deed]] = {
    "state": _state,
    "assign": _assign,
    "due": _due,
    "note": _note,
    "merge": _merge,
    "split": _split,
    "accept": _accept,
    "dismiss": _dismiss,
}
"""Every decision by the last part of its URL."""


def undoing(desk: Desk, words: Labels, case: str, event: int, sent: Sent) -> Deed:
    """Return the wish to take a decision back."""
    take = partial(_undo, event, desk)
    return Deed(case, words.text("want_undo"), words.text("done_undo"), sent, take, follows=True)


def _undo(event: int, desk: Desk, connection: sa.Connection, actor: str, now: datetime) -> Decision:
    return triage.undo(connection, event, actor=actor, now=now, dues=desk.dues)


def _baghdad(given: str) -> datetime:
    """Return the instant of a form's date and time in Baghdad. Raises DecisionRefused."""
    try:
        moment: datetime | None = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or not 2000 <= moment.year < 9000:
        raise DecisionRefused("unreadable_due", f"no date and time: {given[:40]!r}")
    return moment.replace(tzinfo=BAGHDAD).astimezone(UTC)
