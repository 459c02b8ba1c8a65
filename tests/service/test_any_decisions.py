"""Any decisions in any order: no item is lost, and all can be taken back."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from triage_desk import NOW, Editor, appeal

from service.database.engine import Database
from service.database.tables import case_events, cases
from service.errors import DecisionRefused
from service.triage import STATES

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
            editor.propose(case, "resolved" if other % 2 else "new")
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
