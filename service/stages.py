"""The stages as loops that go on until they are told to stop, and that outlive what fails for a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import assembly
from service.indexer import Indexed, index_changes
from service.mail.delivery import Delivered, deliver
from service.mail.matching import match_changes
from service.worker import Work

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from index import Index
    from service.assembly import Outlets
    from service.database.engine import Database
    from service.settings import Settings
    from service.worker import Worker

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
"""Pause of a stage that found nothing to do: what an appeal waits between two stages at most."""

FIRST_PAUSE_SECONDS = 1.0
LAST_PAUSE_SECONDS = 60.0
"""Pauses after a fault, doubled from the first to the last."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: `step` does one round and says whether there may be more to do at once."""

    name: str
    step: Callable[[], bool]
    idle_seconds: float = IDLE_SECONDS


def run(stage: Stage, stop: threading.Event) -> None:
    """Do rounds until `stop` is set. A fault is logged, and the round repeated after a pause that grows to a minute.

    Every stage may be interrupted anywhere and repeated, so a fault never loses anything.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            busy = stage.step()
        except Exception as error:
            log.error("%s: %s: %s; again in %.0f s", stage.name, type(error).__name__, error, pause)  # noqa: TRY400 - the trace is logged below, for programmers
            log.debug("%s", stage.name, exc_info=error)
            stop.wait(pause)
            pause = min(2 * pause, LAST_PAUSE_SECONDS)
            continue
        pause = FIRST_PAUSE_SECONDS
        if not busy:
            stop.wait(stage.idle_seconds)


def working(worker: Worker, stop: threading.Event) -> Stage:
    """Return the stage that analyses what waits in the spool."""

    def step() -> bool:
        done = worker.work(stopping=stop.is_set)
        if done.total:
            log.info("analysed %d, rejected %d, failed %d", done.analysed, done.rejected, done.failed)
        return done.total > 0

    return Stage("worker", step)


def indexing(database: Database, index: Index, outlets: Outlets) -> Stage:
    """Return the stage that brings changes into the index."""

    def step() -> bool:
        done = index_changes(database, index, outlets.names)
        if done.changes:
            log.info("indexed %d, refused %d", done.stored, done.refused)
        return done.changes > 0

    return Stage("indexer", step)


def matching(database: Database, settings: Settings, outlets: Outlets) -> Stage:
    """Return the stage that owes mails for new Cases; it waits between rounds, so that a burst makes one mail."""
    composer = assembly.composer(settings)

    def step() -> bool:
        done = match_changes(database, composer, settings.alert_to, outlets.names)
        if done.mails:
            log.info("owes %d mails of %d new cases", done.mails, done.cases)
        return False

    return Stage("matcher", step, idle_seconds=settings.alert_interval)


def mailing(database: Database, settings: Settings, stop: threading.Event) -> Stage:
    """Return the stage that sends what is owed."""
    account = assembly.account(settings)

    def step() -> bool:
        done = deliver(database, account, stopping=stop.is_set)
        if done.sent or done.dead:
            log.info("sent %d mails, %d are dead letters", done.sent, done.dead)
        return done.sent + done.dead > 0

    return Stage("mailer", step)


def work_off(worker: Worker) -> Work:
    """Work until the spool is empty, and return what was done in all."""
    total = Work()
    while (done := worker.work()).total:
        total = Work(total.analysed + done.analysed, total.rejected + done.rejected, total.failed + done.failed)
    return total


def index_off(database: Database, index: Index, outlets: Outlets) -> Indexed:
    """Bring over all changes that there are, and return what was done in all."""
    total = Indexed()
    while (done := index_changes(database, index, outlets.names)).changes:
        total = Indexed(total.changes + done.changes, total.stored + done.stored, total.refused + done.refused)
    return total


def deliver_off(database: Database, settings: Settings, outlets: Outlets) -> Delivered:
    """Write all mails that are owed for indexed changes and try each of them once."""
    composer = assembly.composer(settings)
    while match_changes(database, composer, settings.alert_to, outlets.names).changes:
        pass
    return deliver(database, assembly.account(settings))
