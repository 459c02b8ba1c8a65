import pytest

from nlp import ModelFault
from nlp.hub import HubEntities


def test_a_model_that_cannot_be_had_is_told(tmp_path):
    with pytest.raises(ModelFault, match="torch is needed"):
        HubEntities.load(str(tmp_path / "no such model"))


def test_spans_are_those_of_the_whole_text():
    lines = {"زار علي بغداد": [{"entity_group": "PERS", "start": 4, "end": 7, "score": 0.9}], "خبر": []}
    reader = HubEntities(lambda line: lines[line])
    (span,) = reader.read("خبر\n\nزار علي بغداد")
    assert (span.start, span.end, span.label) == (9, 12, "PER")


def test_a_token_classifier_is_loaded_by_transformers(tmp_path):
    pytest.importorskip("torch", reason="a model of a hub needs torch: pip install torch enables this test")
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nعلي", encoding="utf-8")
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = BertConfig(
        vocab_size=6,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        id2label={0: "O", 1: "B-PERS", 2: "I-PERS"},
    )
    BertForTokenClassification(config).save_pretrained(tmp_path)
    text = "علي علي"
    assert all(text[span.start : span.end].strip() for span in HubEntities.load(str(tmp_path)).read(text))
