"""Fills an empty database and its index as two years of work would have: Documents, Cases, users and decisions."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nlp.analysis import Analysis, Appeal, Evidence, Facility, Governorates, Span
from service.accounts import add_user
from service.bench.documents import NEWEST, documents
from service.database import cases, tables
from service.database.cases import Dues
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from index import Document, Index
    from service.database.engine import Database

PASSWORD = "ثلاثة جسور على دجلة"  # noqa: S105 - of a database that is deleted after the measurement
EDITORS = tuple(f"editor-{number}" for number in range(1, 11))

_BATCH = 500
_SUMMARY = 120
"""Characters of a text that its appeal's summary repeats."""


@dataclass(slots=True)
class Newsroom:
    """What a filled database holds: how many Documents, and ids of those that tell a Case, and of all Cases."""

    documents: int = 0
    items: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)


def fill(database: Database, index: Index, count: int, seed: int = 1) -> Newsroom:
    """Write `count` generated Documents, the newest of now, with all that belongs to them, and return what is there."""
    now = datetime.now(UTC)
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    made = Newsroom()
    states: dict[str, str] = {}
    with database.write() as connection:
        for name in EDITORS:
            add_user(connection, name, PASSWORD, Role.EDITOR, now)
    source = _dated(documents(count, seed), now)
    while batch := list(islice(source, _BATCH)):
        with database.write() as connection:
            for document in batch:
                if document.case and document.case not in states:
                    states[document.case] = document.case_state
                    _open(connection, document, chance)
            batch = [replace(one, case_state=states[one.case]) if one.case else one for one in batch]
            _store(connection, batch)
            for case in dict.fromkeys(document.case for document in batch if document.case):
                cases.refresh(connection, case, Dues())
        index.write(batch)
        made.documents += len(batch)
        made.items += [document.id for document in batch if document.case]
    index.refresh()
    if database.engine.dialect.name == "postgresql":
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text("ANALYZE"))  # autovacuum does so soon
    made.cases = list(states)
    return made


def _dated(generated: Iterator[Document], now: datetime) -> Iterator[Document]:
    later = now - NEWEST - timedelta(hours=10)
    for document in generated:
        yield replace(
            document,
            published=document.published + later,
            fetched=document.fetched + later,
            analysis=_analysis(document).to_dict(),
        )


def _analysis(document: Document) -> Analysis:
    """Return an Analysis whose spans lie in the text, as the reader's would: one appeal where something is asked."""
    text = f"{document.title}\n{document.body}"
    words = text.split()
    places = [Span(word, text.index(word), text.index(word) + len(word)) for word in words[8:14]]
    named = [Facility(s.text, s.start, s.end, kind, None) for s, kind in zip(places, document.facility_types)]  # noqa: B905
    appeal = Appeal(
        start=0,
        end=len(text),
        appellants=tuple(places[2:3]),
        addressees=tuple(places[3:4]),
        needs=document.needs,
        urgency=document.urgency or "normal",  # type: ignore[arg-type]  # one of the three
        governorates=document.primary,
        facilities=tuple(Span(one.text, one.start, one.end) for one in named),
        summary=document.body[:_SUMMARY],
        evidence=tuple(Evidence(s.text, s.start, s.end, "asks") for s in places[4:5]),
    )
    return Analysis(
        id=document.id,
        language="ar",
        governorates=Governorates(tuple(sorted(document.governorates)), document.primary),
        places=(),
        facilities=tuple(named),
        entities=(),
        stance=document.stance,  # type: ignore[arg-type]  # one of the five
        stance_score=0.9,
        appeals=(appeal,) if document.case else (),
    )


def _open(connection: sa.Connection, document: Document, chance: random.Random) -> None:
    """Open the Case of a Document, with the decision that brought it into its state."""
    decided = document.case_state != "new"
    actor = chance.choice(EDITORS)
    connection.execute(
        tables.cases.insert().values(
            id=document.case,
            state=document.case_state,
            opened=document.fetched,
            assignee=actor if decided and chance.random() < 0.6 else "",
        )
    )
    cases.note(connection, document.case, kind="opened", document=document.id, reason="new", now=document.fetched)
    if decided:
        connection.execute(
            tables.case_events.insert().values(
                case=document.case,
                at=document.fetched + timedelta(minutes=chance.expovariate(1 / 300)),
                actor=actor,
                kind="state",
                reason="",
                detail={"before": {"state": "new"}, "after": {"state": document.case_state}},
            )
        )


def _store(connection: sa.Connection, batch: list[Document]) -> None:
    connection.execute(tables.articles.insert(), [_article(one) for one in batch])
    connection.execute(
        tables.analyses.insert(),
        [
            {"document": one.id, "version": 1, "analyser": "bench", "at": one.fetched, "analysis": dict(one.analysis)}
            for one in batch
        ],
    )
    connection.execute(
        tables.documents.insert(),
        [
            {
                "id": one.id,
                "version": 1,
                "revision": 1,
                "stance": one.stance,
                "group": one.group,
                "case": one.case or None,
                "first_seen": one.fetched,
            }
            for one in batch
        ],
    )


def _article(document: Document) -> dict[str, Any]:
    return {
        "document": document.id,
        "version": 1,
        "url": document.url,
        "outlet": document.outlet,
        "source": f"{document.outlet}-feed",
        "title": document.title,
        "body": document.body,
        "content": document.id,
        "published": document.published,
        "published_raw": "",
        "published_from": "feed",
        "fetched": document.fetched,
        "language": "ar",
        "state": "analysed",
    }
