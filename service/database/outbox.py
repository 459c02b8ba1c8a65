"""The outbox: messages that are owed, claimed by a mailer, sent or dead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.tables import outbox, recipients, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

CLAIM = timedelta(minutes=5)
"""Longest time that one delivery may take; a mailer that needs longer is taken for dead and the mail is sent again."""

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=4)
LEFT = "the recipient has unsubscribed"
"""Why a mail is a dead letter that nobody refused."""

GIVEN_UP = 30
"""Attempts after which a mail that was only ever delayed becomes a dead letter: about four days."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A claimed message: `message` is the whole of it, as it is sent; a webhook's is signed with `secret`."""

    id: int
    recipient: str
    message: bytes
    attempts: int
    channel: str = "mail"
    subject: str = ""
    secret: str = ""
    subscription: int | None = None


def post(
    connection: sa.Connection,
    *,
    message_id: str,
    recipient: str,
    channel: str,
    subject: str,
    message: bytes,
    subscription: int | None,
    target: int | None,
    now: datetime,
) -> int:
    """Owe a message to a recipient and return its number."""
    row = connection.execute(
        outbox.insert().values(
            message_id=message_id,
            recipient=recipient,
            channel=channel,
            subject=subject,
            message=message,
            subscription=subscription,
            target=target,
            state="pending",
            due=now,
            created=now,
        )
    )
    assert row.inserted_primary_key is not None  # noqa: S101 - SQLAlchemy gives it for every single-row insert
    number: int = row.inserted_primary_key[0]
    return number


def claim(
    connection: sa.Connection,
    now: datetime,
    *,
    without: Collection[str] = (),
    per_minute: int = 1_000_000,
    per_recipient: int = 1_000_000,
) -> Owed | None:
    """Take the message that has been due longest, or one whose mailer is gone; None where nothing may be sent now.

    `without` are channels that are left alone. Who got `per_recipient` messages within an hour waits, and everybody
    where `per_minute` were sent within a minute.
    """
    lately = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.sent > now - timedelta(minutes=1))
    if (connection.scalar(lately) or 0) >= per_minute:
        return None
    full = (
        sa.select(outbox.c.recipient)
        .where(outbox.c.sent > now - timedelta(hours=1))
        .group_by(outbox.c.recipient)
        .having(sa.func.count() >= per_recipient)
    )
    row = connection.execute(
        sa.select(outbox)
        .where(outbox.c.state.in_(("pending", "sending")), outbox.c.due <= now)
        .where(outbox.c.channel.not_in(list(without)), outbox.c.recipient.not_in(full))
        .order_by(outbox.c.due, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    connection.execute(
        outbox.update().where(outbox.c.id == row.id).values(state="sending", due=now + CLAIM, attempts=row.attempts + 1)
    )
    secret = connection.scalar(sa.select(recipients.c.secret).where(recipients.c.id == row.target))
    return Owed(
        id=row.id,
        recipient=row.recipient,
        message=row.message,
        attempts=row.attempts + 1,
        channel=row.channel,
        subject=row.subject,
        secret=secret or "",
        subscription=row.subscription,
    )


def sent(connection: sa.Connection, owed: Owed, now: datetime, detail: str) -> None:
    """Mark a mail as accepted by the server."""
    connection.execute(outbox.update().where(outbox.c.id == owed.id).values(state="sent", sent=now, detail=detail))
    _note_fault(connection, owed, "")


def delay(connection: sa.Connection, owed: Owed, now: datetime, detail: str) -> None:
    """Put a mail off, each time twice as long; after `GIVEN_UP` attempts it is a dead letter.

    It is one at once where the recipient has unsubscribed while it was under way.
    """
    left = sa.exists().where(recipients.c.id == outbox.c.target, recipients.c.left.is_not(None))
    if connection.scalar(sa.select(outbox.c.id).where(outbox.c.id == owed.id, left)) is not None:
        bury(connection, owed, LEFT)
        return
    if owed.attempts >= GIVEN_UP:
        bury(connection, owed, f"given up after {owed.attempts} attempts: {detail}")
        return
    wait = min(FIRST_RETRY * 2 ** min(owed.attempts - 1, 20), LAST_RETRY)
    connection.execute(
        outbox.update().where(outbox.c.id == owed.id).values(state="pending", due=now + wait, detail=detail)
    )


def bury(connection: sa.Connection, owed: Owed, detail: str) -> None:
    """Make a mail a dead letter: kept, shown, not sent again."""
    connection.execute(outbox.update().where(outbox.c.id == owed.id).values(state="dead", detail=detail))
    _note_fault(connection, owed, detail)


def _note_fault(connection: sa.Connection, owed: Owed, fault: str) -> None:
    """Write down, for the owner of a subscription to see, why its last message did not arrive; "" where it did."""
    if owed.subscription is not None:
        held = subscriptions.c.id == owed.subscription
        connection.execute(subscriptions.update().where(held, subscriptions.c.fault != fault).values(fault=fault))


def states(connection: sa.Connection) -> dict[str, int]:
    """Count the mails by state."""
    counted = connection.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
    return {state: count for state, count in counted}  # noqa: C416 - rows are not pairs to the type checker


def next_due(connection: sa.Connection) -> datetime | None:
    """Return when the next unsent mail may be tried, or None where nothing is owed."""
    due: datetime | None = connection.scalar(
        sa.select(sa.func.min(outbox.c.due)).where(outbox.c.state.in_(("pending", "sending")))
    )
    return due
