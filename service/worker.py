"""The worker: has spooled Articles analysed, and stores Document, Case and change row in one transaction each."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nlp import ALERTABLE, bands, case_facts, signature
from service.database import articles, cases, changes, corrections, documents
from service.database.engine import serialise
from service.joining import Remembered, join
from service.overlay import corrected_analysis
from service.proposing import propose_again, propose_resolved

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from nlp import Analyser, Analysis
    from service.assembly import Outlets
    from service.database.articles import Spooled
    from service.database.engine import Database

log = logging.getLogger(__name__)

BATCH = 20
"""Articles claimed at a time: small, so that several workers share a burst and little is claimed by one that dies."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one round of the worker did, in Articles."""

    analysed: int = 0
    rejected: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Articles that left the spool."""
        return self.analysed + self.rejected + self.failed


class Worker:
    """Analyses what waits in the spool. Any number of them may share one database.

    Of `outlets` the homes decide names that several governorates share; the names are no places (بريد بغداد).
    """

    def __init__(
        self, database: Database, analyser: Analyser, outlets: Outlets, dues: cases.Dues | None = None
    ) -> None:
        self._database = database
        self._analyser = analyser
        self._outlets = outlets
        self._dues = dues or cases.Dues()
        self._remembered = Remembered()

    def work(self, *, stopping: Callable[[], bool] = lambda: False) -> Work:
        """Do one batch and say what became of it; nothing waits where the total is 0."""
        with self._database.write() as connection:
            claimed = articles.claim(connection, datetime.now(UTC), BATCH)
        done = {"analysed": 0, "rejected": 0, "failed": 0}
        for number, article in enumerate(claimed):
            if stopping():
                with self._database.write() as connection:
                    articles.give_back(connection, [rest.id for rest in claimed[number:]])
                break
            done[self._one(article)] += 1
        return Work(**done)

    def _one(self, article: Spooled) -> str:
        started = time.perf_counter()
        try:
            analysis = self._analyser.analyse(
                article.text,
                id=article.document,
                home=self._outlets.homes.get(article.outlet, ""),
                outlet=self._outlets.names.get(article.outlet, ""),
            )
            compared = signature(article.text)
        except Exception as error:
            log.exception("article %d (%s) could not be analysed", article.id, article.url)
            with self._database.write() as connection:
                articles.settle(connection, article.id, "failed", f"{type(error).__name__}: {error}")
            return "failed"
        log.debug("%s: %s in %.0f ms", article.url, analysis.stance, 1000 * (time.perf_counter() - started))
        with self._database.write() as connection:
            if analysis.language != "ar":
                articles.settle(connection, article.id, "rejected", f"language: {analysis.language}")
                return "rejected"
            store(
                connection,
                article,
                analysis,
                compared,
                analyser=self._analyser,
                dues=self._dues,
                remembered=self._remembered,
            )
            articles.settle(connection, article.id, "analysed")
        return "analysed"


def store(
    connection: sa.Connection,
    article: Spooled,
    analysis: Analysis,
    compared: tuple[int, ...],
    *,
    analyser: Analyser,
    dues: cases.Dues,
    remembered: Remembered | None = None,
) -> None:
    """Store an Analysis with all that follows from it: the Document's state, its group, its Case, its change row.

    An Analysis of an older text than the Document already has is kept, and changes nothing else. What people corrected
    stays in force: it is what the Document's state follows from, while the Analysis is kept as the model made it.
    """
    now = datetime.now(UTC)
    serialise(connection, "changes")
    documents.store_analysis(
        connection,
        document=article.document,
        version=article.version,
        analyser=analyser.version,
        at=now,
        analysis=analysis.to_dict(),
    )
    held = documents.held(connection, article.document)
    if held is not None and held.version > article.version:
        return
    told = corrections.live(connection, [article.document]).get(article.document, {})
    analysis = corrected_analysis(analysis, article.text, told)
    keys = bands(compared)
    facts = case_facts(analysis, article.text) if analysis.stance in ALERTABLE else None
    group, case = join(
        connection,
        article,
        held=held,
        signature=compared,
        keys=keys,
        facts=facts,
        alike=analyser.same_case,
        remembered=remembered or Remembered(),
        now=now,
    )
    documents.store(
        connection,
        id=article.document,
        version=article.version,
        stance=analysis.stance,
        group=group,
        case=case,
        signature=compared,
        facts=None if facts is None else facts.to_dict(),
        keys=keys,
        first_seen=article.fetched,
    )
    before = held.case if held is not None else None
    for changed in {case, before} - {None}:
        cases.refresh(connection, str(changed), dues)
    if case is None:
        propose_resolved(connection, article, analysis, alike=analyser.same_case, now=now)
    elif case != before:
        propose_again(connection, article, case, now)
    changes.announce(connection, [article.document], now)
