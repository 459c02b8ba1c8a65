"""Commands that run the path: demo, up, and its stages alone."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.failing import command

Once = Annotated[bool, typer.Option("--once", help="Do what there is to do, then exit.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log details.")]


def add(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for run in (demo, up, crawl, work, serve, deliver):
        app.command()(command(run))


def demo() -> None:
    """Crawl the bundled sample newsroom over HTTP, analyse, index and mail it, print what was found, serve the desk.

    RASID_DEMO_EXIT=1 exits after the summary; RASID_DEMO_PORT and RASID_DEMO_FOLDER say where it runs.
    """
    from service.demo.command import demo as run
    from service.settings import read_settings

    run(read_settings())


def up(verbose: Verbose = False) -> None:
    """Run crawl scheduler, worker, indexer, mailer and desk together, on the configured sources, until stopped."""
    from service.logs import set_up
    from service.settings import read_settings
    from service.supervisor import up as run

    set_up(verbose=verbose)
    run(read_settings())


def crawl(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of sources or outlets; all where none is named.")] = None,
    once: Once = False,
    verbose: Verbose = False,
) -> None:
    """Crawl sources into the database: those that are due, again and again; with --once each of them now."""
    from service import assembly
    from service.crawling import crawl_once
    from service.logs import set_up
    from service.settings import read_settings
    from service.supervisor import CRAWL, crawling, until_stopped

    set_up(verbose=verbose)
    settings = read_settings()
    registry = assembly.registry(settings)
    only = [source.id for outlet in registry.select(ids or []) for source in outlet.sources]
    with assembly.database(settings) as database:
        if not once:
            until_stopped(lambda stop: [crawling(settings, stop, [*CRAWL, *only])])
            return
        crawled = crawl_once(settings, database, registry, stopping=lambda: False, only=only)
    typer.echo(f"{len(crawled)} sources crawled" if crawled else "no source is free: another crawler holds them")


def work(once: Once = False, verbose: Verbose = False) -> None:
    """Analyse what waits in the spool, and bring the changes into the index."""
    from service import assembly, stages
    from service.logs import set_up
    from service.settings import read_settings
    from service.supervisor import until_stopped
    from service.worker import Worker

    set_up(verbose=verbose)
    settings = read_settings()
    outlets = assembly.outlets(settings)
    with assembly.database(settings) as database, assembly.index(settings) as index:
        worker = Worker(database, assembly.analyser(settings), outlets, assembly.dues(settings))
        if not once:
            until_stopped(lambda stop: [stages.working(worker, stop), stages.indexing(database, index, outlets)])
            return
        typer.echo(f"{stages.work_off(worker)}; {stages.index_off(database, index, outlets)}")


def serve() -> None:
    """Serve the web desk, on loopback."""
    from service import assembly
    from service.serving import serve as run
    from service.settings import read_settings

    settings = read_settings()
    with assembly.database(settings) as database, assembly.index(settings) as index:
        run(
            settings,
            index,
            database,
            assembly.outlets(settings),
            announce=lambda url: typer.echo(f"the desk is at {url}"),
        )


def deliver(once: Once = False, verbose: Verbose = False) -> None:
    """Write the mails that are owed for new cases (settings alert_to, smtp_…), and send them."""
    from service import assembly, stages
    from service.logs import set_up
    from service.settings import read_settings
    from service.supervisor import until_stopped

    set_up(verbose=verbose)
    settings = read_settings()
    outlets = assembly.outlets(settings)
    with assembly.database(settings) as database:
        if not once:
            until_stopped(
                lambda stop: [
                    stages.matching(database, settings, outlets),
                    stages.digesting(database, settings, outlets),
                    stages.mailing(database, settings, stop),
                ]
            )
            return
        done = stages.deliver_off(database, settings, outlets)
    typer.echo(f"{done.sent} mails sent, {done.delayed} put off, {done.dead} refused for good")
    if done.delayed or done.dead:
        raise typer.Exit(1)
