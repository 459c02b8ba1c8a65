"""The spool: every text of every Document, from its arrival until it was analysed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.engine import serialise
from service.database.tables import articles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler import Article

LEASE = timedelta(minutes=2)
"""How long a worker may take over the Articles that it claimed; a batch takes seconds, so only a dead one passes it."""

MOST_ATTEMPTS = 5
"""Claims after which an Article that never came back (it kills its worker) is given up, visibly, as failed."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """An Article as stored: one text of one Document."""

    id: int
    document: str
    version: int
    url: str
    outlet: str
    title: str
    body: str
    published: datetime | None
    fetched: datetime

    @property
    def when(self) -> datetime:
        """When it was published, or fetched where that is not known."""
        return self.published or self.fetched

    @property
    def text(self) -> str:
        """What is analysed: title and body joined by one newline, the body alone where there is no title."""
        return f"{self.title}\n{self.body}" if self.title else self.body


def document_id(url: str) -> str:
    """Return the identity of the Document at a canonical URL."""
    return hashlib.sha256(url.encode()).hexdigest()


def spool(connection: sa.Connection, article: Article) -> bool:
    """Store an Article as the next version of its Document; return False where the newest version says the same."""
    title, body = _storable(article.title), _storable(article.body)
    content = hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()
    document = document_id(article.url)
    # Two crawlers may bring the same page at once, by the lists of two Sources.
    serialise(connection, document)
    newest = connection.execute(
        sa.select(articles.c.version, articles.c.content)
        .where(articles.c.document == document)
        .order_by(articles.c.version.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.content == content:
        return False
    connection.execute(
        articles.insert().values(
            document=document,
            version=1 if newest is None else newest.version + 1,
            url=article.url,
            outlet=article.outlet,
            source=article.source,
            title=title,
            body=body,
            content=content,
            published=article.published,
            published_raw=_storable(article.published_raw),
            published_from=article.published_from.value,
            fetched=article.fetched,
            language=article.language,
            state="spooled",
        )
    )
    return True


def claim(connection: sa.Connection, now: datetime, most: int) -> list[Spooled]:
    """Take up to `most` Articles that wait, the oldest first, and those whose worker is gone."""
    free = sa.or_(articles.c.state == "spooled", sa.and_(articles.c.state == "claimed", articles.c.claimed_until < now))
    connection.execute(
        articles.update()
        .where(articles.c.state == "claimed", articles.c.claimed_until < now, articles.c.attempts >= MOST_ATTEMPTS)
        .values(state="failed", claimed_until=None, detail=f"no worker came back from it in {MOST_ATTEMPTS} attempts")
    )
    found = connection.execute(
        sa.select(
            articles.c.id,
            articles.c.document,
            articles.c.version,
            articles.c.url,
            articles.c.outlet,
            articles.c.title,
            articles.c.body,
            articles.c.published,
            articles.c.fetched,
        )
        .where(free)
        .order_by(articles.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    connection.execute(
        articles.update()
        .where(articles.c.id.in_([row.id for row in found]))
        .values(state="claimed", claimed_until=now + LEASE, attempts=articles.c.attempts + 1)
    )
    return [Spooled(*row) for row in found]


def give_back(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Return claimed Articles unread, as a worker that is told to stop does."""
    connection.execute(
        articles.update()
        .where(articles.c.id.in_(ids), articles.c.state == "claimed")
        .values(state="spooled", claimed_until=None, attempts=articles.c.attempts - 1)
    )


def settle(connection: sa.Connection, id: int, state: str, detail: str = "") -> None:  # noqa: A002 - the column's name
    """End an Article's way through the spool: `analysed`, `rejected` or `failed`, with the reason."""
    connection.execute(
        articles.update().where(articles.c.id == id).values(state=state, claimed_until=None, detail=_storable(detail))
    )


def states(connection: sa.Connection) -> dict[str, int]:
    """Count the Articles by state."""
    counted = connection.execute(sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state))
    return {state: count for state, count in counted}  # noqa: C416 - rows are not pairs to the type checker


def _storable(text: str) -> str:
    """Replace what no database stores: lone surrogates and NUL."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
