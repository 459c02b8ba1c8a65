"""Commands on the registry of outlets: sources list, check, add."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from crawler import Registry
    from service.settings import Settings


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="The registry of outlets and their sources.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(command(list_sources))
    group.command("check")(command(check))
    group.command("add")(command(add_source))
    app.add_typer(group, name="sources")


def list_sources(json_: Annotated[bool, typer.Option("--json", help="One source a line, as JSON.")] = False) -> None:
    """List the outlets of sources.toml, or of the bundled registry where there is none."""
    from service.settings import read_settings

    for outlet in _registry(read_settings()).outlets:
        for source in outlet.sources:
            if json_:
                typer.echo(json.dumps({"outlet": outlet.id, **source.model_dump(mode="json")}, ensure_ascii=False))
            else:
                verified = "verified" if outlet.verified else "not verified"
                typer.echo(f"{source.id}\t{source.kind}\t{source.url}\t{outlet.name}\t{verified}")


def check(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of sources or outlets; all where none is named.")] = None,
    mark: Annotated[
        bool, typer.Option("--mark", help="Write into sources.toml which outlets were seen to work (verified).")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="One source a line, as JSON.")] = False,
) -> None:
    """Fetch each source's list and some items of it, and say what was seen; nothing is stored."""
    from dataclasses import asdict

    from crawler import check as run
    from service import assembly
    from service.settings import read_settings
    from service.sourcing import mark_verified

    settings = read_settings()
    checked = run(_registry(settings).select(ids or []), assembly.crawl_options(settings))
    for seen in checked:
        if json_:
            typer.echo(json.dumps(asdict(seen), ensure_ascii=False, default=str))
        else:
            typer.echo(str(seen))
    if mark:
        marked = mark_verified(settings.sources, {seen.source: seen.ok for seen in checked})
        typer.echo(f"{settings.sources}: {marked} outlets marked anew", err=True)
    if not all(seen.ok for seen in checked):
        raise typer.Exit(1)


def add_source(
    url: Annotated[str, typer.Argument(help="The outlet's home page, or a feed.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be added.")] = False,
) -> None:
    """Find the feeds and sitemaps that a site declares, and add the outlet to sources.toml."""
    from crawler import discover
    from service import assembly
    from service.settings import read_settings
    from service.sourcing import append_outlet

    settings = read_settings()
    found = str(discover(url, assembly.crawl_options(settings)))
    typer.echo(found)
    if not dry_run:
        append_outlet(settings.sources, found)
        typer.echo(f"added to {settings.sources}; look through it, then `rasid sources check`", err=True)


def _registry(settings: Settings) -> Registry:
    from crawler import bundled_registry
    from service import assembly

    return assembly.registry(settings) if settings.sources.is_file() else bundled_registry()
