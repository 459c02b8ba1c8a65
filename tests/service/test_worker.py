from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from crawler import Article
from nlp import Analyser, Analysis
from service.assembly import Outlets
from service.database import articles, cases, changes, documents
from service.database.cases import Dues
from service.database.engine import Database
from service.database.tables import analyses, case_events
from service.database.tables import articles as articles_table
from service.database.tables import documents as documents_table
from service.sink import DatabaseSink
from service.stages import work_off
from service.triage import merge
from service.worker import Work, Worker

Make = Callable[..., Article]

KURDISH = (
    "دانیشتوانی گوندەکە داوای ئاوی خواردنەوە دەکەن و دەڵێن ماوەی دوو هەفتەیە ئاو نەهاتووە. "
    "ئەوان دەڵێن حکومەت دەبێت بە زووترین کات چارەسەری کێشەکە بکات."
)
LONG = (
    "ناشد أهالي حي الزهور في مدينة الكوت محافظ واسط إعادة ماء الشرب إلى بيوتهم بعد انقطاعه منذ أسبوع كامل، "
    "مؤكدين أن الصهاريج لا تكفي الحي وأن الأطفال والمرضى هم الأكثر تضرراً. وقال أحد السكان إن مضخة المجمع "
    "عاطلة ولم يأتِ أحد لإصلاحها على الرغم من مراجعات متكررة لدائرة ماء واسط خلال الأيام الماضية."
)

OUTLETS = Outlets(names={"agency": "بريد بغداد"}, homes={"agency": ""})


def _worker(database: Database, analyser: Analyser) -> Worker:
    return Worker(database, analyser, OUTLETS)


def _rows(database: Database, table: sa.Table) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(table)))


def test_an_appeal_becomes_a_document_a_case_and_one_change(
    database: Database, analyser: Analyser, article: Make
) -> None:
    DatabaseSink(database).accept(article())
    assert work_off(_worker(database, analyser)) == Work(analysed=1)
    (document,) = _rows(database, documents_table)
    assert document.stance == "appeal"
    assert document.revision == 1
    assert document.case == f"case-{document.id[:12]}"
    (event,) = _rows(database, case_events)
    assert (event.kind, event.actor) == ("opened", "rasid")
    with database.read() as connection:
        assert changes.since(connection, 0, 10) == [(1, document.id)]
        (record,) = documents.records(connection, [document.id])
    assert record.analysis["appeals"][0]["needs"] == ["water"]
    assert record.case_state == "new"


def test_work_on_an_empty_spool_does_nothing(database: Database, analyser: Analyser) -> None:
    assert _worker(database, analyser).work() == Work()


def test_a_text_in_kurdish_is_rejected_by_name_and_makes_no_document(
    database: Database, analyser: Analyser, article: Make
) -> None:
    DatabaseSink(database).accept(article(title="", body=KURDISH, language="ckb"))
    assert work_off(_worker(database, analyser)) == Work(rejected=1)
    (row,) = _rows(database, articles_table)
    assert (row.state, row.detail) == ("rejected", "language: ckb")
    assert _rows(database, documents_table) == []


def test_an_outlets_own_name_is_no_place(database: Database, analyser: Analyser, article: Make) -> None:
    DatabaseSink(database).accept(article(body=f"{LONG} ونقلت «بريد بغداد» شكواهم."))
    work_off(_worker(database, analyser))
    (row,) = _rows(database, analyses)
    assert row.analysis["governorates"]["mentioned"] == ["IQ-WA"]


