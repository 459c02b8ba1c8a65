import json

import pytest

from nlp import CaseFacts, case_facts

FIRST = (
    "أهالي قرية أم الطيور يناشدون إصلاح محطة الماء\n"
    "ناشد أهالي قرية أم الطيور في قضاء عفك بمحافظة الديوانية مديرية الماء إصلاح مضخة محطة الإسالة المتوقفة منذ تسعة"
    " أيام. وقال المواطن كاظم جبار الفتلاوي إن 80 عائلة تشرب من ماء النهر، وإن ثمن الصهريج بلغ 30 ألف دينار."
)
RETOLD = (
    "أم الطيور عطشى\n"
    "توقفت مضخة الإسالة عن العمل قبل أكثر من أسبوع، وتقول 80 عائلة في أم الطيور التابعة لعفك إنها تشتري الصهريج بـ30"
    " ألف دينار أو تشرب من النهر مباشرة. ويطلب كاظم جبار الفتلاوي وجيرانه من دائرة الماء أن ترسل فريقا للتصليح."
)
OTHER_VILLAGE = (
    "أهالي قرية تل السدر يناشدون إصلاح محطة الماء\n"
    "ناشد أهالي قرية تل السدر في قضاء القائم بمحافظة الأنبار مديرية الماء إصلاح مضخة محطة الإسالة المتوقفة منذ خمسة"
    " أيام. وقال المواطن ضاري خلف العبيدي إن 120 عائلة تشرب من ماء النهر، وإن ثمن الصهريج بلغ 20 ألف دينار."
)
OTHER_NEED = (
    "ناشد معلمو مدارس قضاء الرفاعي في ذي قار وزارة التربية صرف أجور المحاضرات المتأخرة منذ نهاية العام الدراسي الماضي،"
    " مؤكدين أن 45 معلما لم يتسلموا دينارا واحدا."
)
TEXTS = (FIRST, RETOLD, OTHER_VILLAGE, OTHER_NEED)


@pytest.fixture(scope="module")
def facts(analyser):
    return {text: case_facts(analyser.analyse(text), text) for text in TEXTS}


@pytest.mark.parametrize("text", TEXTS)
def test_facts_come_back_from_json_as_they_were_stored(facts, text):
    stored = json.loads(json.dumps(facts[text].to_dict()))
    back = CaseFacts.from_dict(stored)
    assert back.to_dict() == stored
    assert (back.places, back.needs, back.names, back.words) == (
        facts[text].places,
        facts[text].needs,
        facts[text].names,
        facts[text].words,
    )
    assert back.embedding == pytest.approx(facts[text].embedding, abs=1e-4)


def test_what_was_not_stored_is_empty_and_is_no_case(analyser, facts):
    nothing = CaseFacts.from_dict({})
    assert (nothing.words, nothing.needs, nothing.embedding) == (frozenset(), (), ())
    assert analyser.same_case(nothing, facts[FIRST], 0) is None
    assert analyser.same_case(nothing, nothing, 0) is None


def test_an_appeal_retold_in_other_words_is_the_same_case_and_says_what_it_shares(analyser, facts):
    likeness = analyser.same_case(facts[FIRST], facts[RETOLD], 1)
    assert likeness is not None
    assert 0.5 < likeness.score <= 1
    assert {"place:عفك", "need:water"} <= set(likeness.shared)


@pytest.mark.parametrize("other", [OTHER_VILLAGE, OTHER_NEED])
def test_the_same_template_from_another_governorate_and_another_need_are_other_cases(analyser, facts, other):
    assert analyser.same_case(facts[FIRST], facts[other], 0) is None
    assert analyser.same_case(facts[RETOLD], facts[other], 0) is None


def test_stored_facts_compare_as_fresh_ones(analyser, facts):
    fresh = analyser.same_case(facts[FIRST], facts[RETOLD], 1)
    stored = analyser.same_case(*(CaseFacts.from_dict(facts[text].to_dict()) for text in (FIRST, RETOLD)), 1)
    assert stored.score == pytest.approx(fresh.score, abs=1e-2)


def test_neither_the_order_nor_the_sign_of_the_days_matters(analyser, facts):
    one = analyser.same_case(facts[FIRST], facts[RETOLD], 2)
    other = analyser.same_case(facts[RETOLD], facts[FIRST], -2)
    assert one.score == pytest.approx(other.score)
    assert set(one.shared) == set(other.shared)


def test_the_more_days_lie_between_the_less_likely_is_one_case(analyser, facts):
    near, far = (analyser.same_case(facts[FIRST], facts[RETOLD], days) for days in (0, 10))
    assert far is None or far.score < near.score


def test_without_a_model_nothing_is_compared(rules):
    one = case_facts(rules.analyse(FIRST), FIRST)
    assert rules.same_case(one, one, 0) is None


def test_another_village_of_the_same_district_in_the_same_words_is_another_case(analyser):
    def facts_of(village, days, person, price):
        text = (
            f"أهالي قرية {village} يناشدون: {days} أيام بلا ماء\nناشد أهالي قرية {village} التابعة لقضاء الشطرة "
            f"في محافظة ذي قار إعادة ماء الشرب المقطوع منذ {days} أيام، وقال المواطن {person} "
            f"إن سعر الخزان بلغ {price} ألف دينار."
        )
        return case_facts(analyser.analyse(text), text)

    one, other = facts_of("أم الودع", 11, "كاظم جبر", 20), facts_of("تل السدر", 17, "حسين عودة", 15)
    assert analyser.same_case(one, other, 0) is None


def test_two_appeals_of_one_town_on_one_day_for_other_needs_are_two_cases(analyser):
    texts = (
        (
            "أهالي المجر الكبير يناشدون محافظ ميسان إصلاح محولة الكهرباء\nقال سكان قضاء المجر الكبير إن الكهرباء مقطوعة"
            " منذ ثلاثة أسابيع، وناشدوا المحافظ إصلاح المحولة."
        ),
        (
            "أهالي المجر الكبير يناشدون محافظ ميسان إعادة النازحين إلى ديارهم\nقال سكان قضاء المجر الكبير إن ذويهم في"
            " المخيمات ينتظرون العودة منذ سنوات، وناشدوا المحافظ إعادتهم."
        ),
    )
    one, other = (case_facts(analyser.analyse(text), text) for text in texts)
    assert one.places & other.places
    assert one.needs
    assert other.needs
    assert not set(one.needs) & set(other.needs)
    assert analyser.same_case(one, other, 0.0) is None
