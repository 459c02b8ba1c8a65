import pytest

MENTIONED = [
    # plain names, with particles and spellings
    ("انقطع الماء عن أهالي قضاء الشامية", {"IQ-QA"}),
    ("وصل الوفد للديوانية ثم عاد لبغداد", {"IQ-BG", "IQ-QA"}),
    ("حريق بالناصريه وبالبصره", {"IQ-BA", "IQ-DQ"}),
    ("عادت العوائل الی کرکوک", {"IQ-KI"}),
    ("أكد محافظ الديوانية علي الشعلان المضي بالمشروع", {"IQ-QA"}),
    # outlets
    ("من كربلاء الخبر - بغداد\nزار الوفد المدينة القديمة", {"IQ-BG"}),
    ("بحسب قناة البصرة الفضائية فإن المطر قادم", set()),
    # persons and their nisbas
    ("قال النائب مثنى السامرائي إن الأمر انتهى", set()),
    ("فاز المهندس ياسر صلاح الدين بالجائزة", set()),
    ("كتب الشاعر أحمد البصري قصيدة", set()),
    # clubs, companies, streets, quarters
    ("تعاقد نادي النجف مع مهاجم جديد", set()),
    ("ارتفع سعر خام البصرة اليوم", set()),
    ("أعلن مصرف بغداد أرباحه", set()),
    ("حادث في شارع بغداد وسط دهوك", {"IQ-DA"}),
    ("سكان حي القادسية في كركوك غاضبون", {"IQ-KI"}),
    ("احتج سكان حي القادسية على الإهمال", set()),
    # common words
    ("قال في حديثه إن المدينة هادئة", set()),
    ("يسكن الناس في الحي منذ سنوات", set()),
    ("انقطعت الكهرباء عن قضاء الحي", {"IQ-WA"}),
    ("رضي الله عنه", set()),
    # institutions that bear and stand in it
    ("أعلنت جامعة البصرة موعد القبول", {"IQ-BA"}),
    ("تخرج في جامعة صلاح الدين عام 2010", {"IQ-AR"}),
    # wider regions and foreign places
    ("قالت حكومة إقليم كردستان إن الرواتب ستصرف", set()),
    ("وصل إلى الرياض وفد رسمي", set()),
]


@pytest.mark.parametrize(("text", "governorates"), MENTIONED)
def test_places_are_told_from_what_bears_their_name(analyser, text, governorates):
    assert set(analyser.analyse(text).governorates.mentioned) == governorates


def test_a_shared_name_is_decided_by_what_is_named_beside_it_or_by_the_outlets_home(analyser):
    text = "طالب أهالي ناحية النصر بتبليط الشارع"
    assert "IQ-DQ" in analyser.analyse(text + " في محافظة ذي قار").governorates.mentioned
    shared = "شكا سكان ناحية الحسينية من انقطاع الماء"
    assert analyser.analyse(shared).governorates.mentioned == ()
    assert analyser.analyse(shared, home="IQ-KA").governorates.mentioned == ("IQ-KA",)


def test_the_outlets_own_name_is_no_place(analyser):
    text = "أفاد مراسل صوت ميسان الحر بأن الأمطار هطلت"
    assert analyser.analyse(text).governorates.mentioned == ("IQ-MA",)
    assert analyser.analyse(text, outlet="صوت ميسان الحر").governorates.mentioned == ()


PRIMARY = [
    ("حريق كبير على طريق أربيل - كركوك\nاندلع الحريق قرب كويسنجق في أربيل", ("IQ-AR",)),
    ("مصرع شخصين بحادث سير\nوكالة الرافدين- واسط", ("IQ-WA",)),
    ("نادي الكوت يتعادل مع ضيفه في الدوري\nوكالة الرافدين- واسط", ()),
    ("بغداد تبحث في واشنطن ملف الديون", ()),
    ("طلبة عراقيون من البصرة عالقون في أوكرانيا يناشدون الخارجية إجلاءهم", ()),
    ("أهالي الكوت وبعقوبة يطالبون بالكهرباء", ("IQ-DI", "IQ-WA")),
]


@pytest.mark.parametrize(("text", "governorates"), PRIMARY)
def test_the_primary_governorate_is_where_it_happens(analyser, text, governorates):
    assert analyser.analyse(text).governorates.primary == governorates


def test_a_place_gives_the_words_of_the_text_and_its_official_name(analyser):
    text = "ماء مقطوع في سوق الشيوخ"
    (place,) = analyser.analyse(text).places
    assert (place.text, place.kind, place.name, place.governorate) == ("سوق الشيوخ", "district", "سوق الشيوخ", "IQ-DQ")
    assert text[place.start : place.end] == place.text
    assert 0 < place.score <= 1