def test_the_same_text_on_another_outlet_joins_the_case_and_says_why(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink = DatabaseSink(database)
    sink.accept(article(body=LONG))
    sink.accept(article("https://other.example/9", outlet="other", body=LONG.replace("كامل", "")))
    work_off(_worker(database, analyser))
    first, second = sorted(_rows(database, documents_table), key=lambda row: row.first_seen)
    assert first.group == second.group == first.id
    assert first.case == second.case
    assert [event.kind for event in _rows(database, case_events)] == ["opened", "joined"]
    assert "the same text" in _rows(database, case_events)[1].reason
    with database.read() as connection:
        assert cases.outlets(connection, [first.case]) == {first.case: ["agency", "other"]}
        assert cases.count(connection) == 1


def test_the_same_words_about_another_town_are_another_case(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink = DatabaseSink(database)
    sink.accept(article(body=LONG))
    other = (
        "طالب سائقو الأجرة في البصرة مديرية المرور بفتح الشارع المؤدي إلى المرآب بعد أن قُطع منذ شهر بسبب أعمال الحفر."
    )
    sink.accept(article("https://other.example/9", title="سائقو الأجرة في البصرة يطالبون بفتح الشارع", body=other))
    work_off(_worker(database, analyser))
    with database.read() as connection:
        assert cases.count(connection) == 2


def test_an_edited_text_keeps_document_group_and_case_and_makes_another_change(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink, worker = DatabaseSink(database), _worker(database, analyser)
    sink.accept(article(body=LONG))
    work_off(worker)
    (before,) = _rows(database, documents_table)
    sink.accept(article(body=f"{LONG} وأضاف أن المدارس في الحي أُغلقت."))
    work_off(worker)
    (after,) = _rows(database, documents_table)
    assert (after.id, after.group, after.case) == (before.id, before.group, before.case)
    assert (after.version, after.revision) == (2, 2)
    assert len(_rows(database, analyses)) == 2
    with database.read() as connection:
        assert changes.last(connection) == 2


def test_an_article_edited_until_it_asks_for_nothing_leaves_its_case(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink, worker = DatabaseSink(database), _worker(database, analyser)
    sink.accept(article(body=LONG))
    work_off(worker)
    sink.accept(article(title="افتتاح معرض للكتاب", body="افتتح اليوم معرض للكتاب في مدينة الكوت بحضور جمهور كبير."))
    work_off(worker)
    (document,) = _rows(database, documents_table)
    assert document.case is None
    assert [event.kind for event in _rows(database, case_events)] == ["opened", "left"]


def test_an_older_text_that_is_analysed_late_does_not_overwrite_the_newer(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink, worker = DatabaseSink(database), _worker(database, analyser)
    sink.accept(article(body=LONG))
    with database.write() as connection:
        (held_back,) = articles.claim(connection, article().fetched, 1)
    sink.accept(article(body="نص جديد."))
    work_off(worker)
    with database.write() as connection:
        articles.give_back(connection, [held_back.id])
    work_off(worker)
    (document,) = _rows(database, documents_table)
    assert (document.version, document.revision) == (2, 1)
    assert {row.version for row in _rows(database, analyses)} == {1, 2}


class _FailsOn(Analyser):
    """The real analyser, but for one text on which it breaks as a fault in a rule would."""

    def analyse(self, text: str, **more: Any) -> Analysis:
        if "مكسور" in text:
            raise LookupError("a fault in a rule")
        return super().analyse(text, **more)


def test_a_text_on_which_the_analysis_breaks_is_set_aside_visibly_and_stops_no_other(
    database: Database, article: Make
) -> None:
    sink = DatabaseSink(database)
    sink.accept(article("https://agency.example/1", body="نص مكسور"))
    sink.accept(article("https://agency.example/2"))
    assert work_off(Worker(database, _FailsOn.load(), OUTLETS)) == Work(analysed=1, failed=1)
    failed = next(row for row in _rows(database, articles_table) if row.state == "failed")
    assert failed.detail == "LookupError: a fault in a rule"


def test_a_worker_that_is_told_to_stop_gives_back_what_it_did_not_read(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink = DatabaseSink(database)
    for number in range(3):
        sink.accept(article(f"https://agency.example/{number}"))
    answers = iter([False, True])
    assert _worker(database, analyser).work(stopping=lambda: next(answers)).total == 1
    with database.read() as connection:
        assert articles.states(connection) == {"analysed": 1, "spooled": 2}


_AGENCY = (
    "أهالي قرية أم الودع في الشطرة يناشدون المحافظ: 11 يوماً بلا ماء",
    (
        "ناشد أهالي قرية أم الودع التابعة لقضاء الشطرة محافظ ذي قار إعادة ماء الشرب المقطوع عن بيوتهم منذ 11 يوماً "
        "بسبب عطل المضخة، وقال المواطن كاظم جبر إن سعر الخزان بلغ 20 ألف دينار."
    ),
)
_RETOLD = (
    "قرية أم الودع عطشى والمضخة معطلة",
    (
        "طالب سكان أم الودع في قضاء الشطرة الحكومة المحلية في ذي قار بإصلاح المضخة، إذ ينقطع عنهم ماء الشرب منذ "
        "11 يوماً ويشترون الخزان بمبلغ 20 ألف دينار، بحسب كاظم جبر."
    ),
)
_ELSEWHERE = (
    "أهالي قرية السلام في الحويجة يناشدون المحافظ: 9 أيام بلا ماء",
    (
        "ناشد أهالي قرية السلام التابعة لقضاء الحويجة محافظ كركوك إعادة ماء الشرب المقطوع عن بيوتهم منذ 9 أيام "
        "بسبب عطل المضخة، وقال المواطن خلف عيسى إن سعر الخزان بلغ 15 ألف دينار."
    ),
)


def test_an_appeal_retold_in_other_words_joins_the_case_and_another_village_does_not(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink = DatabaseSink(database)
    for name, (title, body) in (("agency", _AGENCY), ("retold", _RETOLD), ("elsewhere", _ELSEWHERE)):
        sink.accept(article(f"https://{name}.example/1", title=title, body=body))
    _worker(database, analyser).work()
    urls = {row.document: row.url for row in _rows(database, articles_table)}
    found = {urls[row.id].split("/")[2].split(".")[0]: row.case for row in _rows(database, documents_table)}
    assert found["agency"] == found["retold"] is not None
    assert found["elsewhere"] not in {None, found["agency"]}
    reasons = [row.reason for row in _rows(database, case_events) if row.kind == "joined"]
    assert [reason.partition(" as ")[0] for reason in reasons] == ["the same need"]


def test_what_comes_after_a_merger_joins_the_case_that_took_over_and_an_edited_text_stays_there(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink, worker = DatabaseSink(database), _worker(database, analyser)
    for name, (title, body) in (("agency", _AGENCY), ("elsewhere", _ELSEWHERE)):
        sink.accept(article(f"https://{name}.example/1", title=title, body=body))
    work_off(worker)
    first, second = (row.case for row in sorted(_rows(database, documents_table), key=lambda row: row.first_seen))
    with database.write() as connection:
        now = article().fetched
        merge(connection, first, second, actor="noor", revision=1, now=now, dues=Dues())
    title, body = _RETOLD
    sink.accept(article("https://retold.example/1", title=title, body=body))
    sink.accept(article("https://copy.example/1", title=_AGENCY[0], body=f"{_AGENCY[1]} وأضاف أن المدرسة بلا ماء."))
    sink.accept(article("https://agency.example/1", title=_AGENCY[0], body=f"{_AGENCY[1]} وناشدوا الوزير أيضاً."))
    work_off(worker)
    assert {row.case for row in _rows(database, documents_table)} == {second}
    joined = [row.case for row in _rows(database, case_events) if row.kind == "joined"]
    assert joined == [second, second]


def test_an_appeal_that_was_edited_away_comes_back_to_where_its_case_went(
    database: Database, analyser: Analyser, article: Make
) -> None:
    sink, worker = DatabaseSink(database), _worker(database, analyser)
    for name, (title, body) in (("agency", _AGENCY), ("elsewhere", _ELSEWHERE)):
        sink.accept(article(f"https://{name}.example/1", title=title, body=body))
    work_off(worker)
    first, second = (row.case for row in sorted(_rows(database, documents_table), key=lambda row: row.first_seen))
    sink.accept(article("https://agency.example/1", title="", body="افتتح اليوم معرض للكتاب في مدينة الكوت."))
    work_off(worker)
    with database.write() as connection:
        merge(connection, first, second, actor="noor", revision=1, now=article().fetched, dues=Dues())
    sink.accept(article("https://agency.example/1", title=_AGENCY[0], body=_AGENCY[1]))
    work_off(worker)
    assert {row.case for row in _rows(database, documents_table)} == {second}
