import json
import subprocess
import sys

import pytest

from nlp import EvaluationFault, evaluate_items, score_table

ITEMS = [
    {
        "id": "a",
        "text": "ناشد أهالي الشامية وزارة الموارد المائية توفير الماء",
        "governorates": {"mentioned": ["IQ-QA"], "primary": ["IQ-QA"]},
        "facilities": [],
        "stance": "appeal",
        "appellants": [{"text": "أهالي الشامية", "start": 5, "end": 18}],
        "addressees": [],
        "needs": ["water"],
        "urgency": "high",
    },
    {
        "id": "b",
        "text": "افتتاح جسر الكوت",
        "governorates": {"mentioned": ["IQ-WA"], "primary": ["IQ-WA"]},
        "facilities": [{"text": "جسر الكوت", "start": 7, "end": 16, "type": "roads_bridges"}],
        "stance": "none",
    },
]


def test_scores_of_items_that_are_read_rightly_are_full(rules):
    scores = evaluate_items(ITEMS, [rules.analyse(item["text"]) for item in ITEMS])
    assert scores["stance.accuracy"] == 1.0
    assert scores["governorates.primary"]["f1"] == scores["facilities.exact"]["f1"] == scores["needs"]["f1"] == 1.0
    assert "alertable" in score_table(scores)


def test_items_that_do_not_fit_are_told(analyser):
    analysis = analyser.analyse("نص")
    with pytest.raises(EvaluationFault, match="2 labelled items, but 1"):
        evaluate_items(ITEMS, [analysis])
    with pytest.raises(EvaluationFault, match="lacks 'governorates'"):
        evaluate_items([{"id": "x", "stance": "none"}], [analysis])


@pytest.mark.parametrize("name", ["articles", "headlines", "posts"])
def test_our_scores_are_those_of_the_shared_scorer(analyser, shared, tmp_path, name):
    gold = shared / "eval" / "dev" / f"{name}.jsonl"
    items = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    analyses = [analyser.analyse(item["text"], id=str(item["id"])) for item in items]
    predicted = tmp_path / "predicted.jsonl"
    predicted.write_text(
        "".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in analyses), encoding="utf-8"
    )
    scorer = [sys.executable, str(shared / "eval" / "score.py"), str(gold), str(predicted)]
    told = subprocess.run([*scorer, "--json"], capture_output=True, text=True, check=True)
    ours = evaluate_items(items, analyses)
    assert json.loads(told.stdout) == ours
    table = subprocess.run(scorer, capture_output=True, text=True, check=True)
    assert table.stdout.strip() == score_table(ours).strip()
