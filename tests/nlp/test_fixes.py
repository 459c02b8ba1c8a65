import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import CaseFacts, Fix, may_meet, reports_fix
from nlp.lexicon import Lexicon
from nlp.needs import NEEDS


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("عادت مياه الشرب إلى حي الزهور", ("water",)),
        ("أُعيد التيار الكهربائي إلى ناحية الكفل", ("electricity",)),
        ("تم إصلاح محولة الحي", ("electricity",)),
        ("افتتاح مركز صحي في الشامية", ("health",)),
        ("البصرة.. صرف رواتب عمال النظافة", ("jobs_salaries",)),
        ("تمكنت الملاكات من إصلاح شبكة المجاري", ("sewage_environment",)),
        ("الماي رجع لبيوتنا", ("water",)),
        ("بعد أن ناشدوا المحافظ أُعيد فتح الجسر", ("roads_transport",)),
        ("عثرت الشرطة على الطفل المفقود", None),  # not the words of a fix side by side
        ("العثور على الطفل المفقود سالماً", ("missing_detained",)),
        ("سيتم إصلاح محولة الحي", None),
        ("وجه المحافظ بإعادة الماء", None),
        ("وعد الوزير بصرف الرواتب", None),
        ("طالبوا بإعادة الماء", None),
        ("الأهالي يناشدون إعادة الماء", None),
        ("لم تتم إعادة الماء", None),
        ("دون إصلاح المحولة", None),
        ("باشرت البلدية تبليط الشوارع", None),
        ("إعادة الماء إلى الحي خلال الأيام المقبلة", None),
        ("عاد الماء إلى الحي ولا يزال نصفه بلا قطرة", None),
        ("العثور على جثة المفقود", None),
        ("تجهيز الحي بالماء بواسطة الصهاريج", None),
        ("وصل وزير الخارجية إلى بغداد", None),
        ("", None),
    ],
)
def test_done_is_told_from_promised_asked_denied_and_begun(text, needs):
    fix = reports_fix(text)
    assert (fix.needs if fix else None) == needs
    for piece in fix.evidence if fix else ():
        assert text[piece.start : piece.end] == piece.text
        assert piece.why == "fixed" or piece.why.startswith("need:")


def test_what_is_met_by_itself_names_a_need():
    kinds = {kind for kind in Lexicon("fixes.toml").kinds if kind.startswith("met.")}
    assert {kind.removeprefix("met.") for kind in kinds} <= set(NEEDS)


def test_what_is_of_one_person_only_says_so():
    assert reports_fix("العثور على الطفل المفقود سالماً").personal
    assert not reports_fix("صرف رواتب عمال النظافة").personal


@given(st.text(alphabet='أإاعدتمهلوير ءىةبقفطصشحخ.\n"،سكنهز', max_size=300))
def test_any_text_is_read_and_evidence_is_what_stands_there(text):
    fix = reports_fix(text)
    for piece in fix.evidence if fix else ():
        assert text[piece.start : piece.end] == piece.text


def facts(**known):
    return CaseFacts.from_dict({"needs": ["water"], **known})


WATER = Fix(("water",), (), personal=False)
FOUND = Fix(("missing_detained",), (), personal=True)


@pytest.mark.parametrize(
    ("told", "asked", "may"),
    [
        ({}, {"needs": ["health"]}, False),
        ({}, {}, True),
        ({"spots": ["سلام"], "words": ["سلام"]}, {"spots": ["سلام"], "words": ["سلام"]}, True),
        ({"spots": ["نصر"], "words": ["نصر"]}, {"spots": ["سلام"], "words": ["سلام"]}, False),
        # A word that many villages begin with, the need, and the town are nobody's own.
        ({"spots": ["ام", "ودع"], "words": ["ام", "ودع"]}, {"spots": ["ام", "طيور"], "words": ["ام", "طيور"]}, False),
        ({"spots": ["ماء", "نصر"], "words": ["ماء", "نصر"]}, {"spots": ["ماء", "سلام"], "words": ["سلام"]}, False),
        ({"spots": ["نصر", "بمدين"], "words": ["بمدين"]}, {"spots": ["سلام", "بمدين"], "words": ["بمدين"]}, False),
        # The whole town is not its quarter, nor the quarter the town.
        ({"places": ["حويج"], "words": ["حويج"]}, {"spots": ["سلام"], "places": ["حويج"], "words": ["سلام"]}, False),
        ({"spots": ["سلام"], "words": ["سلام"]}, {"words": ["كوت"]}, False),
        ({"places": ["حويج"], "words": ["حويج"]}, {"places": ["حويج"], "words": ["حويج"]}, True),
        ({"places": ["داقوق"], "words": ["داقوق"]}, {"places": ["حويج"], "words": ["حويج"]}, False),
        ({"places": []}, {"places": ["حويج"]}, False),
    ],
)
def test_no_place_stands_for_another(told, asked, may):
    assert may_meet(WATER, facts(**told), facts(**asked)) is may


def test_what_is_of_one_person_must_name_that_person():
    asked = facts(needs=["missing_detained"], names=["حسين", "علاوي"])
    assert may_meet(FOUND, facts(words=["حسين", "علاوي", "شرط"]), asked)
    assert not may_meet(FOUND, facts(words=["حسين", "ماجد", "شرط"]), asked)
    assert not may_meet(FOUND, facts(words=["حسين"]), facts(needs=["missing_detained"]))
