"""Whether an installation has come to rest, and what its mails say: for the tests that kill it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import sqlalchemy as sa

from service.database import changes
from service.database.engine import Database
from service.database.tables import alerts, articles, outbox, sources
from service.errors import DatabaseUnavailable


def let_time_pass(database: Database) -> None:
    """What dead processes had claimed is free when their claims end: let them end now."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    for ended in (
        articles.update().where(articles.c.state == "claimed").values(claimed_until=past),
        outbox.update().where(outbox.c.state.in_(("sending", "pending"))).values(due=past),
        sources.update().values(lease_owner="", lease_until=None),
    ):
        until(lambda ended=ended: _done(database, ended), 10)


def _done(database: Database, statement: sa.Update) -> bool:
    """Do it, unless the processes at work took the same rows in another order: PostgreSQL then ends one of the two."""
    try:
        with database.write() as connection:
            connection.execute(statement)
    except DatabaseUnavailable:
        return False
    return True


def quiet(database: Database, wanted: int) -> bool:
    """Tell whether all that was wanted has come all the way, and nothing waits anywhere."""
    with database.read() as connection:
        held = connection.scalar(sa.select(sa.func.count()).select_from(articles))
        waiting = connection.scalar(
            sa.select(sa.func.count()).select_from(articles).where(articles.c.state.in_(("spooled", "claimed")))
        )
        owed = connection.scalar(sa.select(sa.func.count()).select_from(outbox).where(outbox.c.state != "sent"))
        unwritten = connection.scalar(sa.select(sa.func.count()).select_from(alerts).where(alerts.c.written.is_(None)))
        last = changes.last(connection)
        stages = {changes.position(connection, name) for name in (changes.INDEXER, changes.MATCHER)}
    return held == wanted and waiting == unwritten == owed == 0 and stages == {last}


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true, and return whether it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return true()


def mail(file: Path) -> EmailMessage:
    """Return a mail that was caught."""
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def items_told(folder: Path) -> list[str]:
    """Return the Documents by which all caught mails tell what is new; a mail that came twice counts once."""
    mails = {str(read["Message-ID"]): read for read in map(mail, folder.glob("*.eml"))}
    told = [one for read in mails.values() for one in re.split(r"(?m)^\d+\. ", plain(read))[1:]]
    found = [re.search(r"/item/([0-9a-f]{64})", one) for one in told if "متابعة:" not in one]
    return [link[1] for link in found if link is not None]


def plain(message: EmailMessage) -> str:
    """Return the text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
