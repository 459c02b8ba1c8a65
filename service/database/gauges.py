"""How the stages stand, in numbers: what waits, what failed, how far each stage is behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crawler import Reason
from service.database import articles, cases, changes, crawls, documents, outbox
from service.database.tables import cases as cases_table
from service.database.tables import changes as changes_table
from service.database.tables import outbox as outbox_table
from service.database.tables import refusals, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

SPOOL_STATES = ("spooled", "claimed", "analysed", "rejected", "failed")
MAIL_STATES = ("pending", "sending", "sent", "dead")


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a stage is behind: changes that it has not done, and the age of the oldest of them in seconds."""

    changes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FailingSource:
    """A Source whose list could not be read, `failures` times in a row."""

    id: str
    failures: int
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class Gauges:
    """The numbers of one moment.

    Every known state and reason is there, with 0 where there is none of it. Ages are in seconds; None where nothing
    has been crawled yet.
    """

    articles: Mapping[str, int]
    documents: int
    refused: int
    cases: Mapping[str, int]
    open: int
    overdue: int
    lags: Mapping[str, Lag]
    mails: Mapping[str, int]
    oldest_mail: float
    failing: tuple[FailingSource, ...]
    last_crawl: float | None
    rejections: Mapping[str, int]


def gauges(connection: sa.Connection, now: datetime) -> Gauges:
    """Read all numbers in one transaction."""
    return Gauges(
        articles=_filled(SPOOL_STATES, articles.states(connection)),
        documents=documents.count(connection),
        refused=connection.scalar(sa.select(sa.func.count()).select_from(refusals)) or 0,
        cases=_filled(cases.STATES, _cases(connection)),
        open=cases.count_open(connection),
        overdue=cases.count_overdue(connection, now),
        lags={stage: _lag(connection, stage, now) for stage in (changes.INDEXER, changes.MATCHER)},
        mails=_filled(MAIL_STATES, outbox.states(connection)),
        oldest_mail=_oldest_mail(connection, now),
        failing=_failing(connection),
        last_crawl=_age(connection.scalar(sa.select(sa.func.max(sources.c.finished))), now),
        rejections=_filled((reason.value for reason in Reason), crawls.rejected(connection)),
    )


def _filled(known: Iterable[str], counted: Mapping[str, int]) -> dict[str, int]:
    return dict.fromkeys(known, 0) | dict(counted)


def _cases(connection: sa.Connection) -> dict[str, int]:
    """Count the Cases by state, without those that another took over."""
    rows = connection.execute(
        sa.select(cases_table.c.state, sa.func.count()).where(cases.listable()).group_by(cases_table.c.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs to the type checker


def _lag(connection: sa.Connection, stage: str, now: datetime) -> Lag:
    waiting = changes_table.c.number > changes.position(connection, stage)
    row = connection.execute(sa.select(sa.func.count(), sa.func.min(changes_table.c.at)).where(waiting)).one()
    return Lag(row[0], _age(row[1], now) or 0.0)


def _oldest_mail(connection: sa.Connection, now: datetime) -> float:
    waiting = outbox_table.c.state.in_(("pending", "sending"))
    return _age(connection.scalar(sa.select(sa.func.min(outbox_table.c.created)).where(waiting)), now) or 0.0


def _failing(connection: sa.Connection) -> tuple[FailingSource, ...]:
    rows = connection.execute(
        sa.select(sources.c.id, sources.c.failures, sources.c.finished)
        .where(sources.c.failures > 0)
        .order_by(sources.c.failures.desc(), sources.c.id)
    )
    return tuple(FailingSource(*tuple(row)) for row in rows)


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max((now - moment).total_seconds(), 0.0)
