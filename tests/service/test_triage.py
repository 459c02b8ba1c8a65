"""Decisions on cases: each with its history, its undoing, and what two people who decide at once see."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from desk_rooms import Room
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from triage_desk import DUES, NOW, Editor, appeal

from index import Field, Query
from service import triage
from service.database import changes, proposals
from service.database import documents as documents_
from service.database.cases import count_open, left_by, note, open_case
from service.database.engine import Database
from service.database.tables import audit, case_events, cases, documents
from service.errors import Conflict, DecisionRefused
from service.indexer import index_changes
from service.triage import STATES


@pytest.fixture
def editor(database: Database) -> Editor:
    return Editor(database)


def _refused(editor: Editor, what: str, *given: Any, **options: Any) -> str:
    before = [editor.rows(table) for table in (cases, case_events, audit, documents)]
    with pytest.raises(DecisionRefused) as refused:
        editor.decide(what, *given, **options)
    assert [editor.rows(table) for table in (cases, case_events, audit, documents)] == before
    return refused.value.key


def _propose(editor: Editor, case: str, state: str = "resolved", document: str = "f" * 64) -> bool:
    with editor.database.write() as connection:
        return proposals.propose(connection, case, state, document=document, reason="fixed: أُصلحت", now=editor.at)


def test_a_state_stands_in_case_history_audit_and_changes(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    decision = editor.decide("set_state", case, "referred", referred_to="  دائرة  ماء واسط ", reason=" اتصلنا بهم ")
    held = editor.case(case)
    assert (held.state, held.referred_to, held.revision) == ("referred", "دائرة ماء واسط", 2)
    assert (decision.case, decision.revision) == (case, 2)
    event = editor.rows(case_events)[-1]
    assert (event.id, event.kind, event.actor, event.reason) == (decision.event, "state", "noor", "اتصلنا بهم")
    assert event.detail == {
        "before": {"state": "new", "referred_to": "", "proposal": None},
        "after": {"state": "referred", "referred_to": "دائرة ماء واسط", "proposal": None},
    }
    assert editor.actions() == [("case_state", f"case:{case}")]
    with editor.database.read() as connection:
        assert [id_ for _, id_ in changes.since(connection, 0, 10)] == [document]
        (record,) = documents_.records(connection, [document])
    assert (record.case_state, record.revision) == ("referred", 2)


def test_to_whom_a_case_was_referred_is_kept_when_they_answer_and_goes_when_it_is_taken_up_anew(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    editor.decide("set_state", case, "referred", referred_to="دائرة ماء واسط")
    editor.decide("set_state", case, "answered")
    assert editor.case(case).referred_to == "دائرة ماء واسط"
    editor.decide("set_state", case, "verified")
    assert editor.case(case).referred_to == ""


@pytest.mark.parametrize("closed", ["answered", "resolved", "rejected"])
def test_a_due_time_ends_with_the_answer_and_comes_back_with_an_open_state(editor: Editor, closed: str) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    by_urgency = editor.case(case).due
    assert by_urgency == editor.case(case).opened + DUES.high
    editor.decide("set_state", case, closed)
    assert editor.case(case).due is None
    assert _refused(editor, "set_due", case, NOW) == "closed"
    editor.decide("set_state", case, "verified")
    assert editor.case(case).due == by_urgency


def test_a_due_time_that_a_person_set_outlives_urgency_and_answer_and_can_be_given_up(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case, tomorrow = editor.case_of(document), NOW + timedelta(days=1, hours=2)
    by_urgency = editor.case(case).due
    assert _refused(editor, "set_due", case, None) == "unchanged"
    set_by_hand = editor.decide("set_due", case, tomorrow)
    assert (editor.case(case).due, editor.case(case).due_by) == (tomorrow, "noor")
    assert _refused(editor, "set_due", case, tomorrow) == "unchanged"
    assert _refused(editor, "set_due", case, datetime(2026, 7, 15, 8, 0)) == "bad_due"  # noqa: DTZ001 - the point
    editor.decide("set_state", case, "answered")
    editor.decide("set_state", case, "verified")
    assert editor.case(case).due == tomorrow
    given_up = editor.decide("set_due", case, None)
    assert (editor.case(case).due, editor.case(case).due_by) == (by_urgency, "")
    editor.decide("undo", given_up.event)
    assert editor.case(case).due == tomorrow
    editor.decide("undo", set_by_hand.event)
    assert (editor.case(case).due, editor.case(case).due_by) == (by_urgency, "")


def test_a_case_is_given_to_a_user_and_taken_away(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    editor.add_user("huda")
    editor.add_user("gone", disabled=True)
    assert _refused(editor, "assign", case, "nobody") == "no_assignee"
    assert _refused(editor, "assign", case, "gone") == "no_assignee"
    assert _refused(editor, "assign", case, "") == "unchanged"
    given = editor.decide("assign", case, "Huda")
    assert editor.case(case).assignee == "huda"
    editor.decide("assign", case, "")
    assert editor.case(case).assignee == ""
    assert _refused(editor, "undo", given.event) == "overwritten"


def test_a_note_never_conflicts_and_is_kept_as_written(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    editor.decide("set_state", case, "verified")
    noted = editor.decide("add_note", case, " المضخة وصلت\nوالتركيب غداً ")
    assert editor.rows(case_events)[-1].reason == "المضخة وصلت\nوالتركيب غداً"
    assert editor.case(case).revision == noted.revision == 3
    assert _refused(editor, "add_note", case, " \n ") == "empty_note"
    editor.decide("undo", noted.event)
    assert editor.rows(case_events)[-2].undone is not None


def test_who_decides_on_what_changed_meanwhile_sees_a_conflict_and_overwrites_nothing(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = editor.case_of(first), editor.case_of(second)
    editor.add_user("huda")
    _propose(editor, case)
    editor.decide("set_state", case, "verified")
    for what, given_ in {
        "set_state": (case, "rejected"),
        "assign": (case, "huda"),
        "set_due": (case, NOW),
        "merge": (case, other),
        "split": (case, [first]),
        "accept": (case,),
        "dismiss": (case,),
    }.items():
        assert _refused(editor, what, *given_, revision=1) == "conflict"
    with pytest.raises(Conflict) as conflict:
        editor.decide("set_state", case, "rejected", revision=1)
    assert (conflict.value.seen, conflict.value.held) == (1, 3)


def test_what_cannot_be_decided_is_refused_and_nothing_is_written(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = editor.case_of(first), editor.case_of(second)
    missing = "case-000000000000"
    assert _refused(editor, "set_state", missing, "verified") == "no_case"
    assert _refused(editor, "add_note", missing, "x") == "no_case"
    assert _refused(editor, "merge", case, missing) == "no_case"
    assert _refused(editor, "merge", case, case) == "merge_itself"
    assert _refused(editor, "set_state", case, "done") == "unknown_state"
    assert _refused(editor, "set_state", case, "referred", referred_to=" ") == "no_referred_to"
    assert _refused(editor, "set_state", case, "new") == "unchanged"
    assert _refused(editor, "split", case, []) == "split_none"
    assert _refused(editor, "split", case, [second]) == "split_none"
    assert _refused(editor, "split", case, [first]) == "split_all"
    assert _refused(editor, "accept", case) == "no_proposal"
    assert _refused(editor, "dismiss", case) == "no_proposal"
    assert _refused(editor, "undo", 999) == "no_event"
    opened = next(row.id for row in editor.rows(case_events))
    assert _refused(editor, "undo", opened) == "no_undo"
    merged = editor.decide("merge", case, other)
    for what, given_ in {
        "set_state": (case, "verified"),
        "add_note": (case, "x"),
        "merge": (case, other),
        "split": (case, [first]),
    }.items():
        assert _refused(editor, what, *given_) == "merged"
    editor.decide("undo", merged.event)
    assert _refused(editor, "undo", merged.event) == "undone_already"
    assert _refused(editor, "undo", editor.made[-1].event) == "no_undo"


def test_a_decision_that_a_later_one_changed_is_taken_back_after_it(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    before = editor.state()
    first = editor.decide("set_state", case, "verified")
    noted = editor.decide("add_note", case, "ملاحظة")
    second = editor.decide("set_state", case, "referred", referred_to="دائرة ماء واسط")
    third = editor.decide("set_state", case, "verified")
    assert _refused(editor, "undo", first.event) == "overwritten"  # though the case is verified again
    for decision in (third, second, first, noted):
        editor.decide("undo", decision.event)
    assert editor.state() == before
    undone = editor.rows(case_events)[-4]
    assert (undone.kind, undone.detail["undoes"], undone.detail["after"]["state"]) == (
        "undone",
        third.event,
        "referred",
    )
    assert editor.case(case).revision == 9


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
    assert _refused(editor, "undo", editor.made[0].event) == "merged"
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
    assert _refused(editor, "undo", decision.event) == "overwritten"
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
    assert _refused(editor, "undo", merged.event) == "overwritten"
    assert _refused(editor, "undo", split.event) == "merged"
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


def test_a_proposal_is_accepted_as_a_state_and_comes_back_when_that_is_taken_back(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    assert _propose(editor, case)
    proposal = {"state": "resolved", "document": "f" * 64, "reason": "fixed: أُصلحت"}
    assert (editor.case(case).proposal, editor.case(case).revision) == (proposal, 2)
    decision = editor.decide("accept", case)
    assert (editor.case(case).state, editor.case(case).proposal) == ("resolved", None)
    assert editor.actions()[-1] == ("proposal_accepted", f"case:{case}")
    editor.decide("undo", decision.event)
    assert (editor.case(case).state, editor.case(case).proposal) == ("new", proposal)
    editor.decide("set_state", case, "verified")  # says nothing of the proposal
    assert editor.case(case).proposal == proposal
    editor.decide("set_state", case, "rejected")
    assert editor.case(case).proposal is None


def test_a_dismissed_proposal_is_not_made_again_by_the_same_item_but_by_another(editor: Editor) -> None:
    first, second, copy = editor.put(appeal("حي الزهور"), appeal("حي السلام"), appeal("حي السلام", outlet="furat"))
    case = editor.case_of(first)
    assert _propose(editor, case, document=second)
    assert not _propose(editor, case, document="f" * 64)  # one at a time
    dismissed = editor.decide("dismiss", case)
    assert editor.case(case).proposal is None
    assert not _propose(editor, case, document=second)
    assert not _propose(editor, case, document=copy)  # the same text
    editor.decide("undo", dismissed.event)
    assert editor.case(case).proposal["document"] == second
    again = editor.decide("dismiss", case)
    assert _propose(editor, case, document="f" * 64)
    assert _refused(editor, "undo", again.event) == "overwritten"
    assert editor.kinds(case) == ["opened", "proposed", "dismissed", "undone", "dismissed", "proposed"]


def test_what_makes_no_sense_for_the_state_is_not_proposed_and_not_kept(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    assert not _propose(editor, case, "new")
    resolved = editor.decide("set_state", case, "resolved")
    assert not _propose(editor, case, "resolved")
    assert _propose(editor, case, "new", document)
    editor.decide("undo", resolved.event)
    assert (editor.case(case).state, editor.case(case).proposal) == ("new", None)


def test_the_index_carries_case_and_state_after_each_decision(own_room: Room) -> None:
    editor = Editor(own_room.database, name="editor")
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, into = editor.case_of(first), editor.case_of(second)

    def found(**filters: str) -> set[str]:
        while index_changes(own_room.database, own_room.index, {}).changes:
            pass
        query = Query(filters={Field(name): (value,) for name, value in filters.items()}, size=100)
        return {hit.document.id for hit in own_room.index.search(query).hits} & {first, second}

    resolved = editor.decide("set_state", case, "resolved")
    assert found(case_state="resolved") == {first}
    merged = editor.decide("merge", case, into)
    assert found(case_state="resolved") == set()
    assert found(case=into) == {first, second}
    split = editor.decide("split", into, [first])
    assert (found(case=split.case), found(case=into)) == ({first}, {second})
    for decision in (split, merged):
        editor.decide("undo", decision.event)
    assert found(case_state="resolved") == {first} == found(case=case)
    editor.decide("undo", resolved.event)
    assert found(case_state="resolved") == set()


def _at_once(*works: Callable[[], Any]) -> list[BaseException | None]:
    told: list[BaseException | None] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(number: int) -> None:
        barrier.wait()
        try:
            works[number]()
        except Exception as error:  # noqa: BLE001 - compared by the test
            told[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_two_who_decide_at_once_exactly_one_wins(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    for _ in range(5):
        held = editor.case(case)
        states = [state for state in ("verified", "answered", "resolved") if state != held.state][:2]

        def decide(state: str, seen: int = held.revision) -> None:
            Editor(editor.database).decide("set_state", case, state, revision=seen)

        told = _at_once(*(partial(decide, state) for state in states))
        (lost,) = (error for error in told if error is not None)
        assert isinstance(lost, Conflict)
        assert editor.case(case).revision == held.revision + 1


def test_two_who_merge_against_each_other_or_undo_the_same_leave_one_decision(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    a, b = editor.case_of(first), editor.case_of(second)
    told = _at_once(
        lambda: Editor(editor.database).decide("merge", a, b, revision=1),
        lambda: Editor(editor.database).decide("merge", b, a, revision=1),
    )
    assert [isinstance(error, DecisionRefused) for error in told].count(True) == 1
    merged = next(row.id for row in editor.rows(case_events) if row.kind == "merged")
    told = _at_once(*[lambda: Editor(editor.database).decide("undo", merged)] * 2)
    (lost,) = (error for error in told if error is not None)
    assert isinstance(lost, DecisionRefused)
    assert lost.key == "undone_already"
    assert {editor.case_of(first), editor.case_of(second)} == {a, b}


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set_state", "set_due", "assign", "add_note", "merge", "split", "undo", "dismiss", "propose"]),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    max_size=14,
)


def _step(editor: Editor, told: list[str], step: tuple[str, int, int]) -> None:
    what, one, other = step
    held = [row.id for row in editor.rows(cases)]
    case = held[one % len(held)]
    events = [row.id for row in editor.rows(case_events)]
    given_: dict[str, tuple[Any, ...]] = {
        "set_state": (case, STATES[other % 6]),
        "set_due": (case, [None, NOW, NOW + timedelta(hours=other)][other % 3]),
        "assign": (case, ["", "huda", "noor"][other % 3]),
        "add_note": (case, "ملاحظة"),
        "merge": (case, held[other % len(held)]),
        "split": (
            case,
            [id_ for n, id_ in enumerate(told) if (other + 1) >> (n % 3) & 1 and editor.case_of(id_) == case],
        ),
        "undo": (events[-1 - one % len(events)],),
        "dismiss": (case,),
    }
    options = {"referred_to": "دائرة"} if what == "set_state" else {}
    with suppress(DecisionRefused):
        if what == "propose":
            _propose(editor, case, "resolved" if other % 2 else "new")
        else:
            editor.decide(what, *given_[what], **options)


def _undo_everything(editor: Editor) -> None:
    for row in reversed(editor.rows(case_events)):
        current = next(event for event in editor.rows(case_events) if event.id == row.id)
        if current.kind not in {"opened", "undone", "proposed"} and current.undone is None:
            editor.decide("undo", row.id)


def _hold_together(editor: Editor, told: list[str]) -> None:
    held = {row.id: row for row in editor.rows(cases)}
    by_case = [editor.case_of(id_) for id_ in told]
    for case in by_case:
        assert case is not None
        assert held[case].merged_into is None
    for id_, row in held.items():
        assert row.documents == by_case.count(id_)
        assert row.documents > 0 or row.merged_into is not None
        assert (row.due is None) == (row.state not in STATES[:3]) or row.due_by or not row.documents
    for row in editor.rows(case_events):
        if row.kind in {"merged", "split"}:
            twin = next(event for event in editor.rows(case_events) if event.id == row.detail["twin"])
            assert (twin.detail["twin"], twin.undone) == (row.id, row.undone)


@pytest.fixture(scope="module")
def five_told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A database file with five Documents of three Cases, to be copied, and their ids."""
    file = tmp_path_factory.mktemp("told") / "rasid.db"
    with Database.open(f"sqlite:///{file}", create=True) as database:
        editor = Editor(database)
        editor.add_user("huda")
        editor.add_user("noor")
        shared = appeal("حي الزهور").case
        told = editor.put(
            appeal("حي الزهور"),
            appeal("حي السلام", shared, ago=50),
            appeal("حي النصر", shared, ago=40),
            appeal("حي الجهاد", ago=30),
            appeal("حي الربيع", ago=20),
        )
    return file, told


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, proposing=st.booleans())
def test_whatever_is_decided_no_item_is_lost_and_all_can_be_taken_back(
    tmp_path: Path, five_told: tuple[Path, list[str]], steps: list[tuple[str, int, int]], *, proposing: bool
) -> None:
    file, told = five_told
    for left in tmp_path.iterdir():
        left.unlink()
    shutil.copy(file, tmp_path / "rasid.db")
    with Database.open(f"sqlite:///{tmp_path}/rasid.db") as database:
        editor = Editor(database)
        before = editor.state()
        for step in steps:
            if step[0] != "propose" or proposing:
                _step(editor, told, step)
                _hold_together(editor, told)
        if any(row.kind == "proposed" for row in editor.rows(case_events)):
            return  # what the machine proposed is nobody's decision
        _undo_everything(editor)
        assert editor.state() == before


@pytest.mark.parametrize("name", triage.__all__)
def test_what_pages_and_programs_call_is_there(name: str) -> None:
    assert hasattr(triage, name)
