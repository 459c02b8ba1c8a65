from __future__ import annotations


def test_an_office_and_a_deputy_keep_what_completes_their_name(analyser):
    text = (
        "مركز غسل الكلى على حافة التوقف ونائب يطالب بتدخل عاجل\n"
        "طالب نائب عن محافظة ذي قار، اليوم الاثنين، وزارة الصحة بإرسال فلاتر الغسيل إلى المركز."
    )
    (appeal,) = analyser.analyse(text).appeals
    assert [span.text for span in appeal.appellants] == ["نائب عن محافظة ذي قار"]
    assert [span.text for span in appeal.addressees] == ["وزارة الصحة"]


def test_a_places_name_is_no_need(analyser):
    text = "بعد سرقات متكررة طالب أهالي ناحية العبارة في ديالى شرطة المحافظة بنقطة أمنية تحمي بيوتهم من السرقة."
    (appeal,) = analyser.analyse(text).appeals
    assert appeal.needs == ("security_justice",)
