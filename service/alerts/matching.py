"""The matcher: follows the changes behind the indexer, runs each subscription's own search on them, and owes alerts.

The searches run on a small index of the changed Documents alone, in a file of its own that is thrown away. It is the
embedded Index, whose answers are the same as any server's (one contract suite holds both to it), so that a thousand
subscriptions ask nothing of the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index import percolate
from service.alerts import subscriptions
from service.alerts.facts import Known, known_of, news
from service.alerts.lineage import forebears
from service.alerts.subscriptions import Tells, search_of
from service.database import changes, documents
from service.database.cases import MACHINE, is_open
from service.database.engine import NAMED_AT_ONCE, insert_new
from service.database.tables import alerts, case_events, cases
from service.indexer import to_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from index import Document
    from service.alerts.subscriptions import Subscription
    from service.database.documents import Record
    from service.database.engine import Database

BATCH = 500
"""Changes matched at a time: bounds the memory, and the work repeated after a crash."""

OVERDUE_BATCH = 200
"""Overdue Cases noted in one round, those that were due first."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What one round of the matcher did: changes passed, alerts owed."""

    changes: int = 0
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches subscriptions; `outlets` gives the names of outlets, `synonyms` those that the index expands by."""

    database: Database
    outlets: Mapping[str, str]
    synonyms: Sequence[Sequence[str]]

    def match(self, now: datetime) -> Matched:
        """Match one batch of changes that are already in the index; alerts and cursor move in one transaction.

        The same batch twice owes nothing twice: the key of `alerts` (subscription, subject, fact) is unique.
        """
        with self.database.read() as connection:
            since = changes.cursor(connection, changes.MATCHER)
            until = changes.position(connection, changes.INDEXER)
            found = changes.since(connection, since.position, BATCH, until=until)
            if not found:
                return Matched()
            records = documents.records(connection, list(dict.fromkeys(document for _, document in found)))
            asking = subscriptions.active(connection)
        order = {document: number for number, document in reversed(found)}
        records.sort(key=lambda record: order[record.id])
        hits = self._hits(records, asking)
        with self.database.write() as connection:
            if not changes.advance(connection, changes.MATCHER, found[-1][0], since=since):
                return Matched()  # another process has matched them
            owed = _owe(connection, asking, hits, records, now)
        return Matched(changes=len(found), alerts=owed)

    def match_overdue(self, now: datetime) -> int:
        """Note the Cases whose due time has passed, owe it to who is to be told, and return how many Cases that were.

        A Case is noted once for each due time, in the transaction that owes the alerts.
        """
        with self.database.read() as connection:
            late = connection.execute(_LATE.where(cases.c.due <= now).limit(OVERDUE_BATCH)).all()
            if not late:
                return 0
            asking = [one for one in subscriptions.active(connection) if Tells.OVERDUE in one.tells]
            records = documents.of_cases(connection, [row.id for row in late]) if asking else []
        hits = self._hits(records, asking)
        with self.database.write() as connection:
            noted = {row.id: row.due for row in late if _note_overdue(connection, row.id, row.due, now)}
            for subscription in asking:
                for record in hits.get(subscription.id, ()):
                    due = noted.get(record.case or "")
                    if due is not None and (subscription.since is None or due >= subscription.since):
                        _owe_overdue(connection, subscription, record, due, now)
        return len(late)

    def _hits(self, records: Sequence[Record], asking: Sequence[Subscription]) -> dict[int, list[Record]]:
        """Return the records that each subscription's search finds, in their order."""
        if not records or not asking:
            return {}
        searched = (to_document(record, self.outlets) for record in records)
        found = search_all(searched, {one.query for one in asking}, self.synonyms)
        return {
            one.id: [record for record in records if record.id in found[one.query]]
            for one in asking
            if one.query in found
        }


def search_all(
    searched: Iterable[Document], queries: Iterable[str], synonyms: Sequence[Sequence[str]]
) -> dict[str, frozenset[str]]:
    """Return the ids that each search, the query of a list's URL, finds among these Documents alone; none: left out."""
    asked = list(queries)
    answers = percolate(searched, map(search_of, asked), synonyms)
    return {query: ids for query, ids in zip(asked, answers, strict=True) if ids}


