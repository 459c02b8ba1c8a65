"""Quality gate: the analyser may not get worse than the committed baseline (figures only, see `baseline.json`).

To set a new baseline after an improvement: RASID_NEW_BASELINE=1 pytest tests/quality
"""

import json
import os
from pathlib import Path

import pytest

from nlp import Analyser, evaluate_items

SHARED = Path(os.environ.get("RASID_SHARED", Path(__file__).resolve().parents[3] / "shared"))
BASELINE = Path(__file__).with_name("baseline.json")
SETS = {
    "articles": "eval/dev/articles.jsonl",
    "headlines": "eval/dev/headlines.jsonl",
    "posts": "eval/dev/posts.jsonl",
    "retold-north": "train/retold-north.jsonl",
}
# A changed rule may lose an item or two of a set; more is a loss of quality.
TOLERANCE = 0.015


def figures(analyser, path):
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    scores = evaluate_items(items, [analyser.analyse(item["text"], id=str(item["id"])) for item in items])
    return {
        name: value["f1"] if isinstance(value, dict) else value
        for name, value in scores.items()
        if (name != "confusion" and not name.startswith("stance.")) or name in {"stance.macro_f1", "stance.accuracy"}
    }


@pytest.fixture(scope="module")
def analyser():
    return Analyser.load()


@pytest.mark.parametrize("name", SETS)
def test_no_score_falls_below_the_baseline(analyser, name):
    path = SHARED / SETS[name]
    if not path.is_file():
        pytest.skip(f"no evaluation data at {SHARED}: set RASID_SHARED")
    scores = figures(analyser, path)
    held = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.is_file() else {}
    if os.environ.get("RASID_NEW_BASELINE"):
        BASELINE.write_text(json.dumps(held | {name: scores}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    lost = {key: (value, scores[key]) for key, value in held[name].items() if scores[key] < value - TOLERANCE}
    assert not lost, f"{name}: baseline, now: {lost}"
