"""Commands that read one text, one page or the index: analyse, extract, search, evaluate."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from collections.abc import Iterator


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for run in (analyse, extract, search, evaluate):
        app.command()(command(run))


def analyse(
    file: Annotated[str, typer.Argument(help="A UTF-8 text, or - for standard input.")] = "-",
    json_: Annotated[bool, typer.Option("--json", help="Print the Analysis as JSON.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='One {"id","text"} a line in, one Analysis a line out, in order.')
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say what was decided, and by which words.")] = False,
    home: Annotated[str, typer.Option(help="Home governorate of the outlet, as IQ-KA.")] = "",
) -> None:
    """Say what a text tells: places, facilities, stance, appeals."""
    from service import assembly
    from service.settings import read_settings

    analyser = assembly.analyser(read_settings())
    if jsonl:
        for item in _lines(file):
            given = str(item.get("home") or home)
            analysis = analyser.analyse(item["text"], id=str(item.get("id", "")), home=given)
            _print_json(analysis.to_dict())
        return
    text = _read(file)
    if explain:
        for decision in analyser.explain(text, home=home):
            typer.echo(decision)
        return
    analysis = analyser.analyse(text, id="" if file == "-" else Path(file).stem, home=home)
    if json_:
        _print_json(analysis.to_dict(), indent=1)
        return
    from service.cli.telling import tell

    tell(analysis)


def extract(
    file: Annotated[Path, typer.Argument(help="A saved page.", exists=True, dir_okay=False)],
    url: Annotated[str, typer.Option(help="The address that it was saved from.")],
) -> None:
    """Read one saved page as the crawler would, and print the Article as JSON."""
    from dataclasses import asdict

    from crawler import extract as run

    found = asdict(run(file.read_bytes(), url))
    found["published"] = found["published"].isoformat() if found["published"] else None
    _print_json(found, indent=1)


def search(
    query: Annotated[str, typer.Argument(help='Words; "phrases"; OR; -without.')] = "",
    governorate: Annotated[list[str] | None, typer.Option(help="As IQ-BA; may be repeated.")] = None,
    need: Annotated[list[str] | None, typer.Option(help="As water; may be repeated.")] = None,
    stance: Annotated[list[str] | None, typer.Option(help="As appeal; may be repeated.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, in Baghdad.")] = None,
    size: Annotated[int, typer.Option(min=1, max=500, help="Hits to print.")] = 20,
    json_: Annotated[bool, typer.Option("--json", help="One hit a line, as JSON.")] = False,
) -> None:
    """Search the index: newest first, or by relevance where words are given."""
    from index import Field, Query
    from service import assembly
    from service.cli.telling import hit_as_dict, tell_hits
    from service.labels import BAGHDAD
    from service.settings import read_settings

    filters = {
        Field.GOVERNORATE: tuple(governorate or ()),
        Field.NEED: tuple(need or ()),
        Field.STANCE: tuple(stance or ()),
    }
    start = since.replace(tzinfo=BAGHDAD) if since else None
    with assembly.index(read_settings()) as index:
        page = index.search(Query(text=query, filters=filters, since=start, size=size))
    if json_:
        for hit in page.hits:
            _print_json(hit_as_dict(hit))
        return
    tell_hits(page)


class Reader(StrEnum):
    """Which reader is evaluated."""

    BOTH = "both"
    RULES = "rules"


def evaluate(
    gold: Annotated[
        list[Path],
        typer.Argument(
            help="Labelled items or groups of one case (JSON lines), BIO words (.txt), or folders.", exists=True
        ),
    ],
    reader: Annotated[Reader, typer.Option("--with", help="The rules alone, or rules and model.")] = Reader.BOTH,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Score the analyser against labelled items: governorates, facilities, stance, needs, urgency, who and whom.

    Groups of items that are one case are scored by pairs, words with BIO tags by strict entities.
    """
    from nlp import Analyser, evaluate_cases, evaluate_entities, evaluate_items, score_table

    analyser = Analyser.load(model=reader is Reader.BOTH)
    files = [file for path in gold for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    for file in files:
        if file.suffix == ".txt":
            scores = evaluate_entities(analyser, file.read_text(encoding="utf-8"))
        else:
            items = list(_lines(str(file)))
            if all("items" in item for item in items):
                scores = evaluate_cases(analyser, items)
            elif all("stance" in item for item in items):
                scores = evaluate_items(items, [analyser.analyse(item["text"], id=str(item["id"])) for item in items])
            else:
                typer.echo(f"{file}: holds no labelled items, left out", err=True)
                continue
        if json_:
            _print_json({"file": str(file), **scores})
        else:
            typer.echo(f"{file}\n{score_table(scores)}\n")


def _read(file: str) -> str:
    from service.errors import RasidError

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RasidError(f"{file} is not UTF-8 text (byte {error.start})") from error


def _lines(file: str) -> Iterator[dict[str, Any]]:
    from service.errors import RasidError

    with sys.stdin.buffer if file == "-" else Path(file).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except ValueError as error:
                raise RasidError(f"{file}, line {number}: {error}") from error
            if not isinstance(item, dict) or not isinstance(item.get("text", item.get("items")), str | list):
                raise RasidError(f'{file}, line {number}: an object with a "text" was expected')
            yield item


def _print_json(value: object, indent: int | None = None) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent, default=str))
