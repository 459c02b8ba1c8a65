"""What the Sources of the registry give now: for an editor who wants to know which of them work."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crawler.process import run_spider
from crawler.registry import Outlet
from crawler.session import CrawlSession
from crawler.sink import SourceReport, Validators
from crawler.spider import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.article import Article, Rejection
    from crawler.options import CrawlOptions

_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What one Source gave.

    Attributes:
        source: id of the Source.
        url: of its list.
        ok: whether the list was read and an Article came of one of its items.
        listed: items found in the list.
        newest: the newest published time among the items fetched; None where none had one.
        sample: an Article of it; None where none came.
        faults: what went wrong, one line each, as `reason: what was seen`.

    """

    source: str
    url: str
    ok: bool
    listed: int
    newest: datetime | None
    sample: Article | None
    faults: tuple[str, ...]

    def __str__(self) -> str:
        """Return the check in one line."""
        if not self.ok:
            return f"{self.source}\tfailed\t{self.url}\t{'; '.join(self.faults) or 'no item of it could be fetched'}"
        newest = self.newest.isoformat(timespec="minutes") if self.newest else "no date"
        title = self.sample.title if self.sample else ""
        return f"{self.source}\tok\t{self.listed} items\tnewest {newest}\t{title}"


class _Notes:
    """A sink that keeps what it is told in memory, and holds nothing."""

    def __init__(self) -> None:
        self.articles: dict[str, list[Article]] = defaultdict(list)
        self.rejections: dict[str, list[Rejection]] = defaultdict(list)
        self.reports: dict[str, SourceReport] = {}

    def stamp(self, _: str) -> str | None:
        return None

    def validators(self, _: str) -> Validators:
        return Validators()

    def accept(self, article: Article) -> None:
        self.articles[article.source].append(article)

    def reject(self, rejection: Rejection) -> None:
        self.rejections[rejection.source].append(rejection)

    def finish(self, report: SourceReport) -> None:
        self.reports[report.source] = report


def check(outlets: Outlet | Sequence[Outlet], options: CrawlOptions) -> list[SourceCheck]:
    """Fetch each Source's list and the first three of its items, store nothing, and say what was seen.

    Once in a process.

    Raises:
        CrawlFailedError: this process has crawled before, or Scrapy could not run.

    """
    chosen = [outlets] if isinstance(outlets, Outlet) else outlets
    notes = _Notes()
    session = CrawlSession(chosen, notes, replace(options, max_items=_SAMPLES))
    if not session.wanted:
        return []
    run_spider(SourceSpider, session.options, session=session)
    if session.failure is not None:
        raise session.failure
    return [_checked(source.id, source.url, notes) for _, source in session.wanted]


def _checked(source: str, url: str, notes: _Notes) -> SourceCheck:
    articles = notes.articles[source]
    report = notes.reports.get(source)
    return SourceCheck(
        source=source,
        url=url,
        # What another source of the outlet lists too is fetched once, and counts as known here.
        ok=bool(articles) or (report is not None and report.known > 0),
        listed=report.listed if report else 0,
        newest=max((article.published for article in articles if article.published), default=None),
        sample=articles[0] if articles else None,
        faults=tuple(f"{found.reason}: {found.detail} ({found.url})" for found in notes.rejections[source]),
    )
