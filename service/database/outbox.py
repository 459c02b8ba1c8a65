"""The outbox: mails that are owed, claimed by a mailer, sent or dead; and the alerts that each of them tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.tables import alerts, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

CLAIM = timedelta(minutes=5)
"""Longest time that one delivery may take; a mailer that needs longer is taken for dead and the mail is sent again."""

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=4)
GIVEN_UP = 30
"""Attempts after which a mail that was only ever delayed becomes a dead letter: about four days."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A claimed mail: `message` is the whole of it, as it is sent."""

    id: int
    recipient: str
    message: bytes
    attempts: int


def unalerted(connection: sa.Connection, recipient: str, ids: Sequence[str]) -> list[str]:
    """Return those of the Cases of which the recipient was never told, in the order given."""
    told = set(
        connection.scalars(sa.select(alerts.c.case).where(alerts.c.recipient == recipient, alerts.c.case.in_(ids)))
    )
    return [case for case in dict.fromkeys(ids) if case not in told]


def post(
    connection: sa.Connection,
    *,
    message_id: str,
    recipient: str,
    subject: str,
    message: bytes,
    told: Sequence[str],
    now: datetime,
) -> None:
    """Owe a mail to the recipient, and note the Cases that it tells of; both in the caller's transaction."""
    row = connection.execute(
        outbox.insert().values(
            message_id=message_id,
            recipient=recipient,
            subject=subject,
            message=message,
            state="pending",
            due=now,
            created=now,
        )
    )
    assert row.inserted_primary_key is not None  # noqa: S101 - SQLAlchemy gives it for every single-row insert
    number = row.inserted_primary_key[0]
    connection.execute(alerts.insert(), [{"recipient": recipient, "case": case, "message": number} for case in told])


def claim(connection: sa.Connection, now: datetime) -> Owed | None:
    """Take the mail that has been due longest, or one whose mailer is gone; None where nothing is due."""
    row = connection.execute(
        sa.select(outbox.c.id, outbox.c.recipient, outbox.c.message, outbox.c.attempts)
        .where(outbox.c.state.in_(("pending", "sending")), outbox.c.due <= now)
        .order_by(outbox.c.due, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    connection.execute(
        outbox.update().where(outbox.c.id == row.id).values(state="sending", due=now + CLAIM, attempts=row.attempts + 1)
    )
    return Owed(row.id, row.recipient, row.message, row.attempts + 1)


def sent(connection: sa.Connection, owed: Owed, now: datetime, detail: str) -> None:
    """Mark a mail as accepted by the server."""
    connection.execute(outbox.update().where(outbox.c.id == owed.id).values(state="sent", sent=now, detail=detail))


def delay(connection: sa.Connection, owed: Owed, now: datetime, detail: str) -> None:
    """Put a mail off, each time twice as long; after `GIVEN_UP` attempts it is a dead letter."""
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
