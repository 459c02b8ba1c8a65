import pytest

from nlp.training.corpora import FINE_LABELS, LABELS, anercorp, fine_corpora

SHARED = "وصل الوزير سالم إلى مدينة الحلة صباحا"
TEST = [(SHARED.split(), ["O"] * 7)]


def _rows(*sentences, end=""):
    """Write sentences of "word/tag" words as lines, each sentence with an empty line (or `end`) behind it."""
    return "".join(
        "".join(word.replace("/", " ") + "\n" for word in sentence.split()) + end + "\n" for sentence in sentences
    )


def _plain(sentence):
    return " ".join(f"{word}/O" for word in sentence.split())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fane").mkdir()
    (tmp_path / "wojood").mkdir()

    def write(fane="", **wojood):
        (tmp_path / "fane" / "NewsFANE_Gold_2014_170K.txt").write_text(fane, encoding="utf-8")
        for part in ("train", "val", "test"):
            file = tmp_path / "wojood" / f"sina_sample_{part}.txt"
            file.write_text(wojood.get(part, ""), encoding="utf-8")
        return tmp_path

    return write


def _words(sentences):
    return [" ".join(words) for words, _ in sentences]


def test_anercorp_is_read_as_it_is_split_and_in_its_labels(tmp_path):
    train = _rows("زار/O سالم/B-PERS جبار/I-PERS \u200fالحلة/B-LOC", "نص/B-ODD آخر/O")
    (tmp_path / "ANERCorp_CamelLab_train.txt").write_text(train, encoding="utf-8")
    (tmp_path / "ANERCorp_CamelLab_test.txt").write_text(_rows("قال/O حسن/B-PERS"), encoding="utf-8")
    train, test = anercorp(tmp_path)
    assert train == [
        (["زار", "سالم", "جبار", "الحلة"], ["O", "B-PER", "I-PER", "B-LOC"]),
        (["نص", "آخر"], ["O", "O"]),
    ]
    assert test == [(["قال", "حسن"], ["O", "B-PER"])]
    assert all(tag in LABELS for _, tags in train for tag in tags)


@pytest.mark.parametrize(
    ("given", "repaired"),
    [
        ("I-PERS I-PERS O", "B-PER I-PER O"),
        ("O I-LOC I-LOC", "O B-LOC I-LOC"),
        ("B-PERS I-LOC I-LOC", "B-PER B-LOC I-LOC"),
        ("B-ORG O I-ORG", "B-ORG O B-ORG"),
        ("B-ORG B-ORG I-ORG", "B-ORG B-ORG I-ORG"),
    ],
)
def test_what_is_inside_of_nothing_begins(tmp_path, given, repaired):
    lines = _rows(" ".join(f"كلمة/{tag}" for tag in given.split()))
    for part in ("train", "test"):
        (tmp_path / f"ANERCorp_CamelLab_{part}.txt").write_text(lines, encoding="utf-8")
    assert anercorp(tmp_path)[0][0][1] == repaired.split()


def test_fine_labels_are_joined_to_those_that_both_corpora_tell(folder):
    fane = _rows("سالم/I-Politician زار/O نهر/B-Water-Body دجلة/I-Water-Body سيارة/B-Vehicle")
    wojood = "قال O\nحسن B-OCC B-PERS\nفي O\nبابل B-GPE\n\n"
    told = fine_corpora(folder(fane, val=wojood), [])
    assert [tags for _, tags in told] == [["B-PER", "O", "B-LOC", "I-LOC", "O"], ["O", "B-PER", "O", "B-GPE"]]
    assert all(tag in FINE_LABELS for _, tags in told for tag in tags)


@pytest.mark.parametrize(
    "sharing", ["سالم إلى مدينة الحلة مساء", "قالوا وصل الوزير و سالم الى مدينه", "وصل «الوزير» سالم إلى"]
)
def test_a_sentence_that_shares_four_words_with_the_test_goes_and_its_neighbours_too(folder, sharing):
    sentences = ["سقط مطر غزير", "هدأت الريح قليلا", sharing, "عاد الناس مسرعين", "أشرقت شمس دافئة"]
    told = fine_corpora(folder(_rows(*map(_plain, sentences), end="$#$ O")), TEST)
    assert _words(told) == [sentences[0], sentences[4]]


def test_three_shared_words_and_a_sharing_in_the_other_corpus_are_no_reason(folder):
    kept = ["الوزير سالم إلى البصرة", "هدأت الريح قليلا"]
    told = fine_corpora(folder(_rows(*map(_plain, kept)), train=_rows(_plain(SHARED))), TEST)
    assert _words(told) == kept


def test_a_sentence_of_one_word_teaches_nothing(folder):
    assert _words(fine_corpora(folder(_rows("انتهى/O", _plain("سقط مطر"))), [])) == ["سقط مطر"]
