"""Decisions on cases: each with its history, its undoing, and what two people who decide at once see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from desk_rooms import Room
from triage_desk import DUES, NOW, Editor, appeal

from index import Field, Query
from service import triage
from service.database import changes
from service.database import documents as documents_
from service.database.tables import case_events
from service.errors import Conflict, DecisionRefused
from service.indexer import index_changes


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
    assert editor.refused("set_due", case, NOW) == "closed"
    editor.decide("set_state", case, "verified")
    assert editor.case(case).due == by_urgency


def test_a_due_time_that_a_person_set_outlives_urgency_and_answer_and_can_be_given_up(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case, tomorrow = editor.case_of(document), NOW + timedelta(days=1, hours=2)
    by_urgency = editor.case(case).due
    assert editor.refused("set_due", case, None) == "unchanged"
    set_by_hand = editor.decide("set_due", case, tomorrow)
    assert (editor.case(case).due, editor.case(case).due_by) == (tomorrow, "noor")
    assert editor.refused("set_due", case, tomorrow) == "unchanged"
    assert editor.refused("set_due", case, datetime(2026, 7, 15, 8, 0)) == "bad_due"  # noqa: DTZ001 - the point
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
    assert editor.refused("assign", case, "nobody") == "no_assignee"
    assert editor.refused("assign", case, "gone") == "no_assignee"
    assert editor.refused("assign", case, "") == "unchanged"
    given = editor.decide("assign", case, "Huda")
    assert editor.case(case).assignee == "huda"
    editor.decide("assign", case, "")
    assert editor.case(case).assignee == ""
    assert editor.refused("undo", given.event) == "overwritten"


def test_a_note_never_conflicts_and_is_kept_as_written(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    editor.decide("set_state", case, "verified")
    noted = editor.decide("add_note", case, " المضخة وصلت\nوالتركيب غداً ")
    assert editor.rows(case_events)[-1].reason == "المضخة وصلت\nوالتركيب غداً"
    assert editor.case(case).revision == noted.revision == 3
    assert editor.refused("add_note", case, " \n ") == "empty_note"
    editor.decide("undo", noted.event)
    assert editor.rows(case_events)[-2].undone is not None


def test_who_decides_on_what_changed_meanwhile_sees_a_conflict_and_overwrites_nothing(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = editor.case_of(first), editor.case_of(second)
    editor.add_user("huda")
    editor.propose(case)
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
        assert editor.refused(what, *given_, revision=1) == "conflict"
    with pytest.raises(Conflict) as conflict:
        editor.decide("set_state", case, "rejected", revision=1)
    assert (conflict.value.seen, conflict.value.held) == (1, 3)


def test_what_cannot_be_decided_is_refused_and_nothing_is_written(editor: Editor) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = editor.case_of(first), editor.case_of(second)
    missing = "case-000000000000"
    assert editor.refused("set_state", missing, "verified") == "no_case"
    assert editor.refused("add_note", missing, "x") == "no_case"
    assert editor.refused("merge", case, missing) == "no_case"
    assert editor.refused("merge", case, case) == "merge_itself"
    assert editor.refused("set_state", case, "done") == "unknown_state"
    assert editor.refused("set_state", case, "referred", referred_to=" ") == "no_referred_to"
    assert editor.refused("set_state", case, "new") == "unchanged"
    assert editor.refused("split", case, []) == "split_none"
    assert editor.refused("split", case, [second]) == "split_none"
    assert editor.refused("split", case, [first]) == "split_all"
    assert editor.refused("accept", case) == "no_proposal"
    assert editor.refused("dismiss", case) == "no_proposal"
    assert editor.refused("undo", 999) == "no_event"
    opened = next(row.id for row in editor.rows(case_events))
    assert editor.refused("undo", opened) == "no_undo"
    merged = editor.decide("merge", case, other)
    for what, given_ in {
        "set_state": (case, "verified"),
        "add_note": (case, "x"),
        "merge": (case, other),
        "split": (case, [first]),
    }.items():
        assert editor.refused(what, *given_) == "merged"
    editor.decide("undo", merged.event)
    assert editor.refused("undo", merged.event) == "undone_already"
    assert editor.refused("undo", editor.made[-1].event) == "no_undo"


def test_a_decision_that_a_later_one_changed_is_taken_back_after_it(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    before = editor.state()
    first = editor.decide("set_state", case, "verified")
    noted = editor.decide("add_note", case, "ملاحظة")
    second = editor.decide("set_state", case, "referred", referred_to="دائرة ماء واسط")
    third = editor.decide("set_state", case, "verified")
    assert editor.refused("undo", first.event) == "overwritten"  # though the case is verified again
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


def test_a_proposal_is_accepted_as_a_state_and_comes_back_when_that_is_taken_back(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    assert editor.propose(case)
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
    assert editor.propose(case, document=second)
    assert not editor.propose(case, document="f" * 64)  # one at a time
    dismissed = editor.decide("dismiss", case)
    assert editor.case(case).proposal is None
    assert not editor.propose(case, document=second)
    assert not editor.propose(case, document=copy)  # the same text
    editor.decide("undo", dismissed.event)
    assert editor.case(case).proposal["document"] == second
    again = editor.decide("dismiss", case)
    assert editor.propose(case, document="f" * 64)
    assert editor.refused("undo", again.event) == "overwritten"
    assert editor.kinds(case) == ["opened", "proposed", "dismissed", "undone", "dismissed", "proposed"]


def test_what_makes_no_sense_for_the_state_is_not_proposed_and_not_kept(editor: Editor) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = editor.case_of(document)
    assert not editor.propose(case, "new")
    resolved = editor.decide("set_state", case, "resolved")
    assert not editor.propose(case, "resolved")
    assert editor.propose(case, "new", document)
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


@pytest.mark.parametrize("name", triage.__all__)
def test_what_pages_and_programs_call_is_there(name: str) -> None:
    assert hasattr(triage, name)
