import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

import nlp.training
from nlp import facilities, model, needs
from nlp.training.marked import FACILITY_TYPES, NEEDS, STANCES, URGENCIES, MarkedFault, main, read_marked

ITEMS = Path(nlp.training.__file__).parent / "items"

ONE = """id: t-1
style: agency
stance: appeal
needs: water, health
urgency: high
mentioned: IQ-QA, IQ-BG
primary: IQ-QA
summary: أهالي الشامية يطلبون الماء.
---
ناشد ⟦w|أهالي الشامية⟧ ⟦a|وزير الموارد⟧ وإدارة ⟦a|⟦f:health|مستشفى الشامية⟧⟧.
"""
PLAIN = "id: t-2\nstance: none\n---\nيوم هادئ\n"


def _reported(text):
    with pytest.raises(MarkedFault) as raised:
        read_marked(text)
    return str(raised.value).splitlines()


def test_marks_become_spans_of_the_bare_text():
    item, plain = read_marked(f"{ONE}===\n{PLAIN}")
    text = item["text"]
    assert text == "ناشد أهالي الشامية وزير الموارد وإدارة مستشفى الشامية."
    spans = [*item["appellants"], *item["addressees"], *item["facilities"]]
    assert [span["text"] for span in spans] == ["أهالي الشامية", "وزير الموارد", "مستشفى الشامية", "مستشفى الشامية"]
    assert all(text[span["start"] : span["end"]] == span["text"] for span in spans)
    assert item["facilities"][0]["type"] == "health"
    assert (item["needs"], item["urgency"]) == (["water", "health"], "high")
    assert item["governorates"] == {"mentioned": ["IQ-QA", "IQ-BG"], "primary": ["IQ-QA"]}
    assert (plain["id"], plain["stance"], plain["text"]) == ("t-2", "none", "يوم هادئ")
    assert "needs" not in plain


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("stance: appeal", "stance: plea", "t-1: no stance 'plea'"),
        ("needs: water, health", "needs: -", "t-1: no needs"),
        ("needs: water", "needs: wine", "t-1: no need 'wine'"),
        ("urgency: high", "urgency: low", "t-1: no urgency 'low'"),
        ("IQ-BG", "IQ-XX", "t-1: no governorate 'IQ-XX'"),
        ("primary: IQ-QA", "primary: IQ-BA", "t-1: a primary governorate is not mentioned"),
        ("summary: أهالي الشامية يطلبون الماء.", "summary:", "t-1: no summary"),
        ("f:health", "f:castle", "t-1: no facility type 'castle'"),
        ("⟦w|أهالي الشامية⟧", "أهالي الشامية⟧", "t-1: ⟧ without ⟦"),
        ("⟦w|أهالي الشامية⟧", "⟦w|أهالي الشامية", "t-1: a mark that is not closed or not known, or an empty text"),
        ("---\n", "", "t-1: a mark that is not closed or not known, or an empty text"),
    ],
)
def test_a_fault_is_reported_with_the_id(right, wrong, fault):
    assert fault in _reported(ONE.replace(right, wrong, 1))


def test_every_fault_of_a_file_is_reported():
    nameless = PLAIN.replace("id: t-2\n", "").replace("none", "")
    assert _reported(f"{ONE}===\n{ONE}===\n{nameless}") == ["t-1: this id stands twice", "block 3: no stance ''"]


def test_the_command_prints_the_items_and_tells_which_file_is_wrong(tmp_path, capsys):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(ONE, encoding="utf-8")
    bad.write_text(PLAIN.replace("none", "plea"), encoding="utf-8")
    assert main([str(good)]) == 0
    assert main([str(bad), str(good)]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["t-1", "t-1"]
    assert err == f"{bad}:\nt-2: no stance 'plea'\n"


def test_the_labels_are_those_of_the_reader():
    assert (STANCES, URGENCIES) == (model.STANCES, model.URGENCIES)
    assert set(NEEDS) == set(needs.NEEDS)
    assert set(FACILITY_TYPES) == set(facilities.TYPES)


def test_the_written_items_have_no_faults_and_no_id_twice_and_are_1500_at_least():
    items = [item for file in ITEMS.glob("*.txt") for item in read_marked(file.read_text(encoding="utf-8"))]
    assert len(items) >= 1_500
    assert [number for number, often in Counter(item["id"] for item in items).items() if often > 1] == []


def test_every_written_case_is_valid():
    files = sorted(ITEMS.glob("cases-*.jsonl"))
    groups = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    cases = {group["case"] for group in groups}
    assert len(cases) == len(groups) > 0
    ids = [item["id"] for group in groups for item in group["items"]]
    assert len(set(ids)) == len(ids)
    for group in groups:
        assert len(group["items"]) >= 2, group["case"]
        assert set(group["confusable_with"]) <= cases - {group["case"]}, group["case"]
        for item in group["items"]:
            assert item["id"].startswith(group["case"])
            assert item["text"].strip(), item["id"]
            assert item["outlet"].strip(), item["id"]
            assert datetime.fromisoformat(item["published"]).tzinfo is not None, item["id"]
