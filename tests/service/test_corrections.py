"""Corrections outlive the model: in force at once everywhere, kept apart, taken back, exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from crawler import Article
from index import Field, Index, Query, open_index
from nlp import Analyser, Analysis
from service.assembly import Outlets
from service.cli import app
from service.correcting import correct, with_words, withdraw
from service.database import changes, corrections, documents
from service.database.cases import Dues
from service.database.documents import Record
from service.database.engine import Database
from service.database.tables import analyses, audit, case_events, case_labels, cases
from service.database.tables import documents as documents_table
from service.errors import DecisionRefused
from service.indexer import index_changes, reindex
from service.sink import DatabaseSink
from service.stages import work_off
from service.worker import Worker

Make = Callable[..., Article]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APPEAL = (
    "ناشد أهالي حي الزهور في مدينة الكوت محافظ واسط إعادة ماء الشرب إلى بيوتهم بعد انقطاعه منذ أسبوع، "
    "وقالوا إن مستشفى الزهراء التعليمي بلا ماء هو الآخر، وإن مراجعي مستشفى الزهراء التعليمي يشترون الماء."
)
NEWS = "افتتح اليوم معرض للكتاب في مدينة الكوت قرب مدرسة النهضة الابتدائية بحضور جمهور كبير من القراء والكتّاب."


class Desk:
    """A database with articles in it, the real worker, and one editor who corrects."""

    def __init__(self, database: Database, analyser: Analyser) -> None:
        self.database = database
        self.analyser = analyser
        self.at = NOW

    def read(self, *articles: Article) -> list[str]:
        """Have articles come in and be analysed; return the ids of their Documents."""
        for article in articles:
            DatabaseSink(self.database).accept(article)
        outlets = Outlets(names={"agency": "بريد بغداد"}, homes={"agency": ""})
        work_off(Worker(self.database, self.analyser, outlets))
        with self.database.read() as connection:
            return list(connection.scalars(sa.select(documents_table.c.id).order_by(documents_table.c.first_seen)))

    def correct(self, document: str, field: str, value: object, actor: str = "noor") -> int:
        self.at += timedelta(minutes=1)
        with self.database.write() as connection:
            return correct(connection, document, field, value, actor=actor, now=self.at, dues=Dues())

    def withdraw(self, correction: int, actor: str = "noor") -> None:
        self.at += timedelta(minutes=1)
        with self.database.write() as connection:
            withdraw(connection, correction, actor=actor, now=self.at, dues=Dues())

    def record(self, document: str) -> Record:
        with self.database.read() as connection:
            (record,) = documents.records(connection, [document])
        return record

    def rows(self, table: sa.Table) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(sa.select(table)))

    def events(self) -> list[tuple[str, str]]:
        return [(row.kind, row.actor) for row in self.rows(case_events)]


@pytest.fixture
def desk(database: Database, analyser: Analyser) -> Desk:
    return Desk(database, analyser)


@pytest.fixture(params=["sqlite", "elasticsearch"])
def index(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/index.db"
    else:
        url = request.getfixturevalue("elasticsearch_url")
    with open_index(url) as index:
        yield index


def test_a_correction_is_in_force_at_once_and_the_models_output_stays(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    said = desk.record(id_)
    assert (said.analysis["stance"], said.corrected) == ("appeal", ())
    desk.correct(id_, "urgency", "normal" if said.analysis["appeals"][0]["urgency"] != "normal" else "critical")
    desk.correct(id_, "need", ["electricity", "water"])
    desk.correct(id_, "governorate", ["IQ-BA"])
    now = desk.record(id_)
    (appeal,) = now.analysis["appeals"]
    assert now.corrected == ("urgency", "governorate", "need")
    assert appeal["urgency"] != said.analysis["appeals"][0]["urgency"]
    assert appeal["needs"] == ["water", "electricity"]
    assert now.analysis["governorates"]["primary"] == appeal["governorates"] == ["IQ-BA"]
    assert now.analysis["governorates"]["mentioned"] == ["IQ-BA", "IQ-WA"]
    assert appeal["appellants"] == said.analysis["appeals"][0]["appellants"]
    (stored,) = desk.rows(analyses)
    assert stored.analysis == said.analysis
    assert now.revision == 4
    assert [(row.actor, row.action, row.subject) for row in desk.rows(audit)] == [
        ("noor", "corrected", f"document:{id_}")
    ] * 3
    assert {(row.kind, row.value) for row in desk.rows(case_labels)} >= {
        ("need", "electricity"),
        ("governorate", "IQ-BA"),
    }


def test_what_is_kept_of_a_correction_is_who_when_what_and_what_the_model_had_said(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    number = desk.correct(id_, "governorate", ["IQ-BA", "IQ-WA"], actor="huda")
    with desk.database.read() as connection:
        (kept,) = corrections.history(connection, id_)
        assert corrections.live(connection, [id_, "other"]) == {id_: {"governorate": kept}}
    assert (kept.id, kept.document, kept.version, kept.field) == (number, id_, 1, "governorate")
    assert (kept.value, kept.before) == (["IQ-BA", "IQ-WA"], ["IQ-WA"])
    assert (kept.actor, kept.at, kept.withdrawn) == ("huda", desk.at, None)


def test_corrected_away_from_an_appeal_it_leaves_its_case_and_undone_it_comes_back(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    case = desk.record(id_).case
    number = desk.correct(id_, "stance", "mention")
    gone = desk.record(id_)
    assert (gone.analysis["stance"], gone.analysis["appeals"], gone.case) == ("mention", [], None)
    assert desk.rows(documents_table)[0].stance == "mention"
    assert desk.rows(cases)[0].documents == 0
    desk.withdraw(number)
    back = desk.record(id_)
    assert (back.analysis["stance"], back.case, back.corrected) == ("appeal", case, ())
    assert back.analysis["appeals"][0]["appellants"]
    assert desk.rows(cases)[0].documents == 1
    assert desk.events() == [("opened", "rasid"), ("left", "noor"), ("joined", "noor")]
    assert desk.rows(documents_table)[0].facts["embedding"]
    assert [row.action for row in desk.rows(audit)] == ["corrected", "correction_withdrawn"]


def test_corrected_into_an_appeal_it_opens_a_case_with_one_appeal_of_the_whole_text(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(title="معرض للكتاب في الكوت", body=NEWS))
    assert desk.record(id_).analysis["stance"] == "none"
    desk.correct(id_, "stance", "appeal")
    told = desk.record(id_)
    (appeal,) = told.analysis["appeals"]
    assert (appeal["start"], appeal["end"]) == (0, len(told.text))
    assert (appeal["needs"], appeal["urgency"]) == (["other"], "normal")
    assert appeal["governorates"] == told.analysis["governorates"]["primary"]
    assert [piece["why"] for piece in appeal["evidence"]] == ["corrected"]
    assert told.case == f"case-{id_[:12]}"
    assert desk.rows(cases)[0].due is not None
    desk.correct(id_, "need", ["education"])
    desk.correct(id_, "urgency", "high")
    (appeal,) = desk.record(id_).analysis["appeals"]
    assert (appeal["needs"], appeal["urgency"]) == (["education"], "high")
    assert desk.rows(cases)[0].urgency == "high"


def test_corrected_into_an_appeal_it_joins_the_case_of_the_same_text(desk: Desk, article: Make) -> None:
    first, second = desk.read(
        article(body=APPEAL), article("https://other.example/9", outlet="other", body=APPEAL.replace("منذ أسبوع", ""))
    )
    case = desk.record(first).case
    assert desk.record(second).case == case
    desk.correct(second, "stance", "response")
    assert [row.documents for row in desk.rows(cases)] == [1]
    desk.correct(second, "stance", "complaint")
    assert desk.record(second).case == case
    assert [row.documents for row in desk.rows(cases)] == [2]


def test_of_one_field_the_latest_counts_and_undoing_it_brings_the_earlier_back(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    desk.correct(id_, "need", ["agriculture"])
    second = desk.correct(id_, "need", ["education"], actor="huda")
    assert desk.record(id_).analysis["appeals"][0]["needs"] == ["education"]
    desk.withdraw(second)
    desk.withdraw(second)  # twice is once
    assert desk.record(id_).analysis["appeals"][0]["needs"] == ["agriculture"]
    with desk.database.read() as connection:
        newest, oldest = corrections.history(connection, id_)
    assert (newest.value, newest.withdrawn_by, oldest.withdrawn) == (["education"], "noor", None)
    assert newest.before == oldest.before == ["water", "health"]


class _SaysNone(Analyser):
    """A later version of the analyser, which misreads what the first read rightly."""

    version = "rules-0 misreading"

    def analyse(self, text: str, **more: Any) -> Analysis:
        return replace(super().analyse(text, **more), stance="none", appeals=(), facilities=())


def test_another_analysis_of_a_changed_text_leaves_a_correction_in_force(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    case = desk.record(id_).case
    desk.correct(id_, "stance", "complaint")
    desk.correct(id_, "need", ["agriculture"])
    desk.analyser = _SaysNone.load()
    desk.read(article(body=f"{APPEAL} وأضافوا أن الصهاريج لا تكفي."))
    told = desk.record(id_)
    assert (told.analysis["stance"], told.case, told.corrected) == ("complaint", case, ("stance", "need"))
    assert told.analysis["appeals"][0]["needs"] == ["agriculture"]
    assert desk.rows(documents_table)[0].stance == "complaint"
    assert [row.analysis["stance"] for row in desk.rows(analyses)] == ["appeal", "none"]
    assert [kind for kind, _ in desk.events()] == ["opened"]


def test_a_document_that_left_its_case_by_a_correction_does_not_come_back_with_its_next_text(
    desk: Desk, article: Make
) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    desk.correct(id_, "stance", "none")
    desk.read(article(body=f"{APPEAL} وأضافوا أن الصهاريج لا تكفي."))
    told = desk.record(id_)
    assert (told.analysis["stance"], told.case) == ("none", None)
    assert desk.rows(documents_table)[0].version == 2


def _named(record: Record) -> list[tuple[str, str]]:
    found = record.analysis["facilities"]
    assert all(record.text[one["start"] : one["end"]] == one["text"] for one in found)
    return [(one["text"], one["type"]) for one in found]


def test_facilities_are_replaced_and_found_again_by_their_words_in_a_changed_text(desk: Desk, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    record = desk.record(id_)
    hospital = [("مستشفى الزهراء التعليمي", "health")] * 2
    assert _named(record) == hospital
    right = with_words(record.analysis["facilities"], record.text, "مدينة  الكوت", "other")
    desk.correct(id_, "facility", right)
    told = desk.record(id_)
    assert _named(told) == [("مدينة الكوت", "other"), *hospital]
    assert [one["governorate"] for one in told.analysis["facilities"]] == ["IQ-WA"] * 3
    assert len(told.analysis["appeals"][0]["facilities"]) == 3
    desk.read(article(body=APPEAL.replace("ناشد أهالي", "عاجل: ناشد سكان").replace("مدينة الكوت", "المدينة")))
    moved = desk.record(id_)
    assert _named(moved) == hospital
    assert moved.analysis["lost"] == [{"text": "مدينة الكوت", "type": "other"}]
    desk.read(article(body=APPEAL))
    assert _named(desk.record(id_)) == [("مدينة الكوت", "other"), *hospital]


def test_of_two_facilities_that_share_words_the_longer_name_is_added() -> None:
    text = "مدير مستشفى الكرامة، وقسم الحروق في مستشفى الكرامة التعليمي، وبمستشفى الكرامة، لا مستشفى الكراماتي"
    short = with_words([], text, "مستشفى الكرامة", "health")
    assert [one["start"] for one in short] == [5, 36, 63]
    both = with_words(short, text, "مستشفى الكرامة التعليمي", "health")
    assert [one["text"] for one in both] == ["مستشفى الكرامة", "مستشفى الكرامة التعليمي", "مستشفى الكرامة"]
    assert with_words(both, text, "مستشفى الكرامة", "health") == both


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("stance", "angry", "bad_stance"),
        ("stance", ["appeal"], "bad_stance"),
        ("stance", "appeal", "unchanged"),
        ("urgency", "", "bad_urgency"),
        ("urgency", None, "bad_urgency"),
        ("governorate", ["IQ-XX"], "bad_governorate"),
        ("governorate", ["IQ-WA"], "unchanged"),
        ("need", [], "no_need"),
        ("need", ["water", "fun"], "bad_need"),
        ("need", [{"a": 1}], "bad_need"),
        ("facility", "مستشفى", "bad_facility"),
        ("facility", [{"text": "مستشفى"}], "bad_facility"),
        ("facility", [{"text": "ناشد", "start": 0, "end": 4, "type": "palace"}], "bad_facility"),
        ("facility", [{"text": "ناشد", "start": 1, "end": 5, "type": "health"}], "words_not_found"),
        ("title", "x", "unknown_field"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(
    desk: Desk, article: Make, field: str, value: object, key: str
) -> None:
    (id_,) = desk.read(article(title="", body=APPEAL))
    with pytest.raises(DecisionRefused) as refused:
        desk.correct(id_, field, value)
    assert refused.value.key == key
    assert desk.record(id_).revision == 1
    assert desk.rows(audit) == []


def test_needs_and_urgency_are_refused_where_nobody_asks_and_sleep_while_the_stance_says_so(
    desk: Desk, article: Make
) -> None:
    news, appeal = desk.read(article(title="", body=NEWS), article("https://agency.example/2", body=APPEAL))
    for field, value in (("need", ["water"]), ("urgency", "high")):
        with pytest.raises(DecisionRefused, match="stance"):
            desk.correct(news, field, value)
    desk.correct(appeal, "need", ["agriculture"])
    number = desk.correct(appeal, "stance", "none")
    assert desk.record(appeal).corrected == ("stance",)
    desk.withdraw(number)
    assert desk.record(appeal).analysis["appeals"][0]["needs"] == ["agriculture"]
    with pytest.raises(DecisionRefused, match="no analysed document"):
        desk.correct("f" * 64, "stance", "none")
    with pytest.raises(DecisionRefused, match="no correction"):
        desk.withdraw(999)


def _found(index: Index, **filters: tuple[str, ...]) -> set[str]:
    query = Query(filters={Field(name): values for name, values in filters.items()})
    return {hit.document.id for hit in index.search(query).hits}


def test_a_search_finds_the_corrected_value_and_that_it_was_corrected(desk: Desk, index: Index, article: Make) -> None:
    (id_,) = desk.read(article(body=APPEAL))
    index_changes(desk.database, index, {})
    assert _found(index, need=("water",)) == {id_}
    assert _found(index, corrected=("need", "stance")) == set()
    number = desk.correct(id_, "need", ["education"])
    index_changes(desk.database, index, {})
    assert _found(index, need=("water",)) == set()
    assert _found(index, need=("education",)) == _found(index, corrected=("need",)) == {id_}
    reindex(desk.database, index, {}, lambda _done, _of: None)
    assert _found(index, need=("education",), corrected=("need",)) == {id_}
    desk.withdraw(number)
    index_changes(desk.database, index, {})
    assert _found(index, need=("water",)) == {id_}
    assert _found(index, corrected=("need",)) == set()


def test_a_batch_costs_one_more_query_however_many_documents_it_holds(desk: Desk, article: Make) -> None:
    ids = desk.read(*(article(f"https://agency.example/{n}", title="", body=f"{APPEAL} {n}") for n in range(4)))
    for id_ in ids:
        desk.correct(id_, "urgency", "normal")
    asked: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(desk.database.engine, "before_cursor_execute", count)
    with desk.database.read() as connection:
        found = documents.records(connection, ids)
        assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2
        assert [record.corrected for record in found] == [("urgency",)] * 4
        assert [len(batch) for batch in documents.every(connection, 3)] == [3, 1]
        assert changes.last(connection) == 8


def test_corrected_items_are_exported_as_labelled_items_that_evaluation_takes(
    desk: Desk, database_url: str, tmp_path: Path, article: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASID_DATABASE", database_url)
    run, file = CliRunner().invoke, tmp_path / "gold.jsonl"
    assert run(app, ["corrections", "export"]).output == ""
    appeal, news, _ = desk.read(
        article(body=APPEAL), article("https://agency.example/2", title="", body=NEWS), article("https://a.example/3")
    )
    desk.correct(appeal, "need", ["agriculture"])
    desk.correct(appeal, "stance", "complaint", actor="huda")
    at = desk.at.isoformat()
    desk.correct(news, "facility", [])
    desk.withdraw(desk.correct(news, "stance", "mention"))
    assert run(app, ["corrections", "export", str(file)]).output == f"2 corrected items written to {file}\n"
    items = {item["id"]: item for item in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    assert [json.loads(line) for line in run(app, ["corrections", "export"]).stdout.splitlines()] == [*items.values()]
    assert set(items) == {appeal, news}
    assert list(items[appeal]) == [
        *("id", "source", "url", "text", "governorates", "facilities", "stance", "appellants", "addressees"),
        *("needs", "urgency", "summary", "corrected"),
    ]
    assert (items[appeal]["stance"], items[appeal]["needs"]) == ("complaint", ["agriculture"])
    assert items[appeal]["corrected"]["stance"] == {"by": "huda", "at": at, "before": "appeal"}
    assert set(items[appeal]["facilities"][0]) == {"text", "start", "end", "type"}
    assert items[news]["corrected"].keys() == {"facility"}
    assert (items[news]["facilities"], items[news]["urgency"], items[news]["summary"]) == ([], None, None)
    (scores,) = map(json.loads, run(app, ["evaluate", str(file), "--json"]).stdout.splitlines())
    assert (scores["items"], scores["confusion"]) == (2, {"complaint->appeal": 1})


def test_the_corrections_in_force_are_listed(
    desk: Desk, database_url: str, tmp_path: Path, article: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASID_DATABASE", database_url)
    (id_,) = desk.read(article(body=APPEAL))
    desk.correct(id_, "need", ["electricity"])
    desk.correct(id_, "need", ["agriculture", "water"], actor="huda")
    desk.correct(id_, "facility", [])
    need, facility = CliRunner().invoke(app, ["corrections", "list"]).output.splitlines()
    assert need == f"2026-11-20T12:02\thuda\t{id_[:12]}\tneed\twater, health -> water, agriculture"
    assert facility.endswith("مستشفى الزهراء التعليمي (health) -> -")
    (told, _) = map(json.loads, CliRunner().invoke(app, ["corrections", "list", "--json"]).output.splitlines())
    assert told == {
        "document": id_,
        "field": "need",
        "value": ["water", "agriculture"],
        "before": ["water", "health"],
        "by": "huda",
        "at": desk.at.replace(minute=2).isoformat(),
    }
