import pytest

SPARED = [
    "فوز برشلونة في الدوري الإسباني لكرة القدم على غريمه بثلاثة أهداف نظيفة",
    "نادي ليفربول يتعاقد مع مهاجم برازيلي لثلاث سنوات",
    "طالب نواب المعارضة في إيران حكومتهم بخفض أسعار الوقود",
    "قال الرئيس الأمريكي إن المفاوضات مع الصين ستستأنف الشهر المقبل",
]
SHOWN = [
    "ناشد أهالي قرية أم الحنطة في قضاء الشامية وزارة الموارد المائية زيادة حصتهم",
    "احنا سكنة الحي الجديد صارلنه اسبوع بلا كهرباء وماكو احد يسأل علينا",
    "طالب لاعبو نادي الكوت إدارة النادي بصرف رواتبهم المتأخرة منذ خمسة أشهر",
    "طالب أهالي البصرة بإيقاف استيراد الطماطم من إيران لأن محصولهم يتلف",
]


def _asked(analyser, text):
    return not any(decision.what == "model" for decision in analyser.explain(text))


@pytest.mark.parametrize("text", SPARED)
def test_foreign_sport_and_politics_are_not_shown_to_the_model(analyser, text):
    assert not _asked(analyser, text)
    analysis = analyser.analyse(text)
    assert (analysis.stance, analysis.embedding) == ("none", ())


@pytest.mark.parametrize("text", SHOWN)
def test_who_asks_or_suffers_in_iraq_is_shown_to_the_model(analyser, text):
    assert _asked(analyser, text)
    assert len(analyser.analyse(text).embedding) == 128


@pytest.mark.parametrize("text", [*SPARED, *SHOWN])
def test_without_a_model_nothing_is_said_of_it(rules, text):
    assert _asked(rules, text)
