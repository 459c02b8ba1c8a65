"""One crawl's books: what each Source listed, what became of it, and what the sink was told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from crawler.article import Article, Reason, Rejection
from crawler.options import CrawlProgress
from crawler.sink import SourceReport, Validators

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from crawler.options import CrawlOptions
    from crawler.registry import Outlet, Source
    from crawler.sink import Sink

    Due = Callable[[], Iterable[str] | None]

# Reasons that may not hold at the next crawl. A list with such an item must be read again, so its validators are not
# kept: a 304 would hide the item.
_PASSING: Final = frozenset({Reason.HTTP_ERROR, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.BAD_LIST})
_Result = TypeVar("_Result")


class SinkFailedError(Exception):
    """The sink raised. Raised to whoever calls the session from then on; `crawl` re-raises the cause."""


@dataclass(slots=True)
class SourceRun:
    """One Source in the course of a crawl.

    `pending` counts requests that have not been answered for; `claimed` are the listed items that it asked for.
    """

    outlet: Outlet
    source: Source
    started: datetime
    listed: int = 0
    known: int = 0
    accepted: int = 0
    fetched: int = 0
    pending: int = 0
    complete: bool = True
    finished: bool = False
    unchanged: bool = False
    validators: Validators = field(default_factory=Validators)
    sent: Validators = field(default_factory=Validators)
    rejected: Counter[str] = field(default_factory=Counter)
    claimed: set[str] = field(default_factory=set)

    def report(self) -> SourceReport:
        """Return what was seen, with the validators only where nothing has to be asked for again."""
        return SourceReport(
            source=self.source.id,
            started=self.started,
            finished=datetime.now(UTC),
            listed=self.listed,
            known=self.known,
            accepted=self.accepted,
            rejected=dict(self.rejected),
            unchanged=self.unchanged,
            validators=self.validators if self.complete else Validators(),
        )


class CrawlSession:
    """The books of one crawl. Every call to the sink goes through it, in one thread.

    With `due` the crawl goes on: every `look_seconds` it is asked which Sources to crawl now, until it gives None.
    """

    def __init__(
        self,
        outlets: Sequence[Outlet],
        sink: Sink,
        options: CrawlOptions,
        *,
        due: Due | None = None,
        look_seconds: float = 0.0,
    ) -> None:
        self._sink = sink
        self._due = due
        self._look_seconds = look_seconds
        self.options = options
        self.wanted: list[tuple[Outlet, Source]] = [
            (outlet, source)
            for outlet in outlets
            for source in outlet.sources
            if not options.sources or source.id in options.sources
        ]
        self._open: dict[str, SourceRun] = {}
        self.reports: list[SourceReport] = []
        """Of the Sources that are finished; empty in a crawl that goes on, which would gather them without end."""
        self.failure: Exception | None = None

    @property
    def goes_on(self) -> bool:
        """Whether Sources are crawled again and again."""
        return self._due is not None

    async def turns(self) -> AsyncIterator[SourceRun]:
        """Open the books of each Source as its turn comes; none has two turns at a time."""
        if self._due is None:
            for outlet, source in self.wanted:
                yield self._begin(outlet, source)
            return
        known = {source.id: (outlet, source) for outlet, source in self.wanted}
        while (ids := self._call(self._due)) is not None:
            for id_ in ids:
                if id_ in known and id_ not in self._open:
                    yield self._begin(*known[id_])
            await asyncio.sleep(self._look_seconds)

    def _begin(self, outlet: Outlet, source: Source) -> SourceRun:
        run = SourceRun(outlet, source, datetime.now(UTC), sent=self._call(self._sink.validators, source.id))
        self._open[source.id] = run
        return run

    def held(self, url: str) -> str | None:
        """Return the stamp under which the sink holds an item."""
        return self._call(self._sink.stamp, url)

    def know(self, run: SourceRun) -> None:
        """Count a listed item that need not be fetched."""
        run.known += 1

    def accept(self, run: SourceRun, article: Article) -> None:
        """Hand an Article to the sink."""
        self._call(self._sink.accept, article)
        run.accepted += 1
        self._tell(run, article.url, None)

    def reject(self, run: SourceRun, url: str, reason: Reason, detail: str, stamp: str = "") -> None:
        """Hand a Rejection to the sink."""
        detail = " ".join(detail.split())[:300]
        rejection = Rejection(url, run.outlet.id, run.source.id, reason, detail, datetime.now(UTC), stamp)
        self._call(self._sink.reject, rejection)
        run.rejected[reason.value] += 1
        run.complete &= reason not in _PASSING
        self._tell(run, url, reason)

    def read(self, run: SourceRun) -> None:
        """Note that a list of the Source was read."""
        self._tell(run, "", None)

    def settle(self, run: SourceRun) -> None:
        """Answer for one request of the Source; after the last its report goes to the sink."""
        run.pending -= 1
        if run.pending == 0:
            self._finish(run)

    def close(self) -> None:
        """Finish what an interrupted crawl left open: its lists will be read again."""
        for run in [*self._open.values()]:
            if self.failure is None:
                run.complete = False
                self._finish(run)

    def _finish(self, run: SourceRun) -> None:
        run.finished = True
        self._open.pop(run.source.id, None)
        report = run.report()
        self._call(self._sink.finish, report)
        if not self.goes_on:
            self.reports.append(report)
        self._tell(run, "", None)

    def _tell(self, run: SourceRun, url: str, reason: Reason | None) -> None:
        if self.options.on_progress is None:
            return
        progress = CrawlProgress(
            source=run.source.id,
            listed=run.listed,
            known=run.known,
            accepted=run.accepted,
            rejected=run.rejected.total(),
            finished=run.finished,
            url=url,
            reason=reason,
        )
        self._call(self.options.on_progress, progress)

    def _call(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        if self.failure is not None:
            raise SinkFailedError from self.failure
        try:
            return function(*arguments)
        except Exception as error:
            self.failure = error
            raise SinkFailedError from error
