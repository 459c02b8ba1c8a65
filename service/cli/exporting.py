"""Commands by which data leaves: export and backup."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command
from service.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from index import Document
    from service.labels import Labels


class Spoken(StrEnum):
    """Language of the headings and names."""

    ARABIC = "ar"
    ENGLISH = "en"


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for run in (export, backup):
        app.command()(command(run))


def export(
    format_: Annotated[
        Format, typer.Option("--format", help="csv and xlsx for spreadsheets, jsonl with all fields for programs.")
    ],
    query: Annotated[str, typer.Argument(help='Words; "phrases"; OR; -without. Everything where none are given.')] = "",
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="File to write; else csv and jsonl are printed.")
    ] = None,
    governorate: Annotated[list[str] | None, typer.Option(help="As IQ-BA; may be repeated.")] = None,
    need: Annotated[list[str] | None, typer.Option(help="As water; may be repeated.")] = None,
    stance: Annotated[list[str] | None, typer.Option(help="As appeal; may be repeated.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, in Baghdad.")] = None,
    masked: Annotated[
        bool,
        typer.Option(
            "--masked/--unmasked",
            help="Cover telephone numbers and names of private persons; the audit log tells of an export without it.",
        ),
    ] = True,
    language: Annotated[Spoken, typer.Option(help="Of headings and names, in csv and xlsx.")] = Spoken.ARABIC,
) -> None:
    """Write what a search finds as a table or as JSON lines, newest first; everything where nothing is asked for."""
    from index import Field, Query
    from service import assembly
    from service.accounts import note
    from service.cli.users import operator
    from service.labels import BAGHDAD, labels
    from service.masking import MaskedIndex
    from service.settings import read_settings

    if out is None and format_ is Format.XLSX:
        raise typer.BadParameter("--format xlsx needs --out FILE")
    wanted = Query(
        text=query,
        filters={
            Field.GOVERNORATE: tuple(governorate or ()),
            Field.NEED: tuple(need or ()),
            Field.STANCE: tuple(stance or ()),
        },
        since=since.replace(tzinfo=BAGHDAD) if since else None,
        size=0,
    )
    settings = read_settings()
    with assembly.index(settings) as index:
        total = index.search(wanted).total
        if not masked:
            with assembly.database(settings) as database, database.write() as connection:
                told_of = {"format": format_.value, "query": " ".join(sys.argv[2:])[:1000], "count": total}
                note(connection, operator(), "exported", "documents", datetime.now(UTC), masked=False, **told_of)
        with _output(out) as file, _progress("exporting", total) as told:
            readable = MaskedIndex(index) if masked else index
            _write(readable.scan(wanted), format_, labels(language.value), file, told)
    typer.echo(f"{total} documents{f' written to {out}' if out else ''}", err=True)


def backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Copy the database into one file while Rasid works, and verify the copy: integrity and rows of every table.

    PostgreSQL is copied by pg_dump. The index is left out: `rasid reindex` makes it again.
    """
    from service.backup import back_up
    from service.database.engine import Database
    from service.settings import read_settings

    with Database.open_any(read_settings().database) as database, _progress("copying", None) as told:
        rows = back_up(database, file, force=force, progress=told)
    for table, count in rows.items():
        typer.echo(f"{table:16} {count:9} rows")
    typer.echo(f"{file}: verified, {file.stat().st_size:,} bytes. It holds private data: keep it safe.")
    if database.engine.dialect.name == "sqlite":
        place = "put it in the database's place (delete the -wal and -shm files there)"
        typer.echo(f"to go back to it: stop Rasid, {place}, then `rasid reindex`")
    else:
        typer.echo(
            f"to go back to it: `pg_restore --dbname=ADDRESS {file}` into an empty database, then `rasid reindex`"
        )


def _write(
    documents: Iterable[Document], format_: Format, words: Labels, file: IO[bytes], told: Callable[[int], object]
) -> None:
    from service.exporting import DOCUMENT_COLUMNS, csv_lines, json_lines
    from service.workbook import write_workbook

    if format_ is Format.XLSX:
        title = words.text("export_sheet")
        write_workbook(file, documents, DOCUMENT_COLUMNS, words, title=title, progress=told)
        return
    chunks = (
        csv_lines(documents, DOCUMENT_COLUMNS, words, told) if format_ is Format.CSV else json_lines(documents, told)
    )
    for chunk in chunks:
        file.write(chunk)
    file.flush()


@contextmanager
def _output(out: Path | None) -> Iterator[IO[bytes]]:
    """Give standard output, or a file that takes its name once it is whole."""
    if out is None:
        yield sys.stdout.buffer
        return
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Callable[..., object]]:
    """Show on standard error, where that is a terminal, how far something is: told (done) or (done, of)."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)

        def show(done: int, of: int | None = None) -> None:
            progress.update(task, completed=done, total=of if of is not None else total)

        yield show
