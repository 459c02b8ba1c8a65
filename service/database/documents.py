"""Documents: the newest analysed text of each URL, with its syndication group and its Case."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.corrections import live
from service.database.tables import analyses, articles, bands, cases, documents
from service.overlay import effective

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from service.database.corrections import Correction


@dataclass(frozen=True, slots=True)
class Record:
    """A Document with everything that the database knows of it and that is indexed, shown or mailed.

    Its Analysis is the one in force: what the model said, with what people corrected; `corrected` names those fields.
    """

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
    corrected: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the offsets of the Analysis count."""
        return f"{self.title}\n{self.body}" if self.title else self.body


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
    """A Document that tells a Case; `revision` changes whenever what is compared of it may have changed."""

    id: str
    case: str
    first_seen: datetime
    revision: int


def tellings(connection: sa.Connection, id: str, since: datetime, most: int) -> list[Telling]:  # noqa: A002 - the column's name
    """Return the other Documents of Cases first seen after `since`, the newest first, at most `most`."""
    rows = connection.execute(
        sa.select(documents.c.id, documents.c.case, documents.c.first_seen, documents.c.revision)
        .where(documents.c.case.is_not(None), documents.c.id != id, documents.c.first_seen >= since)
        .where(documents.c.stance.in_(("appeal", "complaint")))
        .order_by(documents.c.first_seen.desc(), documents.c.id)
        .limit(most)
    )
    return [Telling(*tuple(row)) for row in rows]


def facts_of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return what `nlp.case_facts` compares of these Documents, by id; one that has none is left out."""
    rows = connection.execute(sa.select(documents.c.id, documents.c.facts).where(documents.c.id.in_(ids)))
    return {row.id: row.facts for row in rows if row.facts}


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
    return _records(connection, connection.execute(_RECORDS.where(documents.c.id.in_(ids))).all())


def of_cases(connection: sa.Connection, ids: Sequence[str]) -> list[Record]:
    """Return the Documents that tell these Cases, in no particular order."""
    return _records(connection, connection.execute(_RECORDS.where(documents.c.case.in_(ids))).all())


def every(connection: sa.Connection, batch: int = 500) -> Iterator[list[Record]]:
    """Yield all Documents in batches, by id, in bounded memory."""
    after = ""
    while rows := connection.execute(
        _RECORDS.where(documents.c.id > after).order_by(documents.c.id).limit(batch)
    ).all():
        yield _records(connection, rows)
        after = rows[-1].id


def _records(connection: sa.Connection, rows: Sequence[Any]) -> list[Record]:
    """Return what rows of `_RECORDS` hold, with the corrections of all of them in force."""
    corrections = live(connection, [row.id for row in rows]) if rows else {}
    return [_in_force(Record(*tuple(row)), corrections.get(row.id)) for row in rows]


def _in_force(record: Record, corrections: Mapping[str, Correction] | None) -> Record:
    if not corrections:
        return record
    analysis = effective(record.analysis, record.text, corrections)
    return replace(record, analysis=analysis, corrected=tuple(analysis["corrected"]))


def model_analysis(connection: sa.Connection, id: str) -> tuple[int, Mapping[str, Any]]:  # noqa: A002 - the column's name
    """Return the version of the text that a Document shows, and what the model said of it. The Document is there."""
    row = connection.execute(
        sa.select(documents.c.version, analyses.c.analysis)
        .join(analyses, sa.and_(analyses.c.document == documents.c.id, analyses.c.version == documents.c.version))
        .where(documents.c.id == id)
    ).one()
    return row.version, row.analysis


def stored_facts(connection: sa.Connection, id: str) -> Mapping[str, Any] | None:  # noqa: A002 - the column's name
    """Return what is compared of a Document (`nlp.case_facts`), or None where nothing is."""
    facts: Mapping[str, Any] | None = connection.scalar(sa.select(documents.c.facts).where(documents.c.id == id))
    return facts


def restate(
    connection: sa.Connection,
    id: str,  # noqa: A002 - the column's name
    *,
    stance: str,
    case: str | None,
    facts: Mapping[str, Any] | None,
) -> None:
    """Put in what follows from a correction; what the text itself decided stays."""
    values = {"stance": stance, "case": case, "facts": facts}
    connection.execute(documents.update().where(documents.c.id == id).values(values))


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
