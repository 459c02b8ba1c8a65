"""`rasid cases` and `rasid migrate` as a person at the command line uses them, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command as alembic
from desk_rooms import spool
from triage_desk import NOW, Editor, appeal
from typer.testing import CliRunner, Result

from service.cli import app
from service.database import engine
from service.database.engine import Database
from service.database.tables import audit, cases
from service.roles import Role

Rasid = Callable[..., Result]


@pytest.fixture
def rasid(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rasid:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASID_DATABASE", database_url)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def editor(rasid: Rasid, database: Database) -> Editor:
    editor = Editor(database)
    editor.add_user("noor")
    editor.add_user("huda")
    editor.add_user("visitor", Role.READER)
    return editor


def test_cases_are_listed_by_what_is_asked_for(editor: Editor, rasid: Rasid) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = editor.case_of(first), editor.case_of(second)
    editor.decide("assign", case, "huda")
    editor.decide("set_state", other, "resolved")

    def listed(*options: str) -> list[str]:
        answer = rasid("cases", "list", "--json", *options)
        assert answer.exit_code == 0, answer.output
        return [json.loads(line)["id"] for line in answer.stdout.splitlines()]

    assert listed() == [case]
    assert listed("--state", "resolved") == [other]
    assert set(listed("--state", "resolved", "--state", "new")) == {case, other}
    assert listed("--assignee", "Huda") == listed("--governorate", "IQ-WA", "--need", "water") == [case]
    assert listed("--assignee", "") == listed("--urgency", "critical") == listed("--governorate", "IQ-BA") == []
    assert listed("--overdue") == ([case] if json.loads(rasid("cases", "list", "--json").stdout)["overdue"] else [])
    line = rasid("cases", "list").stdout
    assert line.startswith(f"{case}\tnew\thigh\t2026-07-15 11:34")
    assert line.rstrip().endswith("IQ-WA\twater\thuda\tأهالي حي الزهور يناشدون إعادة الماء")
    assert rasid("cases", "list", "--state", "done").exit_code == 2


def test_decisions_are_taken_as_a_user_and_taken_back(editor: Editor, rasid: Rasid) -> None:
    first, second = editor.put(appeal("حي الزهور"), appeal("حي السلام"))
    case, other = str(editor.case_of(first)), str(editor.case_of(second))

    def decide(*arguments: str, by: str = "noor") -> str:
        answer = rasid("cases", *arguments, "--as", by)
        assert answer.exit_code == 0, answer.output
        return answer.stdout.strip()

    told = decide("state", case, "referred", "--referred-to", "دائرة ماء واسط", "--reason", "اتصلنا")
    assert told.startswith(f"{case}: referred, decision ")
    referred = told.rpartition(" ")[2]
    decide("assign", case, "huda")
    decide("note", case, "المضخة وصلت", by="huda")
    decide("due", case, "2026-12-01 12:00")
    held = editor.case(case)
    assert (held.state, held.referred_to, held.assignee, held.revision) == ("referred", "دائرة ماء واسط", "huda", 5)
    assert held.due.isoformat() == "2026-12-01T09:00:00+00:00"
    decide("due", case)
    decide("assign", case)
    assert (editor.case(case).due_by, editor.case(case).assignee) == ("", "")
    decide("undo", referred)
    assert editor.case(case).state == "new"
    merged = decide("merge", case, other, "--reason", "حاجة واحدة")
    assert merged.startswith(f"{other}: new")
    split = decide("split", other, first[:16])
    assert split.startswith(f"{case}-2: new")
    assert {row.actor for row in editor.rows(audit)} == {"noor", "huda"}


def test_a_case_is_shown_with_items_and_history(editor: Editor, rasid: Rasid) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = str(editor.case_of(document))
    decision = editor.decide("set_state", case, "verified", reason="اتصلنا بالمختار")
    shown = rasid("cases", "show", case).stdout.splitlines()
    assert f"{decision.event:<14} 2026-07-14 12:31\tnoor\tstate\tstate=verified اتصلنا بالمختار" in shown
    assert f"item           {document}\tnabd\tأهالي حي الزهور يناشدون إعادة الماء" in shown
    told = json.loads(rasid("cases", "show", case, "--json").stdout)
    assert (told["state"], told["items"][0]["id"]) == ("verified", document)
    assert [event["kind"] for event in told["events"]] == ["state", "opened"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "case-0"), "there is no case case-0"),
        (("state", "case-0", "verified", "--as", "noor"), "there is no case case-0"),
        (("state", "CASE", "done", "--as", "noor"), "'done' is no state"),
        (("state", "CASE", "verified", "--as", "visitor"), "no such user who may decide"),
        (("state", "CASE", "verified", "--as", "nobody"), "no such user who may decide"),
        (("assign", "CASE", "nobody", "--as", "noor"), "there is no user 'nobody'"),
        (("split", "CASE", "zz", "--as", "noor"), "choose some of the items"),
        (("undo", "999", "--as", "noor"), "there is no decision 999"),
    ],
)
def test_what_cannot_be_is_one_line_and_status_1(
    editor: Editor, rasid: Rasid, arguments: tuple[str, ...], message: str
) -> None:
    (document,) = editor.put(appeal("حي الزهور"))
    case = str(editor.case_of(document))
    answer = rasid("cases", *(case if one == "CASE" else one for one in arguments))
    assert answer.exit_code == 1
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert editor.case(case).revision == 1


@pytest.mark.parametrize("schema", ["0002", "0003"])
def test_cases_of_an_older_database_are_summed_up_when_it_is_migrated(
    request: pytest.FixtureRequest, tmp_path: Path, rasid: Rasid, database_url: str, schema: str
) -> None:
    if database_url.startswith("postgresql"):
        from servers import postgresql

        server = request.getfixturevalue("postgresql_server")
        with postgresql.database(server) as url:
            _migrate(url.render_as_string(hide_password=False), schema, rasid)
    else:
        _migrate(database_url, schema, rasid)


def _migrate(url: str, schema: str, rasid: Rasid) -> None:
    with Database.open_any(url) as database:
        with database.write() as connection:
            alembic.upgrade(engine._alembic(connection), schema)
            spool(connection, appeal("حي الزهور"))
            spool(connection, appeal("حي السلام"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RASID_DATABASE", url)
            answer = rasid("migrate")
        assert answer.exit_code == 0, answer.output
        assert ("2 cases summed up" in answer.stdout) == (schema == "0002")
        with database.read() as connection:
            row = connection.execute(sa.select(cases).order_by(cases.c.id)).first()
    assert row is not None
    assert (row.documents, row.urgency) == ((1, "high") if schema == "0002" else (0, ""))
    assert (row.due is not None) == (schema == "0002")
    assert row.opened < NOW
