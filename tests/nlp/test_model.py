import math
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp import ModelFault
from nlp.model import STANCES, URGENCIES, Model
from nlp.needs import NEEDS

APPEAL = "ناشد أهالي قرية أم الحنطة في قضاء الشامية وزارة الموارد المائية زيادة حصتهم بعد أن جفت آبارهم"
FILLING = "ثم مضى النهار هادئا وعاد الجميع إلى بيوتهم قبل المغيب. "
NAMED = "قال حسن جبار الموسوي من سكان الناصرية إن الماء مقطوع. "


@pytest.fixture(scope="module")
def model():
    return Model.load()


@given(
    st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Cf", "Lo", "Mn", "So", "Zs"]))
    | st.lists(
        st.sampled_from([*APPEAL.split(), "\u200f", "\u202e", "\ud83d", "😀", "\n", "\t", "«", "ـ", "\x00"])
    ).map(" ".join)
)
@example("")
@example("قضاء")
@example(" \n\t\u00a0\u3000")
@example("\ud800\udfff")
@example("\u200f\u202b\u202e\u2069\ufeff")
@example("😀👩‍👩‍👧🇮🇶")
@example("\x00\x01\x1b\x7f")
def test_any_text_is_read_and_what_is_told_of_it_holds(model, text):
    told = model.read(text)
    for chances in (told.stance, told.needs, told.urgency):
        assert all(0 <= chance <= 1 for chance in chances.values())
    assert (tuple(told.stance), tuple(told.urgency), set(told.needs)) == (STANCES, URGENCIES, set(NEEDS))
    assert math.isclose(sum(told.stance.values()), 1, abs_tol=1e-5)
    assert math.isclose(sum(told.urgency.values()), 1, abs_tol=1e-5)
    assert {span.label for span in told.parties} <= {"WHO", "WHOM"}
    assert {span.label for span in told.entities} <= {"PER", "ORG", "LOC", "MISC"}
    for spans in (told.parties, told.entities):
        assert all(0 <= span.start < span.end <= len(text) and 0 <= span.score <= 1 for span in spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))
    assert len(told.embedding) == 128
    assert math.isclose(math.hypot(*told.embedding), 1, abs_tol=1e-3)


def test_the_same_text_is_always_read_alike(model):
    assert model.read(APPEAL) == model.read(APPEAL) == Model.load(threads=1).read(APPEAL)


def test_a_plain_appeal_is_read_with_who_asks_and_who_is_asked(model):
    told = model.read(APPEAL)
    assert max(told.stance, key=told.stance.__getitem__) == "appeal"
    found = {span.label: APPEAL[span.start : span.end] for span in told.parties}
    assert "أهالي قرية أم الحنطة" in found["WHO"]
    assert "وزارة الموارد المائية" in found["WHOM"]


def test_persons_are_found_behind_what_the_item_is_judged_by(model):
    text = FILLING * 60 + NAMED
    assert [text[s.start : s.end] for s in model.read(text).entities if s.label == "PER"] == ["حسن جبار الموسوي"]


def test_of_a_text_of_60000_characters_so_many_windows_are_read_and_no_more(model):
    text = (NAMED + FILLING * 4) * 300
    began = time.perf_counter()
    told = model.read(text[:60_000])
    assert time.perf_counter() - began < 20
    assert told.entities
    assert max(span.end for span in told.entities) < 30_000
    assert told == model.read(text)


@pytest.mark.parametrize("files", [{}, {"model.json": "{}"}, {"model.json": "none"}, {"tokenizer.json": "{}"}])
def test_a_folder_that_holds_no_model_is_told(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelFault, match="cannot be loaded"):
        Model.load(tmp_path)