_LATE = (
    sa.select(cases.c.id, cases.c.due)
    .where(is_open())
    .where(sa.or_(cases.c.overdue.is_(None), cases.c.overdue != cases.c.due))
    .order_by(cases.c.due, cases.c.id)
)


def _note_overdue(connection: sa.Connection, case: str, due: datetime, now: datetime) -> bool:
    """Note that a due time has passed, and say whether it was this call that did."""
    noted = connection.execute(
        cases.update()
        .where(cases.c.id == case, cases.c.due == due, sa.or_(cases.c.overdue.is_(None), cases.c.overdue != due))
        .values(overdue=due)
    )
    if noted.rowcount:
        connection.execute(
            case_events.insert().values(
                case=case, at=now, actor=MACHINE, kind="overdue", reason=due.isoformat(timespec="minutes")
            )
        )
    return noted.rowcount > 0


def _owe(
    connection: sa.Connection,
    asking: Sequence[Subscription],
    hits: Mapping[int, Sequence[Record]],
    records: Sequence[Record],
    now: datetime,
) -> int:
    """Owe what is news to each subscription of the Documents that it found, and return how many alerts that were."""
    ids = {record.case for record in records if record.case}
    rows = connection.execute(sa.select(cases).where(cases.c.id.in_(ids))) if ids else ()
    held = {row.id: row for row in rows}
    told = _told(connection, hits)
    owed = 0
    for subscription in asking:
        for record in hits.get(subscription.id, ()):
            subject = record.case or record.id
            before = told.get((subscription.id, subject))
            if before is None and subscription.since is not None and record.fetched < subscription.since:
                continue
            now_known = known_of(record, held.get(record.case))
            for fact in news(before, now_known, subscription.tells):
                owed += _put(connection, subscription, fact, record, known=now_known, now=now)
            told[subscription.id, subject] = now_known if before is None else before.merged(now_known)
    return owed


def _told(connection: sa.Connection, hits: Mapping[int, Sequence[Record]]) -> dict[tuple[int, str], Known]:
    """Return what each subscription knows already of the subjects that it found, and of what they were made from."""
    wanted = {number: {record.case or record.id for record in found} for number, found in hits.items() if found}
    known: dict[tuple[int, str], Known] = {}
    subjects = sorted(set().union(*wanted.values())) if wanted else []
    heirs: dict[str, list[tuple[str, datetime | None]]] = {subject: [(subject, None)] for subject in subjects}
    for heir, forebear, end in forebears(connection, subjects):
        heirs.setdefault(forebear, []).append((heir, end))
    asked = sorted(heirs)
    for start in range(0, len(asked), NAMED_AT_ONCE):
        rows = connection.execute(
            sa.select(alerts.c.subscription, alerts.c.subject, alerts.c.known, alerts.c.created)
            .where(alerts.c.subject.in_(asked[start : start + NAMED_AT_ONCE]))
            .order_by(alerts.c.id)
        )
        for row in rows:
            held = Known.from_dict(row.known)
            for subject, until in heirs[row.subject]:
                if until is None or row.created <= until:
                    key = (row.subscription, subject)
                    known[key] = known[key].merged(held) if key in known else held
    return known


def _put(
    connection: sa.Connection,
    subscription: Subscription,
    fact: str,
    record: Record,
    *,
    known: Known,
    now: datetime,
) -> int:
    """Owe one fact, and say whether it was not owed before; a first sight that is not to be told counts as written."""
    silent = fact == Tells.NEW.value and Tells.NEW not in subscription.tells
    new = insert_new(
        connection,
        alerts,
        subscription=subscription.id,
        subject=record.case or record.id,
        fact=fact,
        document=record.id,
        urgency=known.urgency,
        known=known.to_dict(),
        created=now,
        written=now if silent else None,
    )
    return int(new and not silent)


def _owe_overdue(
    connection: sa.Connection, subscription: Subscription, record: Record, due: datetime, now: datetime
) -> int:
    row = connection.execute(sa.select(cases).where(cases.c.id == record.case)).first()
    known = known_of(record, row)
    return _put(connection, subscription, f"overdue:{due.isoformat()}", record, known=known, now=now)
