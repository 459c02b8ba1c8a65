"""Digests: what a subscription is owed is written into one message for each recipient when its schedule says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.alerts import subscriptions
from service.alerts.links import Signer
from service.alerts.messages import Letter, Telling
from service.database import documents, outbox
from service.database.engine import insert_new, serialise
from service.database.tables import alerts, cases, told, users
from service.database.tables import subscriptions as subscriptions_
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from service.alerts.messages import Writer
    from service.alerts.subscriptions import Recipient, Subscription
    from service.database.documents import Record
    from service.database.engine import Database

MOST_ALERTS = 2_000
"""Alerts of one subscription that go into one message, the oldest; what is left goes into the next."""


@dataclass(frozen=True, slots=True)
class Digested:
    """What one round did: messages written, alerts that went into them."""

    messages: int = 0
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class Digester:
    """Writes messages; `interval` is the least time between two of a subscription that tells at once."""

    database: Database
    writer: Writer
    outlets: Mapping[str, str]
    interval: timedelta

    def digest(self, now: datetime) -> Digested:
        """Write every message that is due, each subscription in a transaction of its own.

        Messages, who is told of what by them, and the end of the alerts are one transaction: a process that dies in
        it has written nothing, and the next one writes the same.
        """
        with self.database.read() as connection:
            waiting = _waiting(connection)
        messages = owed = 0
        for number in waiting:
            with self.database.write() as connection:
                done = self._one(connection, number, now)
            messages += done.messages
            owed += done.alerts
        return Digested(messages, owed)

    def _one(self, connection: sa.Connection, number: int, now: datetime) -> Digested:
        serialise(connection, subscriptions.DIGEST)
        subscription = subscriptions.find(connection, number)
        if subscription is None or subscription.paused is not None:
            return Digested()
        rows = connection.execute(
            sa.select(alerts)
            .where(alerts.c.subscription == number, alerts.c.written.is_(None))
            .order_by(alerts.c.id)
            .limit(MOST_ALERTS)
        ).all()
        if not rows or not self._due(subscription, rows, now):
            return Digested()
        tellings = self._tellings(connection, rows)
        messages = sum(
            self._write(connection, subscription, recipient, tellings, now) for recipient in subscription.recipients
        )
        connection.execute(alerts.update().where(alerts.c.id.in_([row.id for row in rows])).values(written=now))
        if messages:
            connection.execute(subscriptions_.update().where(subscriptions_.c.id == number).values(told=now))
        return Digested(messages, len(rows))

    def _due(self, subscription: Subscription, rows: Sequence[sa.Row[tuple[object, ...]]], now: datetime) -> bool:
        if subscription.told is not None and now < subscription.told + self.interval:
            return False
        critical = any(row.urgency == "critical" for row in rows)
        return subscription.schedule.due(rows[0].created, now, critical=critical)

    def _tellings(self, connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]) -> list[Telling]:
        """Return what is told, one for each subject, with all its facts."""
        facts: dict[str, list[str]] = {}
        brought: dict[str, str] = {}
        for row in rows:
            facts.setdefault(row.subject, []).append(row.fact)
            brought.setdefault(row.subject, row.document)
        records = {record.id: record for record in documents.records(connection, list(brought.values()))}
        held = {row.id: row for row in connection.execute(sa.select(cases).where(cases.c.id.in_(list(facts))))}
        return [
            self._telling(subject, tuple(facts[subject]), records[document], held.get(subject))
            for subject, document in brought.items()
            if document in records
        ]

    def _telling(
        self, subject: str, facts: tuple[str, ...], record: Record, case: sa.Row[tuple[object, ...]] | None
    ) -> Telling:
        return Telling(
            subject=subject,
            facts=facts,
            record=record,
            outlet=self.outlets.get(record.outlet, record.outlet),
            outlets=case.outlets if case is not None else 1,
            since=case.first_seen if case is not None else None,
            urgency=case.urgency if case is not None else "",
            state=case.state if case is not None else "",
        )

    def _write(
        self,
        connection: sa.Connection,
        subscription: Subscription,
        recipient: Recipient,
        tellings: Sequence[Telling],
        now: datetime,
    ) -> int:
        """Write one message to one recipient, of what no other subscription has told there; return how many."""
        new = [one for one in (_untold(connection, recipient, telling) for telling in tellings) if one.facts]
        if not new:
            return 0
        letter = Letter(
            subscription=subscription,
            recipient=recipient,
            tellings=tuple(new),
            masked=not _may_read_all(connection, recipient),
            leave=Signer.of(connection).sign(recipient.id),
        )
        message = self.writer.write(letter, now)
        number = outbox.post(
            connection,
            message_id=message.id,
            recipient=recipient.address,
            channel=recipient.channel.value,
            subject=message.subject,
            message=message.content,
            subscription=subscription.id,
            target=recipient.id,
            now=now,
        )
        for telling in new:
            for fact in telling.facts:
                insert_new(
                    connection, told, recipient=recipient.address, subject=telling.subject, fact=fact, message=number
                )
        return 1


def _waiting(connection: sa.Connection) -> list[int]:
    rows = connection.scalars(
        sa.select(alerts.c.subscription).where(alerts.c.written.is_(None)).distinct().order_by(alerts.c.subscription)
    )
    return list(rows)


def _untold(connection: sa.Connection, recipient: Recipient, telling: Telling) -> Telling:
    held = set(
        connection.scalars(
            sa.select(told.c.fact).where(
                told.c.recipient == recipient.address,
                told.c.subject == telling.subject,
                told.c.fact.in_(telling.facts),
            )
        )
    )
    return telling.only(fact for fact in telling.facts if fact not in held)


def _may_read_all(connection: sa.Connection, recipient: Recipient) -> bool:
    if recipient.user is None:
        return False
    row = connection.execute(sa.select(users.c.role, users.c.disabled).where(users.c.id == recipient.user)).first()
    return row is not None and row.disabled is None and Role(row.role).may(Role.EDITOR)
