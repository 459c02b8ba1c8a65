"""The command that measures speed: bench."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from service.cli.failing import command


class Target(StrEnum):
    """What can be measured."""

    ALL = "all"
    CRAWL = "crawl"
    INDEX = "index"
    SEARCH = "search"
    NLP = "nlp"
    UP = "up"
    DESK = "desk"
    ALERTS = "alerts"


def add(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(command(bench))


def bench(
    target: Annotated[Target, typer.Argument(help="What to measure.")] = Target.ALL,
    documents: Annotated[int, typer.Option(min=1000, help="Generated documents for index, search and desk.")] = 100_000,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a measurement.")] = False,
) -> None:
    """Measure speed and memory on this machine; the figures in docs/benchmarks.md were made by it.

    RASID_BENCH_ELASTICSEARCH=http://127.0.0.1:9200 measures the index on a server too; the desk as well where
    RASID_BENCH_POSTGRESQL=postgresql+psycopg://… names an empty database beside it.
    """
    from service.bench.measuring import measure

    for line in measure(target.value, documents=documents, as_json=json_):
        typer.echo(line)
