"""A small newsroom in real databases and indexes, and the desk over them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from desk_browser import PASSWORD
from elasticsearch import Elasticsearch
from fastapi import FastAPI
from fastapi.testclient import TestClient
from servers import postgresql

from index import Document, Index, open_index
from nlp.analysis import Analysis, Appeal, Evidence, Facility, Governorates, Place, Span
from service.database.cases import Dues, refresh
from service.database.engine import Database
from service.database.tables import analyses, articles, cases, documents, users
from service.desk.app import create_app
from service.desk.reading import analysis_of
from service.passwords import hashed
from service.roles import Role

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
OUTLETS = {
    "nabd": "نبض الجنوب",
    "rafidain": "بريد الرافدين",
    "shatt": "شط العرب اليوم",
    "furat": "وكالة الفرات الأوسط",
    "jabal": "الجبل برس",
}


def read_marked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return the text without its marks, and (kind, start, end) of each."""
    text: list[str] = []
    opened: list[tuple[str, int]] = []
    found = []
    position = 0
    while position < len(marked):
        character = marked[position]
        if character == "{":
            bar = marked.index("|", position)
            opened.append((marked[position + 1 : bar], len(text)))
            position = bar
        elif character == "}":
            kind, start = opened.pop()
            found.append((kind, start, len(text)))
        else:
            text.append(character)
        position += 1
    return "".join(text), sorted(found, key=lambda mark: mark[1:])


def as_document(item: dict[str, Any], now: datetime = NOW) -> Document:
    """Return one item of newsroom.toml as the Document that the worker would have made."""
    title, body = (read_marked(item[part].strip())[0] for part in ("title", "body"))
    marked = f"{item['title']}\n{item['body'].strip()}" if item["title"] else item["body"].strip()
    text, marks = read_marked(marked)
    spans = [(kind.split("."), Span(text[start:end], start, end)) for kind, start, end in marks]
    places = tuple(
        Place(s.text, s.start, s.end, kind[1], s.text, kind[2], 0.9) for kind, s in spans if kind[0] == "place"
    )
    facilities = tuple(Facility(s.text, s.start, s.end, kind[1], kind[2]) for kind, s in spans if kind[0] == "facility")
    primary = tuple(item.get("primary", ()))
    asks = item["stance"] in {"appeal", "complaint"}
    appeal = Appeal(
        start=0,
        end=len(text),
        appellants=tuple(s for kind, s in spans if kind[0] == "appellant"),
        addressees=tuple(s for kind, s in spans if kind[0] == "addressee"),
        needs=tuple(item.get("needs", ())),
        urgency=item.get("urgency", "normal"),
        governorates=primary,
        facilities=tuple(s for kind, s in spans if kind[0] == "facility"),
        summary=item.get("summary", ""),
        evidence=tuple(Evidence(s.text, s.start, s.end, kind[1]) for kind, s in spans if kind[0] == "evidence"),
    )
    url = f"https://{item['outlet']}.example/{sha256(marked.encode()).hexdigest()[:10]}"
    mentioned = tuple(sorted({place.governorate for place in places} | set(primary)))
    id_ = sha256(url.encode()).hexdigest()
    analysis = Analysis(
        id=id_,
        language="ar",
        governorates=Governorates(mentioned, primary),
        places=places,
        facilities=facilities,
        entities=(),
        stance=item["stance"],
        stance_score=0.93,
        appeals=(appeal,) if asks else (),
    )
    published = now - timedelta(minutes=item["ago"])
    return Document(
        id=id_,
        version=1,
        url=url,
        title=title,
        body=body,
        outlet=item["outlet"],
        outlet_name=OUTLETS[item["outlet"]],
        published=published,
        fetched=published + timedelta(minutes=4),
        stance=item["stance"],
        urgency=item.get("urgency", ""),
        needs=tuple(item.get("needs", ())),
        governorates=mentioned,
        primary=primary,
        facility_types=tuple(sorted({facility.type for facility in facilities})),
        case=item.get("case", ""),
        case_state=item.get("case_state", "new" if asks else ""),
        group=item["group"],
        analysis=analysis.to_dict(),
    )


