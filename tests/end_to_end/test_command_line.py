from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.database.tables import metadata

Rasid = Callable[..., subprocess.CompletedProcess[str]]

SHARED = Path(__file__).parents[3] / "shared"
COMMANDS = (
    *("demo", "up", "crawl", "work", "serve", "deliver", "analyse", "extract", "search", "evaluate", "init", "migrate"),
    *("reindex", "doctor", "bench", "sources", "users", "cases", "kibana", "export", "backup"),
)


def test_help_answers_in_under_half_a_second() -> None:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "service", "--help"], check=True, capture_output=True)
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(rasid: Rasid, command: str) -> None:
    shown = rasid(command, "--help")
    assert shown.returncode == 0
    assert "Usage: " in shown.stdout
    assert command in rasid("--help").stdout


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["search", "--no-such-option"], ["extract", "missing.html"]]
)
def test_wrong_use_has_status_2(rasid: Rasid, arguments: list[str]) -> None:
    assert rasid(*arguments).returncode == 2


def test_a_failure_is_one_line_on_standard_error_and_status_1(rasid: Rasid, tmp_path: Path) -> None:
    (tmp_path / "rasid.toml").write_text("porto = 1\n", encoding="utf-8")
    for arguments in (["doctor"], ["up"], ["search", "ماء"]):
        failed = rasid(*arguments)
        assert failed.returncode == 1
        assert failed.stdout == ""
        assert failed.stderr.strip() == "rasid: rasid.toml: there is no setting 'porto'"


def test_lines_of_texts_come_back_as_lines_of_analyses_in_order(rasid: Rasid) -> None:
    texts = ["ناشد أهالي قضاء الشطرة محافظ ذي قار إعادة الماء المقطوع منذ أيام.", "فاز المنتخب.", ""]
    given = "\n".join(json.dumps({"id": f"t{n}", "text": text}, ensure_ascii=False) for n, text in enumerate(texts))
    answered = rasid("analyse", "--jsonl", given=given)
    assert answered.returncode == 0, answered.stderr
    found = [json.loads(line) for line in answered.stdout.splitlines()]
    assert [analysis["id"] for analysis in found] == ["t0", "t1", "t2"]
    assert (found[0]["stance"], found[0]["governorates"]["primary"]) == ("appeal", ["IQ-DQ"])
    assert found[1]["stance"] == "none"


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1"}', '{"text": 5}'])
def test_a_line_that_is_no_item_is_named_by_its_number(rasid: Rasid, line: str) -> None:
    failed = rasid("analyse", "--jsonl", given=f'{{"id": "1", "text": "خبر"}}\n{line}\n')
    assert failed.returncode == 1
    assert "line 2" in failed.stderr


