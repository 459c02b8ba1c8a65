"""Messages as people look after them: what was sent, what waits, what is dead and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.tables import outbox, recipients, subscriptions, told, users

if TYPE_CHECKING:
    from datetime import datetime

STATES = ("pending", "sending", "sent", "dead")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message without what it says.

    `subscription` is None where it is gone, `owner` where it is of the setting `alert_to`; `detail` is what was
    answered last.
    """

    id: int
    created: datetime
    recipient: str
    channel: str
    subject: str
    state: str
    attempts: int
    due: datetime
    sent: datetime | None
    detail: str
    subscription: int | None
    name: str
    owner: int | None
    owner_name: str


def listed(
    connection: sa.Connection,
    *,
    owner: int | None = None,
    states: tuple[str, ...] = (),
    before: int | None = None,
    size: int = 50,
) -> tuple[list[Letter], int | None]:
    """Return a page of messages, the latest first, and the number before which the next one begins; None at the end.

    `owner` is the user whose subscriptions' messages are meant; None for all.
    """
    wanted = _LETTERS.order_by(outbox.c.id.desc()).limit(size + 1)
    if owner is not None:
        wanted = wanted.where(subscriptions.c.owner == owner)
    if states:
        wanted = wanted.where(outbox.c.state.in_(states))
    if before is not None:
        wanted = wanted.where(outbox.c.id < before)
    found = [_letter(row) for row in connection.execute(wanted)]
    return found[:size], found[size - 1].id if len(found) > size else None


def find(connection: sa.Connection, number: int, *, owner: int | None = None) -> Letter | None:
    """Return a message, of a user's subscriptions where an owner is given; or None."""
    wanted = _LETTERS.where(outbox.c.id == number)
    row = connection.execute(wanted if owner is None else wanted.where(subscriptions.c.owner == owner)).first()
    return None if row is None else _letter(row)


def retry(connection: sa.Connection, number: int, now: datetime) -> bool:
    """Let a dead letter be sent once more, as if for the first time, and say whether it is.

    One whose recipient has unsubscribed, or was taken out, stays dead.
    """
    still_in = sa.exists().where(recipients.c.id == outbox.c.target, recipients.c.left.is_(None))
    done = connection.execute(
        outbox.update()
        .where(outbox.c.id == number, outbox.c.state == "dead", sa.or_(outbox.c.target.is_(None), still_in))
        .values(state="pending", due=now, attempts=0)
    )
    return done.rowcount > 0


def dead(connection: sa.Connection) -> list[int]:
    """Return the numbers of all dead letters, the oldest first."""
    return list(connection.scalars(sa.select(outbox.c.id).where(outbox.c.state == "dead").order_by(outbox.c.id)))


def drop(connection: sa.Connection, number: int) -> bool:
    """Forget a message that waits or is dead, and say whether it did; what it tells counts as never told."""
    wanted = sa.and_(outbox.c.id == number, outbox.c.state.in_(("pending", "dead")))
    if connection.execute(sa.select(outbox.c.id).where(wanted).with_for_update()).first() is None:
        return False
    connection.execute(told.delete().where(told.c.message == number))
    connection.execute(outbox.delete().where(wanted))
    return True


def _letter(row: Any) -> Letter:
    return Letter(*tuple(row))


_LETTERS = (
    sa.select(
        outbox.c.id,
        outbox.c.created,
        outbox.c.recipient,
        outbox.c.channel,
        outbox.c.subject,
        outbox.c.state,
        outbox.c.attempts,
        outbox.c.due,
        outbox.c.sent,
        outbox.c.detail,
        subscriptions.c.id.label("subscription"),
        sa.func.coalesce(subscriptions.c.name, ""),
        subscriptions.c.owner,
        sa.func.coalesce(users.c.name, ""),
    )
    .join_from(outbox, subscriptions, subscriptions.c.id == outbox.c.subscription, isouter=True)
    .join(users, users.c.id == subscriptions.c.owner, isouter=True)
)
