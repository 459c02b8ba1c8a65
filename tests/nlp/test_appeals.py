

def test_an_office_and_a_deputy_keep_what_completes_their_name(analyser):
    text = (
        "مركز غسل الكلى على حافة التوقف ونائب يطالب بتدخل عاجل\n"
        "طالب نائب عن محافظة ذي قار، اليوم الاثنين، وزارة الصحة بإرسال فلاتر الغسيل إلى المركز."
    )
    (appeal,) = analyser.analyse(text).appeals
    assert [span.text for span in appeal.appellants] == ["نائب عن محافظة ذي قار"]
    assert [span.text for span in appeal.addressees] == ["وزارة الصحة"]
