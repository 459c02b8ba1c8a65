from __future__ import annotations

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import arabic
from index.elasticsearch.schema import mapping
from index.elasticsearch.schema import settings as index_settings

NEWS = """
ناشد أهالي الهارثة، شمالي البصرة، وزارةَ الموارد المائية ووزيرها إعادةَ الماء بعد أسبوعين؛
وقال مختار القرية إنّ الآبار جفّت. والوفد الذي زار المحافظة وعد بالحلول، ولم يصل شيء للأهالي!
طالب خريجو كليّة الهندسة (دفعة ٢٠٢٤) بالتعيين أسوةً بأقرانهم... «المدارس الطينية» وبمدارسها ولمدرستهم كالمدارس فالمدارس
#انقذوا_البصرة covid-19 3.5 کرکوک چمچمال پێشمەرگە ڤيتامين گلّال ﻣﺴﺘﺸﻔﻰ ﷺ ﻻ سيّارات الإسعاف للمستشفيات والمستوصفات
وثائق والوثائق ووثائقهم وزيرة الوزراء وزراؤها وفود وفدهم وقود ووقودها وظيفة وظائفهم وطن الوطنية
"""


@pytest.fixture(scope="module")
def analysed(elasticsearch_node):
    """Returns what the server's analyzers make of a text, as forms."""
    with Elasticsearch(elasticsearch_node.partition("?")[0]) as client:
        client.options(ignore_status=404).indices.delete(index="test-words")
        client.indices.create(index="test-words", settings=index_settings(), mappings=mapping())

        def forms(analyzer, text):
            answer = client.indices.analyze(index="test-words", analyzer=analyzer, text=text)
            return [token["token"] for token in answer["tokens"]]

        yield forms
        client.indices.delete(index="test-words")


def test_the_server_reads_news_as_the_file_does(analysed):
    words = arabic.analyse(NEWS)
    assert analysed("rasid_exact", NEWS) == [word.exact for word in words]
    assert analysed("rasid_arabic", NEWS) == [word.stem for word in words if word.stem is not None]


LETTERS = st.text(st.sampled_from("اأإآبتثجحخدذرزسشصضطظعغفقكلمنهويىةئءؤ"), min_size=1, max_size=9)
WORDS = st.builds(
    lambda before, word, after: before + word + after,
    st.sampled_from(["", "", "ال", "و", "وال", "بال", "لل", "كال", "فال", "ب", "ل"]),
    st.one_of(LETTERS, st.sampled_from(arabic.RADICAL_WAW)),
    st.sampled_from(["", "", "ها", "ان", "ات", "ون", "ين", "ية", "ه", "ة", "ي", "هم", "اتها"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=20, max_size=60))
def test_the_server_stems_any_arabic_word_as_the_file_does(analysed, words):
    text = " ".join(words)
    read = arabic.analyse(text)
    assert analysed("rasid_exact", text) == [word.exact for word in read]
    assert analysed("rasid_arabic", text) == [word.stem for word in read if word.stem is not None]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs", "Cn", "Lu", "Lt"]), max_size=200))
def test_the_server_parts_any_text_into_the_same_words(analysed, text):
    read = [word.exact for word in arabic.analyse(text) if len(word.exact) < arabic.LONGEST_WORD]
    assert analysed("rasid_exact", text) == read
