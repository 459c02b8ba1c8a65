import pytest

from nlp import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ناشد أهالي قضاء الشامية وزارة الموارد المائية زيادة الحصة", "ar"),
        ("شلونكم اهلنا صارلنه يومين بلا ماي", "ar"),
        ("عادت الاسر الی القریة فی قضاء داقوق لتجد بیوتا بلا سقوف", "ar"),
        ("خەڵکی شارەکە داوای دابینکردنی ئاوی خواردنەوە دەکەن", "ckb"),
        ("مردم این شهر از دولت خواستند که آب آشامیدنی را برای آنها تامین کند", "fa"),
        ("The residents of the city asked for water and power", "en"),
        ("Жители города просят воды", "und"),
        ("12345 !!", "und"),
        ("", "und"),
    ],
)
def test_the_language_of_a_text(text, language):
    assert detect_language(text) == language
