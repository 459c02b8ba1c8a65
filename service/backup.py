"""Copies the database into one file while Rasid goes on working, and reads the copy back before it is believed.

SQLite is copied through its online backup interface, PostgreSQL by its own pg_dump. The index is no part of it: it is
made again by `rasid reindex`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.errors import BackupRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.database.engine import Database

_PAGES = 2_000
"""Pages that are copied before progress is told: 8 MB."""

_PART = ".part"
"""Ends the name of a copy that is not whole yet."""


def back_up(
    database: Database, target: Path, *, force: bool = False, progress: Callable[[int, int], object] | None = None
) -> Mapping[str, int]:
    """Write a copy of the database into `target`, verify it, and return the rows of each table in it.

    The copy is of one moment, whatever is written meanwhile. It takes its name once it was verified, and only its
    owner may read it. `progress` is told (done, of), in pages or tables. Raises BackupRefused where `target` is there
    (unless `force`) or is the database itself, and where the copy cannot be made or differs.
    """
    held = Path(database.engine.url.database or "") if database.engine.dialect.name == "sqlite" else None
    if held is not None and target.exists() and held.exists() and target.samefile(held):
        raise BackupRefused(f"{target} is the database itself: name another file")
    if held is not None and not held.is_file():
        raise BackupRefused(f"there is no database {database.address}")
    if target.exists() and not force:
        raise BackupRefused(f"{target} is there already: name another file, or give --force")
    if target.is_dir():
        raise BackupRefused(f"{target} is a folder: name a file in it")
    part = target.with_name(target.name + _PART)
    part.unlink(missing_ok=True)  # of a run that was killed
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it holds what only editors may read
    told = progress or (lambda _done, _of: None)
    try:
        rows = _copy_file(database, held, part, told) if held is not None else _dump(database, target, part, told)
        _settle(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _copy_file(database: Database, held: Path, part: Path, progress: Callable[[int, int], object]) -> Mapping[str, int]:
    """Copy a SQLite file. One read transaction is held throughout, so that writers do not make the copy start anew."""
    try:
        with (
            closing(sqlite3.connect(held, isolation_level=None, timeout=30)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            source.execute("BEGIN")
            rows = _counted(source)
            source.backup(copy, pages=_PAGES, progress=lambda _status, left, of: progress(of - left, of))
            copy.execute("PRAGMA journal_mode=DELETE")  # all of it in one file; Rasid goes back to WAL when it opens it
            seen = [row[0] for row in copy.execute("PRAGMA integrity_check")]
            if seen != ["ok"]:
                raise BackupRefused(f"the copy is damaged ({seen[0]}), so the database may be: run `rasid doctor`")
            _compare(rows, _counted(copy))
    except sqlite3.Error as error:
        raise BackupRefused(f"{database.address} could not be copied: {error}") from error
    return rows


def _counted(connection: sqlite3.Connection) -> dict[str, int]:
    named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [row[0] for row in connection.execute(named)]
    return {
        table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 - names of the schema
        for table in tables
    }


def _dump(database: Database, target: Path, part: Path, progress: Callable[[int, int], object]) -> Mapping[str, int]:
    """Let pg_dump copy one moment of a PostgreSQL, and count in its archive what was counted at that moment."""
    url = database.engine.url
    address = url.set(drivername="postgresql", password=None).render_as_string()
    arguments = ["pg_dump", "--format=custom", "--no-password", f"--dbname={address}"]
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        shown = shlex.join([*arguments[:2], f"--file={target}", arguments[-1]])
        raise BackupRefused(
            f"pg_dump and pg_restore are not here: install PostgreSQL's client programs, or run {shown}"
        )
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    with database.snapshot() as connection:
        moment = connection.scalar(sa.select(sa.func.pg_export_snapshot()))
        rows = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0
            for name in sorted(sa.inspect(connection).get_table_names())
        }
        _run([*arguments, f"--snapshot={moment}", f"--file={part}"], environment)
    seen: Counter[str] = Counter(dict.fromkeys(rows, 0))
    for done, (table, count) in enumerate(_archived(part), start=1):
        seen[table] = count
        progress(min(done, len(rows)), len(rows))
    _compare(rows, {table: seen[table] for table in rows})
    return rows


def _run(arguments: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())
        advice = "; install the client programs of the server's version" if "version mismatch" in said else ""
        raise BackupRefused(f"pg_dump failed: {said}{advice}")


def _archived(part: Path) -> Iterator[tuple[str, int]]:
    """Yield the rows of each table in an archive of pg_dump, read as it would be restored."""
    command = ["pg_restore", "--data-only", "--file=-", str(part)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
        table, count = "", 0
        for line in reading.stdout or ():
            if table and line == b"\\.\n":
                yield table, count
                table = ""
            elif table:
                count += 1  # COPY writes one line a row (PostgreSQL's manual, COPY, "Text Format")
            elif line.startswith(b"COPY "):
                table, count = line.split()[1].decode().rpartition(".")[2].strip('"'), 0
        said = reading.stderr.read().decode(errors="replace") if reading.stderr else ""
    if reading.returncode:
        raise BackupRefused(f"the copy cannot be read back: {' '.join(said.split())}")


def _compare(here: Mapping[str, int], there: Mapping[str, int]) -> None:
    for table, rows in here.items():
        if there.get(table) != rows:
            raise BackupRefused(f"the copy has {there.get(table)} rows of {table}, the database {rows}")


def _settle(part: Path) -> None:
    """Have the copy written to the disk, so that a name is never given to what a power cut would take."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
