"""The matcher: follows the changes behind the indexer and owes each new Case, once, to each recipient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.database import cases, changes, documents, outbox
from service.mail.composing import Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from service.database.documents import Record
    from service.database.engine import Database
    from service.mail.composing import Composer

BATCH = 500
"""Changes matched at a time; a burst makes one mail of up to so many."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What one round of the matcher did: changes passed, mails owed, Cases told in them."""

    changes: int = 0
    mails: int = 0
    cases: int = 0


def match_changes(
    database: Database, composer: Composer, recipients: Sequence[str], outlets: Mapping[str, str]
) -> Matched:
    """Match one batch of changes that are already in the index; mails and cursor move in one transaction.

    The same batch twice owes nothing twice: a recipient is told of a Case once, as the `alerts` table holds.
    """
    with database.read() as connection:
        since = changes.cursor(connection, changes.MATCHER)
        found = changes.since(
            connection,
            since.position,
            BATCH,
            until=changes.position(connection, changes.INDEXER),
        )
        if not found:
            return Matched()
        records = documents.records(connection, list(dict.fromkeys(document for _, document in found)))
    order = {document: number for number, document in reversed(found)}
    asking = sorted((record for record in records if record.case), key=lambda record: order[record.id])
    first: dict[str, Record] = {}
    for record in asking:
        first.setdefault(record.case or "", record)
    mails = told = 0
    with database.write() as connection:
        if not changes.advance(connection, changes.MATCHER, found[-1][0], since=since):
            return Matched()  # another process has matched them
        for recipient in recipients:
            new = outbox.unalerted(connection, recipient, list(first))
            if new:
                _owe(connection, composer, recipient, [first[case] for case in new], outlets)
                mails += 1
                told += len(new)
    return Matched(changes=len(found), mails=mails, cases=told)


def _owe(
    connection: sa.Connection,
    composer: Composer,
    recipient: str,
    records: Sequence[Record],
    outlets: Mapping[str, str],
) -> None:
    ids = [record.case or "" for record in records]
    carrying = cases.outlets(connection, ids)
    now = datetime.now(UTC)
    mail = composer.compose(
        recipient,
        [
            Told(
                case=case,
                record=record,
                outlet=outlets.get(record.outlet, record.outlet),
                outlets=len(carrying.get(case, ())),
            )
            for case, record in zip(ids, records, strict=True)
        ],
        now,
    )
    outbox.post(
        connection,
        message_id=mail.message_id,
        recipient=recipient,
        subject=mail.subject,
        message=mail.message,
        told=ids,
        now=now,
    )