def test_a_file_that_is_not_utf_8_is_refused_in_one_line(rasid: Rasid, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes("نص قديم".encode("cp1256"))
    failed = rasid("analyse", "old.txt")
    assert failed.returncode == 1
    assert "not UTF-8" in failed.stderr


def test_the_analysis_is_told_to_people_in_arabic_and_explained_on_demand(rasid: Rasid) -> None:
    text = "ناشد أهالي قضاء الشطرة محافظ ذي قار إعادة الماء المقطوع منذ أيام."
    told = rasid("analyse", given=text)
    assert "مناشدة" in told.stdout
    assert "ذي قار" in told.stdout
    assert rasid("analyse", "--explain", given=text).stdout.strip()


def test_init_doctor_and_an_empty_search_work_in_an_empty_folder(rasid: Rasid, tmp_path: Path) -> None:
    assert rasid("init").returncode == 0
    assert rasid("init").returncode == 1
    listed = rasid("sources", "list")
    assert len(listed.stdout.splitlines()) >= 25
    unready = rasid("doctor")
    assert unready.returncode == 1
    assert "rasid users add NAME --role administrator" in unready.stdout
    assert rasid("users", "add", "suad", "--role", "administrator", "--stdin", given="a long password").returncode == 0
    examined = rasid("doctor", "--json", settings={"SMTP_PASSWORD": "secret"})
    assert examined.returncode == 0, examined.stdout
    checks = {check["name"]: check for check in json.loads(examined.stdout)["checks"]}
    assert {check["state"] for check in checks.values()} <= {"ok", "note"}
    assert checks["torch"]["state"] in {"ok", "note"}
    assert "secret" not in examined.stdout
    assert rasid("search", "ماء").returncode == 0


def test_a_database_is_moved_and_kibanas_objects_are_printed(rasid: Rasid) -> None:
    assert rasid("work", "--once", settings={"DATABASE": "sqlite:///one.db"}).returncode == 0
    moved = rasid("migrate", "--from", "sqlite:///one.db", "--to", "sqlite:///two.db")
    assert (moved.returncode, moved.stdout.count("the same on both sides")) == (0, len(metadata.sorted_tables))
    assert rasid("migrate", "--from", "sqlite:///one.db").returncode == 2
    missing = rasid("migrate", "--from", "sqlite:///nothing.db", "--to", "sqlite:///three.db")
    assert (missing.returncode, missing.stderr) == (1, "rasid: there is no database sqlite:///nothing.db\n")
    objects = [json.loads(line) for line in rasid("kibana", "install", "--dry-run").stdout.splitlines()]
    assert [saved["type"] for saved in objects].count("dashboard") == 2
    assert rasid("kibana", "install").stderr.startswith("rasid: where is Kibana?")


def test_doctor_says_what_is_missing_with_status_1(rasid: Rasid) -> None:
    examined = rasid("doctor", "--json", settings={"ALERT_TO": "a@x.example", "SMTP_PORT": 1})
    checks = {check["name"]: check for check in json.loads(examined.stdout)["checks"]}
    assert examined.returncode == 1
    assert checks["mail"]["state"] == "missing"
    assert "rasid init" in checks["registry"]["seen"]


def test_evaluate_prints_the_table_of_the_scorer(rasid: Rasid, tmp_path: Path) -> None:
    gold = {
        "id": "1",
        "text": "ناشد أهالي قضاء الشطرة محافظ ذي قار إعادة الماء المقطوع منذ أيام.",
        "governorates": {"mentioned": ["IQ-DQ"], "primary": ["IQ-DQ"]},
        "facilities": [],
        "stance": "appeal",
        "appellants": [],
        "addressees": [],
        "needs": ["water"],
        "urgency": "high",
    }
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold, ensure_ascii=False), encoding="utf-8")
    printed = rasid("evaluate", "gold.jsonl")
    assert printed.returncode == 0, printed.stderr
    for figure in ("governorates.mentioned", "facilities.overlap", "stance.macro_f1", "alertable", "needs"):
        assert figure in printed.stdout


@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled data stands beside the checkout in ../shared only")
def test_the_first_article_is_read_as_expected(rasid: Rasid) -> None:
    expected = json.loads((SHARED / "eval/seed/expected.json").read_text(encoding="utf-8"))
    read = rasid("analyse", str(SHARED / "eval/seed/article.txt"), "--json")
    assert read.returncode == 0, read.stderr
    analysis = json.loads(read.stdout)
    assert {key: sorted(value) for key, value in analysis["governorates"].items()} == expected["governorates"]
    spans = [{key: span[key] for key in ("text", "start", "end", "type")} for span in analysis["facilities"]]
    assert spans == expected["facilities"]
    assert (analysis["stance"], analysis["appeals"]) == ("mention", [])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the saved page stands beside the checkout in ../shared only")
def test_a_saved_page_is_extracted_as_expected(rasid: Rasid) -> None:
    gold = json.loads((SHARED / "html/cnn_arabic.json").read_text(encoding="utf-8"))
    page = rasid("extract", str(SHARED / "html/cnn_arabic.html"), "--url", gold["url"])
    assert page.returncode == 0, page.stderr
    found = json.loads(page.stdout)
    assert found["title"] == gold["title"]
    assert found["published"] is not None
    assert found["body"]


def test_doctor_warns_of_passwords_in_clear(rasid: Rasid) -> None:
    def desk(**settings: object) -> str:
        checks = json.loads(rasid("doctor", "--json", settings=settings).stdout)["checks"]
        (found,) = (check for check in checks if check["name"] == "desk")
        return str(found["state"])

    assert desk() == "ok"
    assert desk(HOST="0.0.0.0") == "note"
    assert desk(BASE_URL="http://rasid.example") == "note"
    assert desk(HOST="0.0.0.0", BASE_URL="https://rasid.example") == "ok"
