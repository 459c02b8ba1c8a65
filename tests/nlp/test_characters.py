import io
import math
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp import ModelFault
from nlp.characters import BUCKETS, Characters, buckets
from nlp.model import STANCES, URGENCIES
from nlp.needs import NEEDS

FILE = Path(str(resources.files("nlp").joinpath("models", "characters.npz")))


@pytest.fixture(scope="module")
def characters():
    return Characters.load(FILE)


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Lo", "Mn", "So"])))
@example("")
@example(" \n\t")
@example("\u200f\u202e\ufeff")
@example("😀" * 3_000)
def test_any_text_has_probabilities(characters, text):
    told = characters.read(text)
    assert {name: len(chances) for name, chances in told.items()} == {
        "stance": len(STANCES),
        "needs": len(NEEDS),
        "urgency": len(URGENCIES),
    }
    assert all(0 <= chance <= 1 for chances in told.values() for chance in chances)
    assert math.isclose(sum(told["stance"]), 1, abs_tol=1e-5)
    assert math.isclose(sum(told["urgency"]), 1, abs_tol=1e-5)
    assert told == characters.read(text)


def test_a_plain_appeal_and_a_match_are_told_apart(characters):
    appeal = characters.read("ناشد أهالي قرية أم الحنطة وزارة الموارد المائية زيادة حصتهم من الماء")
    match = characters.read("تعادل المنتخب مع ضيفه في المباراة الودية")
    assert appeal["stance"][STANCES.index("appeal")] > 0.5 > match["stance"][STANCES.index("appeal")]


def test_a_text_without_words_has_no_buckets_and_every_bucket_has_its_place():
    assert buckets("") == buckets(" \n") == {}
    assert all(0 <= bucket < BUCKETS and value >= 1 for bucket, value in buckets("ماء ماء الشامية، ماء").items())


def test_spellings_of_a_word_fall_into_the_same_buckets():
    assert buckets("أهالي الشاميّة") == buckets("اهالي الشامية")


def _arrays(**arrays):
    stored = io.BytesIO()
    np.savez(stored, **arrays)
    return stored.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no arrays", id="another kind"),
        pytest.param(FILE.read_bytes()[:5_000], id="cut off"),
        pytest.param(_arrays(other=np.ones(2)), id="other arrays"),
    ],
)
def test_a_broken_file_is_told(tmp_path, content):
    file = tmp_path / "characters.npz"
    file.write_bytes(content)
    with pytest.raises(ModelFault, match=r"characters\.npz cannot be loaded"):
        Characters.load(file)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ModelFault, match="cannot be loaded"):
        Characters.load(tmp_path / "characters.npz")
