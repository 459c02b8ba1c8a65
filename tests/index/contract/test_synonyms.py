from __future__ import annotations

import pytest

from index import Query, open_index


@pytest.fixture
def index(address):
    groups = [("أربيل", "هولير"), ("ذي قار", "ذيقار"), ("عين التمر", "شثاثة"), ("عانة", "عنه")]
    with open_index(address, synonyms=groups) as opened:
        yield opened


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("هولير", ["a", "b"]),
        ("أربيل", ["a", "b"]),
        ("ذيقار", ["c", "d"]),
        ("ذي قار", ["c", "d"]),
        ("ماء ذي قار", ["c"]),
        ("هولير OR ذيقار", ["a", "b", "c", "d"]),
        ("كهرباء -هولير", ["d"]),
        ('"هولير"', ["b"]),
        ("عين التمر", ["e"]),
        ("عين", []),
        ("بعيد عن المدينة", ["f"]),
    ],
)
def test_a_place_is_found_by_any_of_its_names(make, store, ids, asked, found):
    store(
        make("a", title="انقطاع الماء في أربيل", minutes=1),
        make("b", title="كهرباء هولير", minutes=2),
        make("c", title="شح ماء في ذي قار", minutes=3),
        make("d", title="كهرباء ذيقار", minutes=4),
        make("e", title="طريق شثاثة", minutes=5),
        make("f", title="قرية بعيدة عن المدينة", minutes=6),
    )
    assert sorted(ids(asked)) == found


def test_the_other_name_is_marked_too(index, make, store):
    store(make("a", body="وصل الوقود إلى هولير أمس"))
    (hit,) = index.search(Query(text="أربيل")).hits
    assert [hit.document.body[start:end] for start, end in hit.body_marks] == ["هولير"]


def test_the_other_names_are_marked_too(index, make):
    document = make("a", title="كهرباء هولير")
    ((start, end),) = index.marked(document, Query(text="أربيل")).title_marks
    assert document.title[start:end] == "هولير"
