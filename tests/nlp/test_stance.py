import pytest

from nlp import ALERTABLE

APPEALS = [
    "ناشد أهالي قضاء الشامية وزارة الموارد المائية زيادة الحصة المائية لقضائهم",
    "طالب العشرات من عمال بلدية الكوت بصرف رواتبهم المتأخرة منذ ثلاثة أشهر",
    "احنا اهل حي المعلمين بالسماوة صارلنه خمس ايام ماكو ماي، نناشدكم توصلون صوتنا للمحافظ",
    "تظاهر خريجو كلية الهندسة في ميسان للمطالبة بتعيينهم",
    "دعت النائبة عن نينوى وزارة الصحة إلى تجهيز مستشفى سنجار بأدوية السرطان",
    "نداء إنساني عاجل: طفلة في مستشفى الناصرية بحاجة إلى التبرع بالدم، عائلتها تناشد أهل الخير",
    "استغاث النازحون بوزارة الهجرة لإرسال خيام وأغطية قبل الشتاء",
    "ودعا شيوخ عشائر الحويجة الحكومة إلى تعويض المزارعين عن تلف محاصيلهم",
]
COMPLAINTS = [
    "يعاني سكان حي الزهور في بعقوبة من طفح المجاري منذ أسبوع",
    "أهالي الفاو يشكون من ملوحة مياه الشرب",
    "احتجاجا على انقطاع الكهرباء.. متظاهرون يقطعون طريقا في واسط",
]
RESPONSES = [
    "استجابة لمناشدة أهالي قرية البو حسن.. مديرية ماء كربلاء تمد أنبوبا جديدا",
    "بعد مناشدة عائلته.. وزير الصحة يوجه بنقل الطفل إلى بغداد للعلاج",
]
MENTIONS = [
    "افتتحت محافظة بابل مكتبا لاستقبال شكاوى المواطنين ومناشداتهم",
    "رصد الفريق كل المناشدات التي ترد من المواطنين ضمن حملته",
]
NOTHING = [
    "دعت وزارة الداخلية المواطنين إلى تجديد بطاقاتهم",
    "طالبت كتلة برلمانية بعقد جلسة طارئة لاستجواب الوزير",
    "ناشد أهالي حمص في سوريا المنظمات الدولية إصلاح الكهرباء",
    "محافظ واسط يوجه الدوائر الخدمية بالاستعداد للشتاء",
    "فاز المنتخب الوطني في مباراته الودية",
    "هل تشكو من انقطاع الكهرباء؟ نقدم لك منظومة شمسية بأقساط مريحة في أربيل",
    "تعلن مديرية ماء نينوى عن توقف الضخ يوم الجمعة لأعمال الصيانة ونعتذر عن الإزعاج",
]


SENTENCES = pytest.mark.parametrize(
    ("text", "stance"),
    [
        (text, stance)
        for stance, texts in (
            ("appeal", APPEALS),
            ("complaint", COMPLAINTS),
            ("response", RESPONSES),
            ("mention", MENTIONS),
            ("none", NOTHING),
        )
        for text in texts
    ],
)


@SENTENCES
def test_the_rules_alone_tell_the_stance_of_a_sentence(rules, text, stance):
    analysis = rules.analyse(text)
    assert analysis.stance == stance, [str(decision) for decision in rules.explain(text)]
    assert bool(analysis.appeals) == (stance in ALERTABLE)
    assert 0 <= analysis.stance_score <= 1


@SENTENCES
def test_rules_and_model_together_tell_whether_somebody_asks_or_suffers(analyser, text, stance):
    analysis = analyser.analyse(text)
    assert (analysis.stance in ALERTABLE) == (stance in ALERTABLE), [str(d) for d in analyser.explain(text)]
    assert bool(analysis.appeals) == (stance in ALERTABLE)
    assert 0 <= analysis.stance_score <= 1


def test_an_appeal_tells_who_asks_whom_for_what(analyser):
    text = "ناشد أهالي ناحية الهوير، محافظ البصرة ومديرية الماء إعادة ضخ الماء إلى بيوتهم"
    (appeal,) = analyser.analyse(text).appeals
    assert [span.text for span in appeal.appellants] == ["أهالي ناحية الهوير"]
    assert [span.text for span in appeal.addressees] == ["محافظ البصرة", "مديرية الماء"]
    assert appeal.needs == ("water",)
    assert appeal.governorates == ("IQ-BA",)
    assert "أهالي ناحية الهوير" in appeal.summary
    assert "البصرة" in appeal.summary
    assert ("ناشد", "asks") in [(evidence.text, evidence.why) for evidence in appeal.evidence]


def test_every_span_of_an_appeal_is_the_text_at_its_offsets(analyser):
    text = "عاجــل\n«نُناشِد» السيد المحافظ: أهالي حيّ الزهور بلا ماءٍ منذ أسبوع، ومستشفى النسائية بلا دواء"
    for appeal in analyser.analyse(text).appeals:
        spans = [*appeal.appellants, *appeal.addressees, *appeal.facilities, *appeal.evidence]
        assert spans
        assert all(text[span.start : span.end] == span.text for span in spans)
        assert 0 <= appeal.start < appeal.end <= len(text)


def test_two_asks_of_other_people_for_other_needs_are_two_appeals(analyser):
    text = (
        "يوم حافل بالمطالب في ذي قار\n"
        "طالب مزارعو قضاء الشطرة وزارة الزراعة بتجهيزهم بالأسمدة والبذور.\n"
        "وناشد ذوو المعتقلين مجلس القضاء الأعلى كشف مصير أبنائهم المختطفين.\n"
    )
    first, second = analyser.analyse(text).appeals
    assert "agriculture" in first.needs
    assert second.needs[0] == "missing_detained"
    assert "agriculture" not in second.needs
    assert first.end <= second.start


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("عائلة تناشد كل من شاهد طفلها المفقود في الحلة، خرج ولم يعد إلى بيته وحالته خطرة", "critical"),
        ("طالب موظفو بلدية الكوت بصرف رواتبهم لم يتسلموها منذ شهرين", "high"),
        ("طالب أهالي حي العسكري في كركوك بإنشاء متنزه لأطفالهم", "normal"),
    ],
)
def test_urgency_follows_what_is_at_stake(analyser, text, urgency):
    assert [appeal.urgency for appeal in analyser.analyse(text).appeals] == [urgency]
