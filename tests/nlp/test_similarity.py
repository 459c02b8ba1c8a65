import pytest

from nlp import SAME_TEXT, bands, resemblance, signature

DISPATCH = (
    "ناشد أهالي ناحية الدغارة شمالي الديوانية، اليوم الأحد، وزارة الموارد المائية ومحافظ الديوانية زيادة الحصة المائية"
    " لناحيتهم بعد أن جفت الأنهر الفرعية وتوقفت محطات الإسالة عن العمل منذ أسبوعين، مؤكدين أن الأهالي يشترون الماء من"
    " الصهاريج بأسعار لا يقدرون عليها وأن المزارعين خسروا محصولهم لهذا الموسم، فيما وعد مدير الناحية بمتابعة الموضوع."
)


def test_a_lightly_edited_copy_is_the_same_text_and_shares_a_band():
    copy = "عطش في الدغارة\n" + DISPATCH.replace("اليوم الأحد، ", "").replace("أهالي", "اهالي") + " انتهى"
    one, other = signature(DISPATCH), signature(copy)
    assert resemblance(one, other) >= SAME_TEXT
    assert set(bands(one)) & set(bands(other))


def test_the_same_need_told_in_other_words_is_not_the_same_text():
    retold = "سكان الدغارة بلا ماء منذ أسبوعين، ويطلبون من الوزارة إطلاق حصة إضافية بعدما يبست جداولهم وتلف الزرع"
    assert resemblance(signature(DISPATCH), signature(retold)) < SAME_TEXT / 2


def test_a_signature_is_stable_small_and_storable():
    one = signature(DISPATCH)
    assert one == signature(DISPATCH)
    assert len(one) == 128
    assert all(type(number) is int and 0 <= number < 2**32 for number in one)
    assert len(set(bands(one))) == len(bands(one)) == 32
    assert bands(list(one)) == bands(one)


def test_texts_without_words_resemble_nothing():
    assert signature("…!") == bands(()) == ()
    assert resemblance((), ()) == 0.0


def test_signatures_of_another_version_are_refused():
    with pytest.raises(ValueError, match="another version"):
        resemblance(signature(DISPATCH), (1, 2, 3))
