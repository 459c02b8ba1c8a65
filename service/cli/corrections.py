"""`rasid corrections`: what editors corrected, as a list and as labelled items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.failing import command


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(
        help="What editors corrected in the model's labels.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("list")(command(list_corrections))
    group.command("export")(command(export))
    app.add_typer(group, name="corrections")


def list_corrections(
    json_: Annotated[bool, typer.Option("--json", help="One correction a line, as JSON.")] = False,
) -> None:
    """List the corrections in force: when, who, of which item, what the model had said, what is right."""
    from service import assembly
    from service.database import corrections
    from service.settings import read_settings

    with assembly.database(read_settings()) as database, database.read() as connection:
        for ids in corrections.corrected(connection):
            for document, made in corrections.live(connection, ids).items():
                for field, correction in made.items():
                    told = {
                        "document": document,
                        "field": field,
                        "value": correction.value,
                        "before": correction.before,
                        "by": correction.actor,
                        "at": correction.at.isoformat(),
                    }
                    typer.echo(json.dumps(told, ensure_ascii=False) if json_ else _line(told))


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output without it.")] = None,
) -> None:
    """Write the corrected items as labelled items, one JSON object a line, as `rasid evaluate` reads them.

    The labels are those in force; "corrected" tells by field who corrected it, when, and what the model had said.
    """
    from service import assembly
    from service.gold import labelled
    from service.settings import read_settings

    count = 0
    with assembly.database(read_settings()) as database, database.snapshot() as connection:
        items = labelled(connection)
        if file is None:
            for item in items:
                typer.echo(json.dumps(item, ensure_ascii=False))
            return
        with file.open("w", encoding="utf-8") as lines:
            for item in items:
                lines.write(json.dumps(item, ensure_ascii=False) + "\n")
                count += 1
    typer.echo(f"{count} corrected items written to {file}")


def _line(told: dict[str, Any]) -> str:
    return (
        f"{told['at'][:16]}\t{told['by']}\t{told['document'][:12]}\t{told['field']}\t"
        f"{_plain(told['before'])} -> {_plain(told['value'])}"
    )


def _plain(value: Any) -> str:
    if not isinstance(value, list):
        return "-" if value is None else str(value)
    told = [f"{one['text']} ({one['type']})" if isinstance(one, dict) else str(one) for one in value]
    return ", ".join(told) or "-"
