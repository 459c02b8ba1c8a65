"""The state of the crawl: addresses seen, rejections counted, sources with their reports and leases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crawler import Reason, Validators
from service.database.engine import insert_new
from service.database.tables import addresses, rejections, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from crawler import Rejection, SourceReport

REMEMBERED = timedelta(hours=24)
"""How long an address that was rejected for good is left alone before it is tried once more."""

LEASE = timedelta(minutes=30)
"""Longest crawl of one Source; a crawler that holds it longer is taken for dead."""

LASTING = frozenset(
    {
        Reason.NOT_FOUND,
        Reason.NOT_HTML,
        Reason.TOO_LARGE,
        Reason.REDIRECT_LOOP,
        Reason.NO_TEXT,
        Reason.ROBOTS,
        Reason.PRIVATE_ADDRESS,
    }
)
"""Reasons that will very likely be the same within `REMEMBERED`; the others are tried again at the next crawl."""


def stamp(connection: sa.Connection, url: str, now: datetime) -> str | None:
    """Return the stamp under which a listed address is held, or None where it has to be fetched."""
    row = connection.execute(sa.select(addresses).where(addresses.c.url == url)).first()
    if row is None or (row.reason and (row.reason not in LASTING or row.seen < now - REMEMBERED)):
        return None
    held: str = row.stamp
    return held


def remember(connection: sa.Connection, url: str, stamp: str, reason: str, now: datetime) -> None:
    """Note what became of a listed address: "" where it gave an Article, else the Rejection's reason."""
    values = {"stamp": stamp, "reason": reason, "seen": now}
    if not insert_new(connection, addresses, url=url, **values):
        connection.execute(addresses.update().where(addresses.c.url == url).values(values))


def count_rejection(connection: sa.Connection, rejection: Rejection) -> None:
    """Count a Rejection of an address: one row for each address and reason, with the times it was seen."""
    detail = rejection.detail.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    new = insert_new(
        connection,
        rejections,
        url=rejection.url,
        reason=rejection.reason.value,
        outlet=rejection.outlet,
        source=rejection.source,
        detail=detail,
        first_seen=rejection.seen,
        last_seen=rejection.seen,
        times=1,
    )
    if not new:
        connection.execute(
            rejections.update()
            .where(rejections.c.url == rejection.url, rejections.c.reason == rejection.reason.value)
            .values(last_seen=rejection.seen, times=rejections.c.times + 1, detail=detail)
        )


def rejected(connection: sa.Connection) -> dict[str, int]:
    """Count the rejected addresses by reason."""
    counted = connection.execute(sa.select(rejections.c.reason, sa.func.count()).group_by(rejections.c.reason))
    return {reason: count for reason, count in counted}  # noqa: C416 - rows are not pairs to the type checker


def validators(connection: sa.Connection, source: str) -> Validators:
    """Return the HTTP validators of a Source's last good list."""
    row = connection.execute(sa.select(sources.c.etag, sources.c.last_modified).where(sources.c.id == source)).first()
    return Validators() if row is None else Validators(etag=row.etag, last_modified=row.last_modified)


def record(connection: sa.Connection, report: SourceReport) -> None:
    """Store the report of a crawl of one Source; a list that could not be read keeps the validators it had.

    Of a crawl that was stopped before the list came nothing is known: the Source is as due as it was.
    """
    if not (report.listed or report.unchanged or report.rejected):
        return
    failed = Reason.BAD_LIST.value in report.rejected or (report.listed == 0 and not report.unchanged)
    values: dict[str, object] = {
        "finished": report.finished,
        "failures": sources.c.failures + 1 if failed else 0,
        "report": {
            "listed": report.listed,
            "known": report.known,
            "accepted": report.accepted,
            "rejected": dict(report.rejected),
            "unchanged": report.unchanged,
        },
    }
    if not failed:
        values |= {"etag": report.validators.etag, "last_modified": report.validators.last_modified}
    _ensure(connection, report.source)
    connection.execute(sources.update().where(sources.c.id == report.source).values(values))


def lease(
    connection: sa.Connection, due: Mapping[str, timedelta], owner: str, now: datetime, *, heed_failures: bool = True
) -> list[str]:
    """Take the Sources whose interval has passed since their last crawl and that no other crawler holds.

    `due` gives the interval of each Source by id; with `heed_failures` a Source that failed n times in a row waits
    2^n intervals, at most a day. Returns the ids taken, in the order given.
    """
    wanted = sa.select(sources).where(sources.c.id.in_([*due]))

    def is_due(row: sa.Row[Any] | None) -> bool:
        if row is None or (row.lease_until is not None and row.lease_until > now):
            return False
        interval = due[row.id]
        failures = min(row.failures, 10) if heed_failures else 0
        wait = min(interval * 2**failures, max(interval, timedelta(days=1)))
        return row.finished is None or bool(row.finished + wait <= now)

    held = {row.id: row for row in connection.execute(wanted)}
    taken = []
    for source in due:
        if source not in held:
            _ensure(connection, source)
        elif not is_due(held[source]):
            continue
        # again, now that no other crawler can change the row
        row = connection.execute(
            sa.select(sources).where(sources.c.id == source).with_for_update(skip_locked=True)
        ).first()
        if is_due(row):
            connection.execute(
                sources.update().where(sources.c.id == source).values(lease_owner=owner, lease_until=now + LEASE)
            )
            taken.append(source)
    return taken


def release(connection: sa.Connection, ids: Iterable[str], owner: str) -> None:
    """Give back the Sources that `owner` holds."""
    connection.execute(
        sources.update()
        .where(sources.c.id.in_(list(ids)), sources.c.lease_owner == owner)
        .values(lease_owner="", lease_until=None)
    )


def forget_dead(connection: sa.Connection, host: str, alive: Callable[[int], bool]) -> None:
    """Give back the Sources held by processes of this host that are gone; `alive` says whether a process id runs."""
    held = connection.scalars(sa.select(sources.c.lease_owner).where(sources.c.lease_owner != "").distinct()).all()
    for owner in held:
        machine, _, process = owner.rpartition(":")
        if machine == host and process.isdecimal() and not alive(int(process)):
            connection.execute(
                sources.update().where(sources.c.lease_owner == owner).values(lease_owner="", lease_until=None)
            )


def _ensure(connection: sa.Connection, source: str) -> None:
    insert_new(connection, sources, id=source)
