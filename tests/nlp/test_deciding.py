import pytest

STANCES = [
    ("طالب أصحاب المحال في سوق العمارة القديم بلدية المحافظة بإنارة الشارع الذي يغرق في الظلام منذ شهر", "appeal"),
    ("ناشد أهالي قرية أم الحنطة في قضاء الشامية وزارة الموارد المائية زيادة حصتهم بعد أن جفت آبارهم", "appeal"),
    ("يشكو سكان حي السلام في تكريت من طفح مياه المجاري أمام بيوتهم وغياب البلدية", "complaint"),
    ("استجابة لمناشدة أهالي ناحية الدجيل، باشرت مديرية ماء صلاح الدين مد أنبوب جديد إلى بيوتهم", "response"),
    ("أوعز محافظ المثنى إلى مديرية الطرق برفع الأنقاض عن جسر السماوة قبل نهاية الأسبوع", "none"),
]
UNFIT = [
    ("زاوية ساخرة\nناشد أهالي الحلة وزارة الكهرباء قطع التيار ساعة واحدة كي يتذكروا النجوم", "satire"),
    ("ناشد سكان مدينة حلب السورية الحكومة في دمشق إصلاح شبكة الماء", "foreign"),
    ("هل تشكو الحر؟ مكيفات بأقساط مريحة وتخفيضات كبيرة في معرضنا بالموصل", "an advertisement"),
]


@pytest.mark.parametrize(("text", "stance"), STANCES)
def test_rules_and_model_decide_together_and_say_how(analyser, text, stance):
    analysis = analyser.analyse(text)
    why = analyser.explain(text)[-1].why
    assert (analysis.stance, analysis.stance_score > 0.5) == (stance, True), why
    assert "model: " in why
    assert f"together: {stance} " in why


@pytest.mark.parametrize(("text", "reason"), UNFIT)
def test_what_the_rules_know_to_be_unfit_is_none_whatever_the_model_says(analyser, text, reason):
    assert analyser.analyse(text).stance == "none"
    decision = analyser.explain(text)[-1]
    assert (decision.what, decision.text, decision.why) == ("stance", "none", reason)


def test_rules_alone_do_not_speak_of_a_model_and_have_another_version(analyser, rules):
    text, stance = STANCES[0]
    assert rules.analyse(text).stance == stance
    assert rules.analyse(text).embedding == ()
    assert not any("model" in decision.why for decision in rules.explain(text))
    assert rules.version != analyser.version
    assert analyser.version.startswith(rules.version)


@pytest.mark.parametrize("text", [text for text, stance in STANCES if stance in {"appeal", "complaint"}])
def test_an_appeal_has_one_to_three_needs_and_none_twice(analyser, text):
    for appeal in analyser.analyse(text).appeals:
        assert 1 <= len(set(appeal.needs)) == len(appeal.needs) <= 3
