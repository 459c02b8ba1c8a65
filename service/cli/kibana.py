"""`rasid kibana`: the analysts' data view, searches and dashboards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from index.elasticsearch.kibana.exchange import Kibana
    from service.settings import Settings

Space = Annotated[str, typer.Option("--space", help="Id of a Kibana space; the default one where it is left out.")]


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(no_args_is_help=True, help="Kibana's data view, saved searches and dashboards over the index.")
    group.command()(command(install))
    group.command()(command(export))
    app.add_typer(group, name="kibana")


def install(
    space: Space = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the saved objects (NDJSON), for Kibana's own import page.")
    ] = False,
) -> None:
    """Bring the data view, the saved searches and the dashboards into Kibana, replacing earlier ones of ours."""
    from index.elasticsearch.kibana.building import ndjson, saved_objects
    from index.elasticsearch.kibana.exchange import install as run
    from service.kibana import alias, value_names
    from service.settings import read_settings

    settings = read_settings()
    objects = ndjson(saved_objects(alias(settings), value_names(settings.language)))
    if dry_run:
        typer.echo(objects, nl=False)
        return
    kibana = _kibana(settings, space)
    done = run(kibana, objects)
    for what, named in (("new", done.created), ("replaced", done.replaced)):
        for type_, title in named:
            typer.echo(f"{what:9} {type_:14} {title}")
    for type_, title, why in done.failed:
        typer.echo(f"{'failed':9} {type_:14} {title}: {why}", err=True)
    if done.failed:
        raise typer.Exit(1)
    typer.echo(f"next: open {kibana.address}/app/dashboards")


def export(
    file: Annotated[Path, typer.Argument(help="Where to write them (NDJSON).", dir_okay=False)],
    space: Space = "",
) -> None:
    """Write our dashboards as they are in Kibana now, with all that they refer to; `install` does not read the file.

    It is sorted and without times of saving, so that two exports can be compared, and Kibana's own import takes it.
    """
    from index.elasticsearch.kibana.building import read_objects
    from index.elasticsearch.kibana.exchange import export as run
    from service.settings import read_settings

    described = read_objects()
    wanted = [("dashboard", board.id) for board in described.dashboard]
    wanted += [("search", search.id) for search in described.search]
    text = run(_kibana(read_settings(), space), wanted)
    file.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {len(text.splitlines())} objects to {file}")


def _kibana(settings: Settings, space: str) -> Kibana:
    from index.elasticsearch.kibana.exchange import Kibana
    from service.errors import SettingsError

    if not settings.kibana_url:
        raise SettingsError("where is Kibana? set kibana_url (RASID_KIBANA_URL), as http://localhost:5601")
    ca = Path(settings.kibana_ca) if settings.kibana_ca else None
    return Kibana(settings.kibana_url, settings.kibana_api_key.get_secret_value(), ca, space)
