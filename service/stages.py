"""The stages as loops that go on until they are told to stop, and that outlive what fails for a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service import assembly
from service.indexer import Indexed, index_changes
from service.worker import Work

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from index import Index
    from service.assembly import Outlets
    from service.database.engine import Database
    from service.mail.delivery import Delivered
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
    """Return the stage that matches subscriptions against what changed, and against the clock."""
    matcher = assembly.matcher(settings, database, outlets)

    def step() -> bool:
        now = datetime.now(UTC)
        done = matcher.match(now)
        late = matcher.match_overdue(now)
        if done.alerts:
            log.info("owes %d alerts for %d changes", done.alerts, done.changes)
        return done.changes + late > 0

    return Stage("matcher", step)


def digesting(database: Database, settings: Settings, outlets: Outlets) -> Stage:
    """Return the stage that writes the messages that are due."""
    digester = assembly.digester(settings, database, outlets)

    def step() -> bool:
        done = digester.digest(datetime.now(UTC))
        if done.messages:
            log.info("wrote %d messages of %d alerts", done.messages, done.alerts)
        return False

    return Stage("digester", step)


def mailing(database: Database, settings: Settings, stop: threading.Event) -> Stage:
    """Return the stage that sends what is owed."""
    mailer = assembly.mailer(settings, database)

    def step() -> bool:
        done = mailer.deliver(stopping=stop.is_set)
        if done.sent or done.dead:
            log.info("sent %d messages, %d are dead letters", done.sent, done.dead)
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
    """Write all messages that are owed for indexed changes and due now, and try each of them once."""
    matcher = assembly.matcher(settings, database, outlets)
    now = datetime.now(UTC)
    while matcher.match(now).changes or matcher.match_overdue(now):
        pass
    while assembly.digester(settings, database, outlets).digest(now).alerts:
        pass
    return assembly.mailer(settings, database).deliver()
