"""The command line `rasid`. Commands import what they need when they run, so that `rasid --help` answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service import __version__
from service.cli import (
    alerts,
    benching,
    cases,
    corrections,
    exporting,
    keeping,
    kibana,
    reading,
    running,
    sourcing,
    subscriptions,
    users,
)

app = typer.Typer(
    name="rasid",
    help="Rasid (راصد) reads the Arabic news of Iraq, finds the public appeals in it and puts each before the people "
    "who can answer. Settings come from RASID_* variables, then rasid.toml. Start with `rasid demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rasid {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before any command."""


running.add(app)
reading.add(app)
sourcing.add(app)
exporting.add(app)
keeping.add(app)
users.add(app)
cases.add(app)
corrections.add(app)
subscriptions.add(app)
alerts.add(app)
kibana.add(app)
benching.add(app)


def main() -> None:
    """Run the command that the arguments name: exit status 0, 1 where it failed, 2 where it was used wrongly."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
