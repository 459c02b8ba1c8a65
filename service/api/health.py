"""How Rasid is: the parts of it, for people and scripts, and the numbers of it, for Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily

from index.errors import RasidIndexError
from service.api.shapes import Told
from service.database import changes
from service.database.gauges import gauges
from service.desk.access import allow
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.database.gauges import Gauges
    from service.desk.parts import Desk


class IndexHealth(Told):
    """Whether the index answers, and how many documents it holds."""

    status: Literal["ok", "unavailable"]
    documents: int | None
    refused: int


class Spool(Told):
    """Articles that wait for a worker, and those that none could analyse."""

    waiting: int
    failed: int


class StageLag(Told):
    """Changes that the stage has not done, and the age of the oldest in seconds."""

    changes: int
    seconds: float


class Failing(Told):
    """A source whose list could not be read, so many times in a row."""

    id: str
    failures: int
    finished: datetime | None


class Sources(Told):
    """Sources that fail, and how long ago any was crawled, in seconds; null where none ever was."""

    failing: list[Failing]
    last_crawl_seconds: float | None


class CaseLoad(Told):
    """Cases that wait for somebody, and those of them that are overdue."""

    open: int
    overdue: int


class Health(Told):
    """`degraded` where the index does not answer, a text cannot be analysed, a mail was refused or a source fails."""

    status: Literal["ok", "degraded"]
    database: Literal["sqlite", "postgresql"]
    documents: int
    index: IndexHealth
    spool: Spool
    indexer: StageLag
    matcher: StageLag
    outbox: dict[str, int]
    sources: Sources
    cases: CaseLoad


class Exposition(Response):
    """Numbers in Prometheus's text format."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations that tell how Rasid is."""

    @router.get("/health", tags=["health"])
    @allow(Role.READER)
    def tell_health() -> Health:
        """Tell how each part is. What watches the server asks `/healthz`, which needs no account."""
        with desk.database.read() as connection:
            now = gauges(connection, desk.clock())
        held = _held(desk)
        fails = held is None or now.articles["failed"] or now.mails["dead"] or now.failing
        return Health(
            status="degraded" if fails else "ok",
            database="postgresql" if desk.database.engine.dialect.name == "postgresql" else "sqlite",
            documents=now.documents,
            index=IndexHealth(status="unavailable" if held is None else "ok", documents=held, refused=now.refused),
            spool=Spool(waiting=now.articles["spooled"] + now.articles["claimed"], failed=now.articles["failed"]),
            indexer=StageLag.model_validate(now.lags[changes.INDEXER]),
            matcher=StageLag.model_validate(now.lags[changes.MATCHER]),
            outbox=dict(now.mails),
            sources=Sources(
                failing=[Failing.model_validate(source) for source in now.failing], last_crawl_seconds=now.last_crawl
            ),
            cases=CaseLoad(open=now.open, overdue=now.overdue),
        )

    @router.get("/metrics", tags=["health"], response_class=Exposition)
    @allow(Role.READER)
    def tell_metrics() -> Exposition:
        """Tell the numbers to Prometheus; its scrape configuration takes the token as `authorization.credentials`."""
        with desk.database.read() as connection:
            told = gauges(connection, desk.clock())
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(told))
        return Exposition(generate_latest(registry))


def _held(desk: Desk) -> int | None:
    try:
        return desk.index.count()
    except RasidIndexError:
        return None


class _Collector:
    def __init__(self, told: Gauges) -> None:
        self._told = told

    def collect(self) -> Iterator[GaugeMetricFamily]:
        told = self._told
        yield _by("rasid_articles", "Texts in the spool, by state.", "state", told.articles)
        yield _one("rasid_documents", "Documents in the database.", told.documents)
        yield _one("rasid_refused_documents", "Documents that the index refused.", told.refused)
        yield _by("rasid_cases", "Cases, by state.", "state", told.cases)
        yield _one("rasid_open_cases", "Cases that wait for somebody.", told.open)
        yield _one("rasid_overdue_cases", "Open cases that should have been answered by now.", told.overdue)
        lags = told.lags.items()
        yield _by(
            "rasid_waiting_changes", "Changes that a stage has not done.", "stage", {s: g.changes for s, g in lags}
        )
        yield _by("rasid_lag_seconds", "Age of the oldest of them.", "stage", {s: g.seconds for s, g in lags})
        yield _by("rasid_mails", "Mails of the outbox, by state.", "state", told.mails)
        yield _one("rasid_oldest_waiting_mail_seconds", "Age of the oldest mail that is not sent.", told.oldest_mail)
        yield _one("rasid_failing_sources", "Sources whose list could not be read the last time.", len(told.failing))
        if told.last_crawl is not None:
            yield _one("rasid_last_crawl_seconds", "Since the last crawl of any source ended.", told.last_crawl)
        yield _by("rasid_rejected_addresses", "Addresses that gave no article.", "reason", told.rejections)


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
