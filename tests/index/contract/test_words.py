from __future__ import annotations

import pytest

from index import Query, Sort


@pytest.mark.parametrize("text", ["ماء", "والماء", "بالماء", "للماء", "فالماء", "كالماء", "الماء", "وماء"])
@pytest.mark.parametrize("asked", ["ماء", "الماء"])
def test_proclitics_do_not_hide_a_word(make, store, ids, text, asked):
    store(make("a", body=f"انقطع {text} أمس"), make("b", body="سماء صافية"))
    assert ids(asked) == ["a"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("مستشفيات", "مستشفى"),
        ("المعلمون", "معلم"),
        ("معلمين", "المعلمات"),
        ("محافظتان", "محافظتين"),
        ("مدارسها", "المدارس"),
        ("وزارة", "الوزارات"),
        ("وزير", "الوزير"),
        ("الوزير", "وزير"),
        ("ووزير", "وزير"),
        ("وظائف", "الوظائف"),
    ],
)
def test_light_stemming_joins_inflected_forms(make, store, ids, text, asked):
    store(make("a", title=text))
    assert ids(asked) == ["a"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("أحمد إبراهيم آمنة", "احمد ابراهيم امنه"),
        ("احمد ابراهيم امنه", "أحمد إبراهيم آمنة"),
        ("مدرسة", "مدرسه"),
        ("مستشفى", "مستشفي"),
        ("عام ٢٠٢٤", "2024"),
        ("عام ۲۰۲۴", "٢٠٢٤"),
        ("المــــاء", "الماء"),
        ("المَاءُ", "الماء"),
        ("هٰذه اللّٰه", "الله"),
        ("ايران کردستان", "إيران كردستان"),
        ("كردستان", "کردستان"),
        ("سلیمانی", "سليماني"),
        ("چمچمال", "جمجمال"),
        ("هەولێر", "ههولير"),
        ("بيه\u200cرام", "بيهرام"),
        ("ال\u200fماء", "الماء"),
        ("\ufee3\ufe8e\ufe80", "ماء"),
        ("BASRA Oil", "basra OIL"),
        ("#انقذوا_البصرة", "البصرة"),
        ("قال.الماء:مقطوع", "الماء"),
    ],
)
def test_spelling_variants_are_one_word(make, store, ids, text, asked):
    store(make("a", body=text), make("b", body="لا شيء"))
    assert ids(asked) == ["a"]


def test_all_words_must_occur_in_title_or_body(make, store, ids):
    store(
        make("both", title="البصرة", body="انقطاع الماء"),
        make("one", title="البصرة", body="انقطاع الكهرباء"),
        make("none", title="بغداد", body="اجتماع"),
    )
    assert ids("ماء البصرة") == ["both"]
    assert sorted(ids("البصرة")) == ["both", "one"]
    assert ids("ماء بغداد") == []


def test_stop_words_are_not_required_beside_other_words(make, store, ids):
    store(make("a", body="انقطاع الماء بالبصرة"))
    assert ids("انقطاع الماء في البصرة") == ["a"]
    assert ids("الماء من") == ["a"]


def test_stop_words_alone_are_searched_as_written(make, store, ids):
    store(make("a", body="في البيت"), make("b", body="وفي البيت"), make("c", body="من البيت في"))
    assert sorted(ids("في")) == ["a", "c"]
    assert ids("من في") == ["c"]


def test_phrases_occur_as_written(make, store, ids):
    store(
        make("exact", body="مياه شط العرب مالحة"),
        make("apart", body="شط طويل يسمى العرب"),
        make("inflected", body="شطوط للعرب والشط عرب"),
    )
    assert ids('"شط العرب"') == ["exact"]
    assert ids("«شط العرب»") == ["exact"]
    assert ids("“شط العرب”") == ["exact"]
    assert ids('"العرب شط"') == []


def test_phrases_count_stop_words_and_spelling_variants(make, store, ids):
    store(make("a", body="الإمارة في ذي قار"), make("b", body="الإمارة ذي قار"))
    assert ids('"الاماره في ذي قار"') == ["a"]


def test_phrases_do_not_cross_from_title_to_body(make, store, ids):
    store(make("a", title="محافظ البصرة", body="يزور الفاو"))
    assert ids('"البصرة يزور"') == []
    assert ids('"محافظ البصرة" "يزور الفاو"') == ["a"]


def test_a_quoted_word_is_not_inflected(make, store, ids):
    store(make("a", body="الماء"), make("b", body="ماء"))
    assert ids('"ماء"') == ["b"]


def test_or_asks_for_either_of_its_neighbours(make, store, ids):
    store(
        make("water", body="الماء في البصرة"),
        make("power", body="الكهرباء في البصرة"),
        make("health", body="الصحة في البصرة"),
        make("elsewhere", body="الماء والكهرباء في بغداد"),
    )
    assert sorted(ids("ماء OR كهرباء البصرة")) == ["power", "water"]
    assert sorted(ids("البصرة ماء OR كهرباء OR صحة")) == ["health", "power", "water"]
    assert sorted(ids('"الصحة في" OR بغداد')) == ["elsewhere", "health"]


def test_an_or_that_stands_wrong_is_a_word(make, store, ids):
    store(make("a", body="البصرة"), make("b", body="البصرة or"))
    assert ids("البصرة OR") == ["b"]
    assert ids("OR") == ["b"]


def test_excluded_words_and_phrases_do_not_occur(make, store, ids):
    store(
        make("a", body="الماء في البصرة"),
        make("b", body="بالماء في ميسان"),
        make("c", body="شط العرب والماء"),
        make("d", body="العرب عند شط"),
    )
    assert sorted(ids("ماء -البصرة")) == ["b", "c"]
    assert sorted(ids('-"شط العرب" -بصرة')) == ["b", "d"]
    assert ids("-ماء") == ["d"]
    assert ids("ماء -ماء") == []


def test_exclusion_alone_leaves_everything_else(index, make, store):
    store(*(make(str(number), body="خبر", minutes=number) for number in range(5)), make("x", body="الماء"))
    page = index.search(Query(text="-الماء", sort=Sort.RELEVANCE))
    assert [hit.document.id for hit in page.hits] == ["0", "1", "2", "3", "4"]
    assert {hit.score for hit in page.hits} == {0}


def test_joined_words_are_a_phrase(make, store, ids):
    store(make("a", body="انقذوا البصرة 3.5 يوم 20-05-2024"), make("b", body="البصرة انقذوا 5.3 يوم 2024-05-20"))
    assert ids("#انقذوا_البصرة") == ["a"]
    assert ids("3.5") == ["a"]
    assert ids("20-05-2024") == ["a"]


def test_text_without_a_word_asks_for_everything(make, store, ids):
    store(make("a"), make("b", minutes=1))
    for text in ("", "   ", "؟!", "\U0001f4a7", '""', '" - "', "-", "«»", "\u200f"):
        assert ids(text) == ["a", "b"]
