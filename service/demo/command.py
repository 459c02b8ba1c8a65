"""`rasid demo`: the whole path on the sample newsroom, shown as it goes, then the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from service import accounts, assembly, stages
from service.crawling import crawl_once
from service.demo.catcher import catching_mail
from service.demo.server import Newsroom
from service.demo.sources import registry_text
from service.demo.summary import print_summary, summarise
from service.passwords import suggestion
from service.roles import Role
from service.serving import serve
from service.settings import masked
from service.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from crawler import Registry
    from index import Index
    from service.assembly import Outlets
    from service.database.engine import Database
    from service.settings import Settings

USER = "demo"
"""Who looks at the demo's desk."""

RECIPIENT = "desk@newsroom.example"
CRAWL_DELAY_SECONDS = 0.02
"""Pause between two requests to the sample newsroom, which is ours; real outlets get the setting crawl_delay."""


def demo(settings: Settings) -> None:
    """Crawl the sample newsroom twice (an article is edited after the first), bring it all the way, print the summary.

    Then the desk is served until it is stopped, with a fresh password for the user `demo`, unless the setting demo_exit
    says otherwise. What the settings do not
    name goes to the demo's folder, so that a second run finds the first one's database and adds nothing to it.
    """
    console = Console()
    folder = settings.demo_folder
    folder.mkdir(parents=True, exist_ok=True)
    with Newsroom(port=settings.demo_port) as room, catching_mail(folder / "mail") as smtp_port:
        here = _settings(settings, folder, room, smtp_port)
        registry, outlets = assembly.registry(here), assembly.outlets(here)
        console.print(f"the sample newsroom is at {room.url}, its mails in {folder}/mail/")
        console.print(f"database {masked(here)['database']}, index {masked(here)['index']}")
        with assembly.database(here) as database, assembly.index(here) as index:
            before = summarise(database, index)
            with Progress(
                SpinnerColumn(), TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), console=console
            ) as progress:
                path = _Path(here, database, index, outlets, registry, progress)
                # an outlet does not take an edit back: who crawled the second edition never sees the first again
                room.edition = 2 if before.fetched else 1
                path.crawl("crawling five outlets")
                room.edition = 2
                path.crawl("crawling them again")
                path.analyse()
                path.index()
                path.mail()
            print_summary(console, before, summarise(database, index), folder / "mail")
            if not here.demo_exit:
                password = _let_in(database)
                serve(
                    here,
                    index,
                    database,
                    outlets,
                    announce=lambda url: console.print(
                        f"\nthe desk is at [bold]{url}[/bold] (stop with Ctrl-C)\n"
                        f"log in as [bold]{USER}[/bold] / [bold]{password}[/bold]",
                        highlight=False,
                    ),
                )


def _let_in(database: Database) -> str:
    """Give the demo's administrator a fresh password, and return it: it is kept nowhere but as a hash."""
    password, now = suggestion(), datetime.now(UTC)
    with database.write() as connection:
        user = accounts.find_user(connection, USER)
        if user is None:
            accounts.add_user(connection, USER, password, Role.ADMINISTRATOR, now)
        else:
            accounts.set_password(connection, user.id, password)
            accounts.change_user(connection, user.id, now, role=Role.ADMINISTRATOR, disabled=False)
        accounts.note(connection, "rasid demo", "password_changed" if user else "user_added", f"user:{USER}", now)
    return password


@dataclass(frozen=True, slots=True)
class _Path:
    """The stages of the demo, each with its line of the progress display."""

    settings: Settings
    database: Database
    index_: Index
    outlets: Outlets
    registry: Registry
    progress: Progress

    def crawl(self, title: str) -> None:
        task = self.progress.add_task(title, total=None)

        def show() -> bool:
            self.progress.update(task, completed=summarise(self.database).fetched)
            return False

        start = summarise(self.database).fetched
        crawl_once(self.settings, self.database, self.registry, stopping=show)
        done = summarise(self.database).fetched - start
        self.progress.update(task, completed=done, total=done)

    def analyse(self) -> None:
        waiting = summarise(self.database).waiting
        task = self.progress.add_task("analysing", total=waiting)
        worker = Worker(self.database, assembly.analyser(self.settings), self.outlets, assembly.dues(self.settings))
        while (done := worker.work()).total:
            self.progress.advance(task, done.total)

    def index(self) -> None:
        task = self.progress.add_task("indexing", total=None)
        done = stages.index_off(self.database, self.index_, self.outlets)
        self.progress.update(task, completed=done.changes, total=done.changes)

    def mail(self) -> None:
        task = self.progress.add_task("mailing", total=None)
        done = stages.deliver_off(self.database, self.settings, self.outlets)
        self.progress.update(task, completed=done.sent, total=done.sent)


def _settings(settings: Settings, folder: Path, room: Newsroom, smtp_port: int) -> Settings:
    """Return the settings of the demo: its own folder wherever the user named nothing else."""
    registry = folder / "sources.toml"
    registry.write_text(registry_text(room.port), encoding="utf-8")
    chosen = {
        "sources": registry,
        "crawl_delay": CRAWL_DELAY_SECONDS,
        "crawl_private_hosts": tuple(room.hosts),
        "alert_to": settings.alert_to or (RECIPIENT,),
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp_port,
        "smtp_security": "none",
        "smtp_user": "",
    }
    if "database" not in settings.model_fields_set:
        chosen["database"] = f"sqlite:///{folder}/rasid.db"
    if "index" not in settings.model_fields_set:
        chosen["index"] = f"sqlite:///{folder}/rasid-index.db"
    return settings.model_copy(update=chosen)
