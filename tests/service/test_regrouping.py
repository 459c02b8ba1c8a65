"""Cases merged and split: where their items go, and the way back."""

from __future__ import annotations

from datetime import timedelta

from triage_desk import DUES, NOW, Editor, appeal

from service.database.cases import count_open, left_by, note, open_case
from service.database.tables import case_events


def test_a_merged_case_gives_all_it_has_to_the_other_and_stands_in_no_count(editor: Editor) -> None:
    first, copy, second = editor.put(
        appeal("حي الزهور"), appeal("حي الزهور", outlet="furat"), appeal("حي السلام", ago=30)
    )
    case, copied, into = (editor.case_of(id_) for id_ in (first, copy, second))
    editor.decide("merge", copied, case)
    before = editor.state()
    with editor.database.read() as connection:
        assert count_open(connection) == 2
    decision = editor.decide("merge", case, into, reason="المضخة نفسها")
    assert decision.case == into
    assert {editor.case_of(id_) for id_ in (first, copy, second)} == {into}
    held, gone = editor.case(into), editor.case(case)
    assert (held.documents, held.outlets, held.revision, gone.documents, gone.merged_into) == (3, 2, 2, 0, into)
    with editor.database.read() as connection:
        assert count_open(connection) == 1
    here, there = (row for row in editor.rows(case_events) if row.reason == "المضخة نفسها")
    assert (here.case, here.detail["other"], there.case, there.detail["other"]) == (case, into, into, case)
    assert (here.detail["twin"], there.detail["twin"]) == (there.id, here.id)
    assert set(here.detail["documents"]) == {first, copy}
    assert editor.refused("undo", editor.made[0].event) == "merged"
    undone = editor.decide("undo", here.id)
    assert (undone.case, editor.state()) == (case, before)


def test_copies_that_came_after_a_merger_go_back_with_what_they_copy(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, into = editor.case_of(first), editor.case_of(second)
    merged = editor.decide("merge", case, into)
    copy, news = appeal("حي الزهور", into, outlet="furat"), appeal("حي النصر", into, outlet="furat")
    editor.put(copy, news)
    with editor.database.write() as connection:
        for document in (copy, news):
            note(connection, into, kind="joined", document=document.id, reason="the same text", now=NOW)
    editor.decide("undo", merged.event)
    assert [editor.case_of(id_) for id_ in (first, copy.id, second, news.id)] == [case, case, into, into]


def test_what_is_split_off_is_a_new_case_that_is_as_old_as_its_first_item(editor: Editor) -> None:
    case = appeal("حي الزهور").case
    _first, second, third = editor.put(
        *(appeal(name, case, ago=ago) for name, ago in (("حي الزهور", 90), ("حي السلام", 60), ("حي النصر", 30)))
    )
    before = editor.state()
    decision = editor.decide("split", case, [third, second], reason="حيّان آخران")
    assert decision.case == f"case-{second[:12]}"
    new = editor.case(decision.case)
    assert (new.state, new.documents, new.assignee, new.opened) == ("new", 2, "", NOW - timedelta(minutes=56))
    assert new.due == new.opened + DUES.high
    assert editor.case(case).documents == 1
    assert (editor.kinds(case), editor.kinds(new.id)) == (["opened", "split"], ["split"])
    undone = editor.decide("undo", decision.event)
    assert undone.case == case
    assert editor.state() == before
    assert editor.case(new.id).merged_into == case
    again = editor.decide("split", case, [second])
    assert again.case == f"case-{second[:12]}-2"


def test_a_split_is_not_taken_back_while_decisions_on_the_new_case_would_be_lost(editor: Editor) -> None:
    case = appeal("حي الزهور").case
    _first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام", case))
    before = editor.state()
    decision = editor.decide("split", case, [second])
    editor.decide("add_note", decision.case, "ملاحظة")
    state = editor.decide("set_state", decision.case, "verified")
    assert editor.refused("undo", decision.event) == "overwritten"
    editor.decide("undo", state.event)
    editor.decide("undo", decision.event)
    assert editor.state() == before


def test_merged_then_split_is_taken_back_in_the_other_order(editor: Editor) -> None:
    first, second, third = editor.put(appeal("حي الزهور"), appeal("حي السلام"), appeal("حي النصر"))
    a, b, c = (editor.case_of(id_) for id_ in (first, second, third))
    before = editor.state()
    merged = editor.decide("merge", a, b)
    split = editor.decide("split", b, [first])
    assert split.case == f"case-{first[:12]}-2"  # the usual id is the merged case's
    again = editor.decide("merge", split.case, c)
    assert (editor.case_of(first), editor.case_of(second)) == (c, b)
    assert editor.refused("undo", merged.event) == "overwritten"
    assert editor.refused("undo", split.event) == "merged"
    for decision in (again, split, merged):
        editor.decide("undo", decision.event)
    assert editor.state() == before


def test_an_item_comes_back_to_where_people_put_it_and_never_into_a_merged_case(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, into = editor.case_of(first), editor.case_of(second)
    editor.decide("merge", case, into)
    with editor.database.write() as connection:
        assert open_case(connection, first, NOW, "the first to tell it") == into
        note(connection, case, kind="left", document=first, reason="version 2 asks for nothing", now=NOW)
        assert left_by(connection, first) == into
        assert left_by(connection, second) is None
        foreign = first[:12] + "0" * 52
        opened = open_case(connection, foreign, NOW, "the first to tell it")
        assert opened == f"case-{first[:12]}-2"
        assert open_case(connection, foreign, NOW, "the first to tell it") == opened


def test_a_note_on_a_case_whose_split_was_taken_back_can_still_be_taken_back(editor: Editor) -> None:
    shared = appeal("حي الزهور").case
    first, _ = editor.put(appeal("حي الزهور"), appeal("حي السلام", shared, ago=50))
    split = editor.decide("split", shared, [first])
    note = editor.decide("add_note", split.case, "قرية أخرى")
    editor.decide("undo", split.event)
    assert editor.refused("add_note", split.case, "أين ذهبت؟") == "merged"
    editor.decide("undo", note.event)
    assert next(row for row in editor.rows(case_events) if row.id == note.event).undone is not None
