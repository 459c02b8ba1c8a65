"""One crawl's books: what each Source listed, what became of it, and what the sink was told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from crawler.article import Article, Reason, Rejection
from crawler.options import CrawlProgress
from crawler.sink import SourceReport, Validators

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawler.options import CrawlOptions
    from crawler.registry import Outlet, Source
    from crawler.sink import Sink

# Reasons that may not hold at the next crawl. A list with such an item must be read again, so its validators are not
# kept: a 304 would hide the item.
_PASSING: Final = frozenset({Reason.HTTP_ERROR, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.BAD_LIST})
_Result = TypeVar("_Result")


class SinkFailedError(Exception):
    """The sink raised. Raised to whoever calls the session from then on; `crawl` re-raises the cause."""


@dataclass(slots=True)
class SourceRun:
    """One Source in the course of a crawl. `pending` counts requests that have not been answered for."""

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
    """The books of one crawl. Every call to the sink goes through it, in one thread."""

    def __init__(self, outlets: Sequence[Outlet], sink: Sink, options: CrawlOptions) -> None:
        self._sink = sink
        self.options = options
        self.wanted: list[tuple[Outlet, Source]] = [
            (outlet, source)
            for outlet in outlets
            for source in outlet.sources
            if not options.sources or source.id in options.sources
        ]
        self.runs: list[SourceRun] = []
        self.reports: list[SourceReport] = []
        self.failure: Exception | None = None

    def begin(self, outlet: Outlet, source: Source) -> SourceRun:
        """Open the books of a Source."""
        run = SourceRun(outlet, source, datetime.now(UTC), sent=self._call(self._sink.validators, source.id))
        self.runs.append(run)
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
        for run in self.runs:
            if not run.finished and self.failure is None:
                run.complete = False
                self._finish(run)

    def _finish(self, run: SourceRun) -> None:
        run.finished = True
        report = run.report()
        self._call(self._sink.finish, report)
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
