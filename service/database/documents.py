"""Documents: the newest analysed text of each URL, with its syndication group and its Case."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.tables import analyses, articles, bands, cases, documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A Document with everything that the database knows of it and that is indexed, shown or mailed."""

    id: str
    revision: int
    url: str
    outlet: str
    title: str
    body: str
    published: datetime | None
    fetched: datetime
    group: str
    case: str | None
    case_state: str | None
    analysis: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What a Document was before the analysis that is being stored."""

    version: int
    group: str
    case: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A Document that shares a band of the signature: a candidate for the same text."""

    id: str
    group: str
    signature: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """A Document that tells a Case, with what is compared of it."""

    id: str
    case: str
    first_seen: datetime
    facts: Mapping[str, Any]


def tellings(connection: sa.Connection, id: str, since: datetime, most: int) -> list[Telling]:  # noqa: A002 - the column's name
    """Return the other Documents of Cases first seen after `since`, the newest first, at most `most`."""
    rows = connection.execute(
        sa.select(documents.c.id, documents.c.case, documents.c.first_seen, documents.c.facts)
        .where(documents.c.case.is_not(None), documents.c.id != id, documents.c.first_seen >= since)
        .where(documents.c.stance.in_(("appeal", "complaint")))
        .order_by(documents.c.first_seen.desc(), documents.c.id)
        .limit(most)
    )
    return [Telling(*tuple(row)) for row in rows if row.facts]


def held(connection: sa.Connection, id: str) -> Held | None:  # noqa: A002 - the column's name
    """Return the Document's state, or None where it is new."""
    row = connection.execute(
        sa.select(documents.c.version, documents.c.group, documents.c.case).where(documents.c.id == id)
    ).first()
    return None if row is None else Held(*tuple(row))


def neighbours(connection: sa.Connection, id: str, keys: Sequence[str], since: datetime) -> list[Neighbour]:  # noqa: A002 - the column's name
    """Return the other Documents first seen after `since` that share one of the band keys, the oldest first."""
    if not keys:
        return []
    shared = sa.select(bands.c.document).where(bands.c.band.in_(keys)).distinct()
    rows = connection.execute(
        sa.select(documents.c.id, documents.c.group, documents.c.signature)
        .where(documents.c.id.in_(shared), documents.c.id != id, documents.c.first_seen >= since)
        .order_by(documents.c.first_seen, documents.c.id)
    )
    return [Neighbour(row.id, row.group, tuple(array("Q", row.signature))) for row in rows if row.signature]


def store(
    connection: sa.Connection,
    *,
    id: str,  # noqa: A002 - the column's name
    version: int,
    stance: str,
    group: str,
    case: str | None,
    signature: Sequence[int],
    facts: Mapping[str, Any] | None,
    keys: Sequence[str],
    first_seen: datetime,
) -> None:
    """Insert or replace a Document's state; its revision is raised by `changes.announce`."""
    values = {
        "version": version,
        "stance": stance,
        "group": group,
        "case": case,
        "signature": array("Q", signature).tobytes() or None,
        "facts": facts,
    }
    if connection.execute(documents.update().where(documents.c.id == id).values(values)).rowcount == 0:
        connection.execute(documents.insert().values(id=id, revision=0, first_seen=first_seen, **values))
    connection.execute(bands.delete().where(bands.c.document == id))
    if keys:
        connection.execute(bands.insert(), [{"band": key, "document": id} for key in keys])


def store_analysis(
    connection: sa.Connection, *, document: str, version: int, analyser: str, at: datetime, analysis: Mapping[str, Any]
) -> None:
    """Keep the Analysis of one version of a Document, in the place of an earlier one of the same version."""
    same = (analyses.c.document == document, analyses.c.version == version)
    values = {"analyser": analyser, "at": at, "analysis": dict(analysis)}
    if connection.execute(analyses.update().where(*same).values(values)).rowcount == 0:
        connection.execute(analyses.insert().values(document=document, version=version, **values))


def records(connection: sa.Connection, ids: Sequence[str]) -> list[Record]:
    """Return the Documents of these ids, in no particular order; unknown ids are left out."""
    return [Record(*tuple(row)) for row in connection.execute(_RECORDS.where(documents.c.id.in_(ids)))]


def every(connection: sa.Connection, batch: int = 500) -> Iterator[list[Record]]:
    """Yield all Documents in batches, by id, in bounded memory."""
    after = ""
    while rows := connection.execute(
        _RECORDS.where(documents.c.id > after).order_by(documents.c.id).limit(batch)
    ).all():
        yield [Record(*tuple(row)) for row in rows]
        after = rows[-1].id


def count(connection: sa.Connection) -> int:
    """Return how many Documents there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(documents)) or 0


_RECORDS = (
    sa.select(
        documents.c.id,
        documents.c.revision,
        articles.c.url,
        articles.c.outlet,
        articles.c.title,
        articles.c.body,
        articles.c.published,
        articles.c.fetched,
        documents.c.group,
        documents.c.case,
        cases.c.state,
        analyses.c.analysis,
    )
    .join(articles, sa.and_(articles.c.document == documents.c.id, articles.c.version == documents.c.version))
    .join(analyses, sa.and_(analyses.c.document == documents.c.id, analyses.c.version == documents.c.version))
    .outerjoin(cases, cases.c.id == documents.c.case)
)
