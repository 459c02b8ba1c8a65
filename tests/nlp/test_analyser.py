import json
import time

from hypothesis import given
from hypothesis import strategies as st

from nlp import ANALYSED_LENGTH, Analyser

WORDS = [
    "ناشد",
    "أهالي",
    "قضاء",
    "الشامية",
    "مستشفى",
    "محافظ",
    "بغداد",
    "–",
    "طريق",
    "كركوك",
    "ماء",
    "بلا",
    "نريد",
    ".",
    "«",
    "»",
    ":",
    "\n",
    "مديرية",
    "ماء",
    "نينوى",
    "جسر",
]


def test_the_seed_article_is_read_as_expected(seed):
    analysis = Analyser.load().analyse(seed["text"], id="seed", outlet=seed["outlet"])
    assert list(analysis.governorates.mentioned) == seed["governorates"]["mentioned"]
    assert list(analysis.governorates.primary) == seed["governorates"]["primary"]
    found = [{"text": f.text, "start": f.start, "end": f.end, "type": f.type} for f in analysis.facilities]
    assert found == seed["facilities"]
    assert analysis.stance == seed["stance"]
    assert analysis.appeals == ()
    assert not any(name in {place.text for place in analysis.places} for name in seed["not_a_place"])


@given(
    st.text()
    | st.text(st.characters(categories=["Cs", "Lo", "Mn", "Cf"]))
    | st.lists(st.sampled_from(WORDS)).map(" ".join)
)
def test_any_text_is_read_and_gives_json_whose_offsets_hold(analyser, text):
    told = analyser.analyse(text, id="x").to_dict()
    json.dumps(told)
    for key in ("places", "facilities", "entities"):
        assert all(text[span["start"] : span["end"]] == span["text"] for span in told[key])
    assert set(told["governorates"]["primary"]) <= set(told["governorates"]["mentioned"])
    assert analyser.explain(text)


def test_a_text_that_is_not_arabic_has_nothing_but_its_language(analyser):
    analysis = analyser.analyse("خەڵکی هەولێر داوای ئاو و کارەبا دەکەن لە حکومەت بۆ گوندەکانیان", id="k")
    assert (analysis.language, analysis.stance, analysis.places, analysis.facilities) == ("ckb", "none", (), ())


def test_a_megabyte_is_read_up_to_the_limit_and_says_so(analyser):
    text = "ناشد أهالي قضاء الشامية وزارة الموارد المائية. " * 21_000
    began = time.perf_counter()
    analysis = analyser.analyse(text)
    assert time.perf_counter() - began < 30
    assert max(place.end for place in analysis.places) <= ANALYSED_LENGTH
    assert "length" in {decision.what for decision in analyser.explain(text)}


def test_explaining_names_the_words_and_the_reasons(analyser):
    text = "من كربلاء الخبر - بغداد\nناشد أهالي الشامية وزير الموارد إيصال الماء"
    told = {(decision.what, decision.text): decision.why for decision in analyser.explain(text)}
    assert told["not_place", "كربلاء الخبر"] == "outlet"
    assert "dateline" in told["place", "بغداد"]
    assert "asked by people" in told["ask", "ناشد"]
    assert ("stance", "appeal") in told
