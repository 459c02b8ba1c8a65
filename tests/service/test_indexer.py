from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler import Article
from index import Document, Field, Index, Query, Written, open_index
from nlp import Analyser
from service.assembly import Outlets
from service.database import changes
from service.database.engine import Database
from service.database.tables import refusals
from service.indexer import Indexed, index_changes, reindex
from service.sink import DatabaseSink
from service.stages import work_off
from service.worker import Worker

Make = Callable[..., Article]

NAMES = {"agency": "وكالة الرافد"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        yield index


@pytest.fixture
def filled(database: Database, analyser: Analyser, article: Make) -> Database:
    sink = DatabaseSink(database)
    sink.accept(article())
    sink.accept(
        article("https://agency.example/2", title="فوز نادي الزوراء", body="فاز نادي الزوراء أمس.", published=None)
    )
    work_off(Worker(database, analyser, Outlets({}, {})))
    return database


def _answers(index: Index) -> list[tuple[str, int, str, tuple[str, ...]]]:
    page = index.search(Query(facets=(Field.NEED,)))
    return [(hit.document.id, hit.document.version, hit.document.stance, hit.document.needs) for hit in page.hits]


def test_changes_come_into_the_index_once_with_labels_and_names(filled: Database, index: Index) -> None:
    assert index_changes(filled, index, NAMES) == Indexed(changes=2, stored=2)
    assert index_changes(filled, index, NAMES) == Indexed()
    (hit,) = index.search(Query(text="ماء", filters={Field.STANCE: ("appeal",)})).hits
    document = hit.document
    assert (document.outlet_name, document.urgency, document.needs) == ("وكالة الرافد", "high", ("water",))
    assert document.primary == ("IQ-WA",)
    assert [(round(latitude, 1), round(longitude, 1)) for latitude, longitude in document.points] == [(32.5, 45.8)]
    assert document.case_state == "new"


def test_the_fetched_time_stands_in_for_a_published_time_that_nobody_knows(filled: Database, index: Index) -> None:
    index_changes(filled, index, NAMES)
    (hit,) = index.search(Query(text="الزوراء")).hits
    assert hit.document.published == hit.document.fetched


def test_the_same_changes_twice_leave_the_same_index(filled: Database, index: Index) -> None:
    index_changes(filled, index, NAMES)
    before = _answers(index)
    with filled.write() as connection:
        changes.restart(connection, changes.INDEXER)
    assert index_changes(filled, index, NAMES) == Indexed(changes=2, stored=0)
    assert _answers(index) == before


def test_a_deleted_index_made_again_gives_the_same_answers(filled: Database, tmp_path: Path) -> None:
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        index_changes(filled, index, NAMES)
        before = _answers(index)
    for path in tmp_path.glob("index.db*"):
        path.unlink()
    told: list[tuple[int, int]] = []
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        done = reindex(filled, index, NAMES, lambda *counts: told.append(counts))
        assert done == Indexed(stored=2)
        assert _answers(index) == before
        assert index_changes(filled, index, NAMES) == Indexed()
    assert told == [(2, 2)]


class _Refusing:
    """The real index behind a door that refuses one Document, as a strict mapping would."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def write(self, documents: Iterable[Document]) -> Written:
        given = list(documents)
        written = self._index.write([document for document in given if "الزوراء" not in document.title])
        refused = {document.id: "mapping: no" for document in given if "الزوراء" in document.title}
        return Written(written.stored, written.stale, refused)


def test_a_refused_document_is_kept_with_its_reason_stops_no_other_and_is_forgotten_when_it_passes(
    filled: Database, index: Index
) -> None:
    refusing: Index = _Refusing(index)  # type: ignore[assignment]  # passes everything on to a real index
    assert index_changes(filled, refusing, NAMES) == Indexed(changes=2, stored=1, refused=1)
    with filled.read() as connection:
        assert [row.reason for row in connection.execute(sa.select(refusals))] == ["mapping: no"]
    with filled.write() as connection:
        changes.restart(connection, changes.INDEXER)
    index_changes(filled, index, NAMES)
    with filled.read() as connection:
        assert connection.execute(sa.select(refusals)).all() == []
