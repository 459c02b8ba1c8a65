from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

APPEAL = "ناشد أهالي قرية البو شهاب في قضاء الحمزة وزارة الكهرباء إعادة التيار إلى بيوتهم. "


def _private(analyser, text):
    return [(part.text, part.kind) for part in analyser.analyse(text).private]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("مكتب في بغداد يعرض سيارة للبيع، للاستفسار 07712345678", "07712345678"),
        ("عثر على هوية باسم مجهول، رقم البطاقة 199012345678", "199012345678"),
        ("تعلن المكتبة افتتاح فرعها الجديد في الكوت، هاتف ٠٧٨١ ٢٣٤ ٥٦٧٨", "٠٧٨١ ٢٣٤ ٥٦٧٨"),
        (APPEAL + "للتواصل معهم 07701234567", "07701234567"),
    ],
)
def test_telephone_and_identity_numbers_are_private_in_any_text(analyser, rules, text, number):
    assert (number, "number") in _private(analyser, text)
    assert (number, "number") in _private(rules, text)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("وقال المواطن حميد عبد الحسين إن المحولة احترقت قبل أسبوع", "حميد عبد الحسين"),
        (
            "وتقول أم زينب وهي أرملة تعيل أيتاما إن البيت مظلم منذ شهر. وأيدها جارها سلمان داود الخفاجي",
            "سلمان داود الخفاجي",
        ),
        ("قال المحافظ إن الحل قريب. وقال المواطن حميد عبد الحسين إن المحولة احترقت", "حميد عبد الحسين"),
    ],
)
def test_the_name_of_a_private_person_who_asks_or_suffers_is_private(analyser, told, name):
    assert (name, "person") in _private(analyser, APPEAL + told)


@pytest.mark.parametrize(
    "told",
    [
        "وقال المحافظ أسعد العيداني إن الحل قريب",
        "وأيد النائب عدي كريم عواد مطلبهم",
        "وقال مدير كهرباء القضاء ستار جابر الموسوي إن المحولة ستستبدل",
        "وذكر المتحدث باسم الوزارة أحمد موسى العبادي أن الفرق في الطريق",
    ],
)
def test_the_name_of_an_official_is_not(analyser, told):
    assert any(entity.label == "PER" for entity in analyser.analyse(APPEAL + told).entities)
    assert _private(analyser, APPEAL + told) == []


def test_no_name_is_private_where_nobody_asks_or_suffers(analyser):
    text = "افتتح المحافظ مدرسة في الكوت، وقال المواطن حميد عبد الحسين إن الافتتاح كان جميلا"
    assert any(entity.label == "PER" for entity in analyser.analyse(text).entities)
    assert _private(analyser, text) == []


WORDS = [
    *APPEAL.split(),
    "المواطن",
    "حميد",
    "عبد الحسين",
    "النائب",
    "07701234567",
    "199012345678",
    "،",
    "\n",
    "\u200f",
    "😀",
]


@given(st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_what_is_private_points_at_its_text_in_order_and_never_overlaps(analyser, text):
    parts = analyser.analyse(APPEAL + text).private
    assert all((APPEAL + text)[part.start : part.end] == part.text != "" for part in parts)
    assert all(one.end <= other.start for one, other in pairwise(parts))
