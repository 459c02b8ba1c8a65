"""Commands that keep an installation well: init, migrate, reindex, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.failing import command


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for run in (init, migrate, reindex, doctor):
        app.command()(command(run))


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.", file_okay=False)] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write a commented rasid.toml and a sources.toml with the bundled outlets, to start from."""
    from service.starting import write_configuration

    for path in write_configuration(folder, force=force):
        typer.echo(f"wrote {path}")
    typer.echo("next: look through both, then `rasid sources check`, then `rasid up`")


def migrate() -> None:
    """Bring the database's schema up to this program's."""
    from service.database.engine import Database
    from service.settings import read_settings

    with Database.open_any(read_settings().database) as database:
        before = database.schema()
        database.upgrade()
        typer.echo(f"{database.address}: schema {before or 'none'} -> {database.schema()}")


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
