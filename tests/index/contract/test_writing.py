from __future__ import annotations

from datetime import UTC, datetime

from index import Field, Query, Written


def test_a_stored_document_comes_back_as_it_was(index, make, store):
    document = make(
        "one",
        title="نداء\u200f إلى\tالمحافظ",
        body="سطر أول\r\nسطر ثانٍ\x00 \x1b[0m \U0001f4a7\n",
        published=datetime(2026, 5, 20, 9, 0, 0, 123457, tzinfo=UTC),
        stance="appeal",
        urgency="high",
        needs=("water", "health"),
        governorates=("IQ-BA", "IQ-BG"),
        primary=("IQ-BA",),
        facility_types=("water",),
        case="case-1",
        case_state="new",
        group="group-1",
        corrected=("need", "stance"),
        analysis={"stance": "appeal", "appeals": [{"needs": ["water"], "score": 0.5, "none": None}]},
    )
    store(document)
    assert index.get("one") == document
    assert index.search(Query(text="نداء")).hits[0].document == document


def test_what_is_not_there_is_none(index):
    assert index.get("nothing") is None
    assert index.get("") is None
    assert index.get("\ud800") is None


def test_a_write_says_what_it_did(index, make):
    assert index.write([make("a"), make("b")]) == Written(stored=2)
    assert index.write([make("a"), make("b", version=2), make("c")]) == Written(stored=2, stale=1)
    assert index.write([]) == Written()


def test_a_write_that_is_repeated_changes_nothing(index, make, store):
    store(make("a", title="الماء"), make("b", title="الكهرباء"))
    before = index.search(Query(facets=tuple(Field)))
    assert index.write([make("a", title="الماء"), make("b", title="الكهرباء")]) == Written(stale=2)
    index.refresh()
    assert index.search(Query(facets=tuple(Field))) == before


def test_a_newer_version_replaces_text_and_labels(index, make, store, ids):
    store(make("a", title="انقطاع الماء", stance="appeal", needs=("water",)))
    store(make("a", version=2, title="انقطاع الكهرباء", stance="complaint", needs=("electricity",)))
    assert ids("الماء") == []
    assert ids("الكهرباء") == ["a"]
    assert ids(filters={Field.NEED: ("water",)}) == []
    assert ids(filters={Field.STANCE: ("complaint",)}) == ["a"]
    assert index.count() == 1


def test_a_newer_version_with_the_same_text_replaces_the_labels(make, store, ids):
    store(make("a", title="انقطاع الماء", case="case-1", case_state="new"))
    store(make("a", version=2, title="انقطاع الماء", case="case-2", case_state="closed"))
    assert ids("الماء", filters={Field.CASE_STATE: ("closed",), Field.CASE: ("case-2",)}) == ["a"]
    assert ids("الماء", filters={Field.CASE: ("case-1",)}) == []


def test_an_older_version_never_comes_back(index, make, store, ids):
    store(make("a", version=5, title="الجديد"))
    assert index.write([make("a", version=4, title="القديم")]) == Written(stale=1)
    index.refresh()
    assert ids("القديم") == []
    assert index.get("a").version == 5


def test_of_two_versions_in_one_write_the_newer_stays(index, make, ids):
    index.write([make("a", title="الأول"), make("a", version=3, title="الثالث"), make("a", version=2, title="الثاني")])
    index.refresh()
    assert ids("الثالث") == ["a"]
    assert ids("الأول") == []
    assert index.count() == 1


def test_a_refused_document_stops_no_other(index, make, ids):
    bad = {
        "surrogate": make("surrogate", body="نصف \ud83d"),
        "analysis": make("analysis", analysis={"when": datetime(2026, 1, 1, tzinfo=UTC)}),
        "number": make("number", analysis={"score": float("nan")}),
        "naive": make("naive", published=datetime(2026, 1, 1)),  # noqa: DTZ001 - what is refused
        "long ago": make("long ago", published=datetime(1, 1, 1, tzinfo=UTC)),
        "version": make("version", version=0),
        "keyword": make("keyword", outlet="x" * 501),
        "x" * 501: make("x" * 501),
        "huge": make("huge", body="م" * 8_000_001),
        "": make(""),
    }
    written = index.write([make("before", title="سليم"), *bad.values(), make("after", title="سليم")])
    index.refresh()
    assert written.stored == 2
    assert written.refused.keys() == bad.keys()
    assert all(reason and "\n" not in reason for reason in written.refused.values())
    assert sorted(ids("سليم")) == ["after", "before"]
    assert index.count() == 2


def test_delete_removes_and_counts_what_was_there(index, make, store, ids):
    store(make("a", title="الماء"), make("b", title="الماء", minutes=1), make("c", title="الماء", minutes=2))
    assert index.delete(["a", "c", "a", "nothing", "\ud800"]) == 2
    index.refresh()
    assert ids("الماء") == ["b"]
    assert index.get("a") is None
    assert index.count() == 1
    assert index.search(Query(facets=(Field.OUTLET,))).facets[Field.OUTLET] == (("ina", 1),)


def test_what_was_deleted_can_be_stored_again(index, make, store, ids):
    store(make("a", version=7, title="الماء"))
    index.delete(["a"])
    store(make("a", version=7, title="الكهرباء"))
    assert ids("الكهرباء") == ["a"]
    assert ids("الماء") == []


def test_clear_removes_everything_and_leaves_a_usable_index(index, make, store, ids):
    store(*(make(str(number), title="الماء", needs=("water",)) for number in range(20)))
    index.clear()
    index.refresh()
    assert index.count() == 0
    page = index.search(Query(text="الماء", facets=tuple(Field)))
    assert (page.total, page.hits, set(page.facets.values())) == (0, (), {()})
    store(make("1", title="الماء"))
    assert ids("الماء") == ["1"]


def test_more_documents_than_one_batch_holds(index, make):
    written = index.write(make(str(number), title=f"خبر {number}", minutes=number) for number in range(1203))
    index.refresh()
    assert written.stored == index.count() == 1203
    assert index.delete(str(number) for number in range(1200)) == 1200


def test_a_document_of_a_million_letters(index, make, store, ids):
    body = "كلام كثير عن شؤون الناس " * 45_000 + "خاتمة"
    assert len(body) > 1_000_000
    store(make("big", body=body), make("run", body="ا" * 1_000_000 + " بعدها"))
    assert ids("خاتمة") == ["big"]
    assert ids("بعدها") == ["run"]
    hit = index.search(Query(text="خاتمة")).hits[0]
    assert hit.body_marks == ((len(body) - 5, len(body)),)
    assert hit.document.body == body


def test_an_index_says_what_it_is_without_a_password(index, address, make, store):
    store(make("a"))
    said = index.describe()
    assert "\n" not in said
    assert ("MB" in said) if address.startswith("sqlite") else ("Elasticsearch" in said and "items-v2" in said)
