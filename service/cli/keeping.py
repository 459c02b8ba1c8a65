"""Commands that keep an installation well: init, migrate, reindex, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from rich.progress import TaskID


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for run in (init, migrate, reindex, doctor):
        app.command()(command(run))


_CASES_SUMMED_UP = "0003"
"""The schema from which on a case's row holds what its documents say together."""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.", file_okay=False)] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write a commented rasid.toml and a sources.toml with the bundled outlets, to start from."""
    from service.starting import write_configuration

    for path in write_configuration(folder, force=force):
        typer.echo(f"wrote {path}")
    typer.echo("next: look through both, then `rasid sources check`, then `rasid up`")


def migrate(
    source: Annotated[str, typer.Option("--from", help="Database to move from, as sqlite:///rasid.db.")] = "",
    target: Annotated[
        str, typer.Option("--to", help="Empty database to move to, as postgresql+psycopg://user:password@host/rasid.")
    ] = "",
) -> None:
    """Bring the database's schema up to this program's; or, with --from and --to, move everything to another one.

    A move that was interrupted goes on where it stopped. Counts and checksums of both sides are compared at the end.
    """
    from service import assembly
    from service.database import cases
    from service.database.engine import Database
    from service.settings import read_settings

    if source and target:
        _move(source, target)
        return
    if source or target:
        raise typer.BadParameter("--from and --to belong together")
    settings = read_settings()
    with Database.open_any(settings.database) as database:
        before = database.schema()
        database.upgrade()
        typer.echo(f"{database.address}: schema {before or 'none'} -> {database.schema()}")
        if before is not None and before < _CASES_SUMMED_UP:
            with database.write() as connection:
                summed_up = cases.refresh_all(connection, assembly.dues(settings))
            typer.echo(f"{summed_up} cases summed up from what tells them, so that they can be listed")


def _move(source: str, target: str) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from service.database.engine import Database
    from service.moving import at_work, move

    with Database.open(source) as here, Database.open(target, create=True) as there:
        for what in at_work(here):
            typer.echo(f"note: {what}: what is done from now on is not moved; better stop Rasid first", err=True)
        with Progress(
            TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), transient=True
        ) as progress:
            tasks: dict[str, TaskID] = {}

            def show(table: str, done: int, of: int) -> None:
                if table not in tasks:
                    tasks[table] = progress.add_task(table)
                progress.update(tasks[table], completed=done, total=of)

            moved = move(here, there, show)
        for table in moved:
            typer.echo(f"{table.table:12} {table.rows:9} rows, the same on both sides ({table.checksum[:12]})")
        typer.echo(f"next: set database to {there.address} (with its password), then start Rasid again")


def reindex(
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Afterwards delete what earlier runs left behind on an Elasticsearch.")
    ] = False,
) -> None:
    """Make the index again from the database; an Elasticsearch answers from the old one until it is done."""
    from rich.progress import Progress

    from service import assembly, indexer
    from service.settings import read_settings

    settings = read_settings()
    outlets = assembly.outlets(settings)
    with assembly.database(settings) as database, assembly.index(settings) as index:
        with Progress(transient=True) as progress:
            task = progress.add_task("reindexing", total=None)
            done = indexer.reindex(
                database,
                index,
                outlets.names,
                lambda count, total: progress.update(task, completed=count, total=total),
            )
        typer.echo(f"{done.stored} documents indexed, {done.refused} refused")
        if drop_old:
            for name in index.drop_old():
                typer.echo(f"deleted {name}")
        elif old := index.old():
            typer.echo(f"kept: {', '.join(old)} (`rasid reindex --drop-old` deletes them)")


def doctor(json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say whether everything is here that is needed, what to do where it is not, and the settings in effect."""
    import json
    from dataclasses import asdict

    from service.checkup import examine
    from service.settings import masked, read_settings

    settings = read_settings()
    findings = examine(settings)
    if json_:
        typer.echo(
            json.dumps(
                {
                    "settings": masked(settings),
                    "checks": [asdict(found) for found in findings],
                },
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        for name, value in masked(settings).items():
            typer.echo(f"{name:20} {value}")
        typer.echo()
        for found in findings:
            typer.echo(f"{found.state:8} {found.name}: {found.seen}")
            if found.advice:
                typer.echo(f"{'':8} -> {found.advice}")
    if any(found.state == "missing" for found in findings):
        raise typer.Exit(1)
