import pytest

NAMED = [
    ("زار مستشفى الحياة للأمراض النفسية والعقلية أمس", [("مستشفى الحياة للأمراض النفسية والعقلية", "health")]),
    ("راجع دائرة الأحوال والجوازات والإقامة صباحا", [("دائرة الأحوال والجوازات والإقامة", "civil_registry")]),
    ("توقفت محطة كهرباء الزبيدية عن العمل", [("محطة كهرباء الزبيدية", "electricity")]),
    ("أعلنت مديرية تربية ذي قار النتائج", [("مديرية تربية ذي قار", "education")]),
    ("تربية واسط تعلن موعد الامتحان", [("تربية واسط", "education")]),
    ("قطعوا طريق بغداد – الكوت القديم صباحا", [("طريق بغداد – الكوت القديم", "roads_bridges")]),
    ('غرق شاب قرب جسر "المثنى" في المدينة', [('جسر "المثنى"', "roads_bridges")]),
    ("طالبوا بتأهيل مستشفى القضاء ومدرسة القرية", [("مستشفى القضاء", "health"), ("مدرسة القرية", "education")]),
    (
        "نقل إلى مركز غسل الكلى في مستشفى الكرامة التعليمي",
        [("مركز غسل الكلى", "health"), ("مستشفى الكرامة التعليمي", "health")],
    ),
    ("احتشدوا أمام مبنى المحافظة", [("مبنى المحافظة", "municipal")]),
    ("سد دوكان ممتلئ", [("سد دوكان", "agriculture_irrigation")]),
    ("وصلت شاحنات إلى منفذ طريبيل الحدودي", [("منفذ طريبيل الحدودي", "transport")]),
    ("أوقفتهم سيطرة جسر ديالى ليلا", [("سيطرة جسر ديالى", "security")]),
    ("إخلاء مخيم عربد للنازحين", [("مخيم عربد للنازحين", "housing")]),
    ("بلدية أربيل الثالثة تبدأ العمل", [("بلدية أربيل الثالثة", "municipal")]),
]


@pytest.mark.parametrize(("text", "facilities"), NAMED)
def test_a_facility_is_its_whole_name_and_no_more(analyser, text, facilities):
    found = analyser.analyse(text).facilities
    assert [(facility.text, facility.type) for facility in found] == facilities
    assert all(text[facility.start : facility.end] == facility.text for facility in found)


@pytest.mark.parametrize(
    "text",
    [
        "بناء مستشفى جديد ومدارس حديثة",
        "أعلنت وزارة الصحة ومجلس الوزراء القرار",
        "احتجوا أمام شركة نفط البصرة",
        "سوق العمل راكد وسيطرة داعش انتهت",
        "مد جسور التواصل مع المواطنين",
        "لا توجد مدرسة ولا مستشفى في القرية",
        "وقف في الشارع العام قرب المديرية",
    ],
)
def test_what_has_no_name_or_is_no_place_is_no_facility(analyser, text):
    assert analyser.analyse(text).facilities == ()


def test_every_occurrence_counts_and_stands_in_its_governorate(analyser):
    text = "قصفوا مستشفى الشفاء في الموصل. وقال طبيب في مستشفى الشفاء إن العمل توقف"
    found = analyser.analyse(text).facilities
    assert [facility.text for facility in found] == ["مستشفى الشفاء"] * 2
    assert {facility.governorate for facility in found} == {"IQ-NI"}
