from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.desk.marks import KINDS, Mark, Run, matches, paragraphs, runs, snippet

MARKS = st.lists(st.builds(Mark, st.integers(-5, 80), st.integers(-5, 80), st.sampled_from(KINDS)), max_size=12)


@given(st.text(max_size=60), MARKS)
def test_runs_put_together_are_the_text(text: str, marks: list[Mark]) -> None:
    assert "".join(run.text for run in runs(text, marks)) == text


@given(st.text(max_size=60), MARKS)
def test_every_character_lies_in_exactly_the_kinds_that_cover_it(text: str, marks: list[Mark]) -> None:
    position = 0
    for run in runs(text, marks):
        for _ in run.text:
            covering = {mark.kind for mark in marks if mark.start <= position < mark.end}
            assert set(run.kinds) == covering
            position += 1


@given(st.text(max_size=60), MARKS)
def test_a_run_has_its_kinds_once_and_in_order(text: str, marks: list[Mark]) -> None:
    for run in runs(text, marks):
        assert list(run.kinds) == [kind for kind in KINDS if kind in run.kinds]


@given(st.text(alphabet="اب \n", max_size=60), MARKS)
def test_paragraphs_are_the_lines_that_hold_something(text: str, marks: list[Mark]) -> None:
    drawn = ["".join(run.text for run in paragraph) for paragraph in paragraphs(text, marks)]
    assert drawn == [line for line in text.split("\n") if line.strip()]


def test_overlapping_marks_are_cut_where_they_cross() -> None:
    assert runs("abcdef", [Mark(0, 4, "place"), Mark(2, 6, "facility")]) == (
        Run("ab", ("place",)),
        Run("cd", ("place", "facility")),
        Run("ef", ("facility",)),
    )


def test_a_mark_over_two_paragraphs_is_drawn_in_both() -> None:
    assert paragraphs("ab\ncd", [Mark(1, 4, "evidence")]) == (
        (Run("a"), Run("b", ("evidence",))),
        (Run("c", ("evidence",)), Run("d")),
    )


def test_a_snippet_shows_the_match_between_words() -> None:
    text = "كلمة " * 100 + "ماء مالح" + " كلمة" * 100
    at = text.index("ماء")
    drawn = snippet(text, matches([(at, at + 3)]), 60)
    assert Run("ماء", ("match",)) in drawn
    assert drawn[0] == Run("… ")
    assert drawn[-1] == Run(" …")
    assert set("".join(run.text for run in drawn).split()) == {"…", "كلمة", "ماء", "مالح"}


def test_without_matches_there_is_no_snippet() -> None:
    assert snippet("نص", [], 60) == ()


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 9)), min_size=1, max_size=8))
def test_a_snippet_is_short_and_one_line(text: str, spans: list[tuple[int, int]]) -> None:
    marks = matches([(start, start + length) for start, length in spans if start + length <= len(text)])
    drawn = "".join(run.text for run in snippet(text, marks, 60))
    assert len(drawn) <= 60 + 2 * 30 + 4
    assert "\n" not in drawn