def spool(connection: sa.Connection, document: Document, *, revision: int = 1) -> None:
    """Store a Document as the worker would have: Article, Analysis, state, Case."""
    connection.execute(
        articles.insert().values(
            document=document.id,
            version=1,
            url=document.url,
            outlet=document.outlet,
            source=f"{document.outlet}-feed",
            title=document.title,
            body=document.body,
            content=document.id,
            published=document.published,
            published_raw="",
            published_from="feed",
            fetched=document.fetched,
            language="ar",
            state="analysed",
        )
    )
    connection.execute(
        analyses.insert().values(
            document=document.id, version=1, analyser="test", at=document.fetched, analysis=dict(document.analysis)
        )
    )
    if document.case and not connection.scalar(sa.select(cases.c.id).where(cases.c.id == document.case)):
        connection.execute(
            cases.insert().values(id=document.case, state=document.case_state or "new", opened=document.fetched)
        )
    connection.execute(
        documents.insert().values(
            id=document.id,
            version=1,
            revision=revision,
            stance=document.stance,
            group=document.group,
            case=document.case or None,
            first_seen=document.fetched,
        )
    )


@dataclass(frozen=True)
class Room:
    """A newsroom: its database, the index made from it, and the desk over both."""

    database: Database
    index: Index
    app: FastAPI

    def over(self, index: Any, **changed: Any) -> Room:
        """Another desk over the same database, and over this index."""
        settings: dict[str, Any] = {"outlets": OUTLETS, "clock": lambda: NOW, **changed}
        return Room(self.database, index, create_app(index, self.database, **settings))

    def client(self, name: str | None = "editor", *, address: str = "http://127.0.0.1", **options: Any) -> TestClient:
        """A client that is logged in as the user of this name, or not at all for None."""
        client = TestClient(self.app, base_url=address, follow_redirects=False, **options)
        if name is not None:
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client


USERS = {"reader": Role.READER, "editor": Role.EDITOR, "second": Role.EDITOR, "chief": Role.ADMINISTRATOR}


@cache
def _kept() -> str:
    """What is kept of everybody's password, made once: hashing is slow on purpose."""
    return hashed(PASSWORD)


@contextmanager
def room_over(
    documents: list[Document], database_url: str, index_url: str, clock: Callable[[], datetime] = lambda: NOW
) -> Iterator[Room]:
    """Give a newsroom that holds these Documents, with the users of `USERS`."""
    with Database.open(database_url, create=True) as database, open_index(index_url) as index:
        with database.write() as connection:
            for document in documents:
                spool(connection, document)
            unread = {document.case for document in documents if analysis_of(document.analysis) is None}
            for case in sorted({document.case for document in documents if document.case} - unread):
                refresh(connection, case, Dues())
            people = [
                {"name": name, "role": role.value, "password": _kept(), "created": NOW, "preferences": {}}
                for name, role in USERS.items()
            ]
            connection.execute(users.insert(), people)
        written = index.write(documents)
        assert (written.stored, written.refused) == (len(documents), {})
        index.refresh()
        yield Room(database, index, create_app(index, database, outlets=OUTLETS, clock=clock))


@contextmanager
def served_urls(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Give a database of its own on the shared PostgreSQL, and an address of its own on the shared Elasticsearch."""
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    node = request.getfixturevalue("elasticsearch_node")
    prefix = f"desk-{uuid.uuid4().hex[:12]}"
    with postgresql.database(server, template) as url, Elasticsearch(node) as client:
        yield url.render_as_string(hide_password=False), f"{node}?prefix={prefix}"
        if left := list(client.indices.get(index=f"{prefix}-*", expand_wildcards="all")):
            client.indices.delete(index=left)
