"""The spider: the lists of all Sources, and the items that they list, each once.

One spider crawls feeds, sitemaps and listings together, since what is polite to a host and what was fetched already
hold for a crawl as a whole; what differs between the kinds is how a list is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, StopDownload

from crawler.article import Article, Reason
from crawler.dates import read_date
from crawler.entries import MAX_URL, BadListError, Entry
from crawler.reading import Readers, UnreadablePageError
from crawler.refusals import AlreadyFetchedRequest, reason_of
from crawler.session import CrawlSession, SinkFailedError, SourceRun
from crawler.sink import Validators
from crawler.urls import canonical_url, is_home_page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response
    from twisted.python.failure import Failure

    from crawler.extraction import Extracted

_NOTHING: Final = Validators()
_NOT_MODIFIED: Final = 304
_LIST_PRIORITY: Final = 100
_MAX_DEPTH: Final = 2  # a sitemap index, the sitemaps in it
_HTML: Final = ("text/html", "application/xhtml", "text/plain", "application/xml", "text/xml")
# Of a body that is no HTML, the bytes that are let in before the connection is closed.
_SMALL: Final = 100_000
_MAGIC: Final = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"\x00\x00\x00")


class SourceSpider(Spider):
    """Crawls the Sources of a session. `claims` holds, for each canonical URL, the item that has or will fetch it.

    In a crawl that goes on a Source's claims end with its turn: whoever asks later finds its items in the sink.
    """

    name = "rasid"

    def __init__(self, session: CrawlSession) -> None:
        super().__init__()
        self._session = session
        self._readers = Readers(session.options.extraction_processes)
        self.claims: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build with the session as the only argument."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.headers_received, signals.headers_received)
        crawler.signals.connect(spider.spider_error, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield the request for each Source's list."""
        self._readers.warm_up()
        try:
            async for run in self._session.turns():
                yield self._list_request(run, run.source.url, run.sent)
        except SinkFailedError:
            raise CloseSpider("sink") from None
        if self._session.goes_on:
            # what is still scheduled waits for the next process: the others are not asked for meanwhile
            raise CloseSpider("due")

    def closed(self, _: str) -> None:
        """End the readers and the books."""
        self._readers.close()
        try:
            self._session.close()
        except SinkFailedError:
            return  # kept by the session; `crawl` raises it

    def headers_received(self, headers: Headers, body_length: int | str, request: Request) -> None:
        """Stop the download of an item that is no page before its body comes.

        `body_length` is Twisted's UNKNOWN_LENGTH, a text, where the server does not say how much it sends.
        """
        kind = (headers.get(b"Content-Type") or b"text/html").decode("latin-1").lower()
        small = isinstance(body_length, int) and 0 <= body_length <= _SMALL
        if "rasid_holder" in request.meta and b"Location" not in headers and not small and not kind.startswith(_HTML):
            raise StopDownload(fail=True)

    def spider_error(self, failure: Failure, response: Response) -> None:
        """Answer for a page on which we failed as nobody foresaw: its Source would wait for it for ever."""
        given = response.cb_kwargs
        detail = f"{type(failure.value).__name__}: {failure.value}"
        try:
            if "listed" in given:
                self._session.reject(given["run"], given["listed"], Reason.NO_TEXT, detail, given["entry"].stamp)
            else:
                self._session.reject(given["run"], response.url, Reason.BAD_LIST, detail)
            self._settle(given["run"])
        except SinkFailedError:
            return  # kept by the session; the next call closes the spider

    def _list_request(self, run: SourceRun, url: str, sent: Validators = _NOTHING, depth: int = 1) -> Request:
        headers = {"If-None-Match": sent.etag, "If-Modified-Since": sent.last_modified}
        request = Request(
            url,
            callback=self.parse_list,
            errback=self.list_failed,
            headers={name: value for name, value in headers.items() if value},
            cb_kwargs={"run": run, "depth": depth},
            meta={"handle_httpstatus_list": [_NOT_MODIFIED]},
            priority=_LIST_PRIORITY,
        )
        run.pending += 1
        return request

    async def parse_list(self, response: Response, run: SourceRun, depth: int) -> AsyncIterator[Request]:
        """Read a list and ask for its items."""
        try:
            if response.status == _NOT_MODIFIED:
                run.unchanged, run.validators = True, run.sent
            else:
                for request in await self._read_list(response, run, depth):
                    yield request
            self._settle(run)
        except SinkFailedError:
            raise CloseSpider("sink") from None

    async def _read_list(self, response: Response, run: SourceRun, depth: int) -> list[Request]:
        try:
            page = await self._readers.read_list(run.source, response.body, response.url, _content_type(response))
        except BadListError as error:
            self._session.reject(run, response.url, Reason.BAD_LIST, str(error))
            return []
        if depth == 1 and not page.following:
            run.validators = Validators(_header(response, b"ETag"), _header(response, b"Last-Modified"))
        requests = list(self._item_requests(run, page.entries))
        if depth < _MAX_DEPTH:
            for url in page.following:
                if len(url) > MAX_URL:
                    self._session.reject(run, url[:MAX_URL], Reason.BAD_LIST, f"an address of {len(url)} characters")
                else:
                    requests.append(self._list_request(run, url, depth=depth + 1))
        if not page.entries and not page.following:
            self._session.reject(run, response.url, Reason.BAD_LIST, "it lists nothing")
        self._session.read(run)
        return requests

    def _item_requests(self, run: SourceRun, entries: tuple[Entry, ...]) -> Iterator[Request]:
        own: set[str] = set()
        for entry in entries:
            try:
                listed = canonical_url(entry.url)
            except ValueError:
                listed = entry.url
            if listed in own:
                continue
            own.add(listed)
            run.listed += 1
            if len(entry.url) > MAX_URL:
                self._session.reject(
                    run, entry.url[:MAX_URL], Reason.UNREACHABLE, f"an address of {len(entry.url)} characters"
                )
            elif self._is_known(listed, entry.stamp):
                self._session.know(run)
            elif run.fetched >= self._session.options.max_items:
                run.complete = False
            else:
                run.fetched += 1
                self.claims[listed] = listed
                run.claimed.add(listed)
                yield from self._item_request(run, entry, listed)

    def _is_known(self, listed: str, stamp: str) -> bool:
        """Return whether an item needs no fetching: this crawl has it, or the sink, in this state."""
        if listed in self.claims:
            return True
        held = self._session.held(listed)
        # A list that shows no stamp does not say that an item was edited.
        return held is not None and stamp in {"", held}

    def _item_request(self, run: SourceRun, entry: Entry, listed: str) -> Iterator[Request]:
        try:
            request = Request(
                entry.url,
                callback=self.parse_item,
                errback=self.item_failed,
                cb_kwargs={"run": run, "entry": entry, "listed": listed},
                meta={"rasid_holder": listed},
            )
        except ValueError as error:
            self._session.reject(run, entry.url, Reason.UNREACHABLE, str(error))
            return
        if len(request.url) > MAX_URL:  # a letter of Arabic is six characters there
            detail = f"an address of {len(request.url)} characters"
            self._session.reject(run, listed[:MAX_URL], Reason.UNREACHABLE, detail, entry.stamp)
            return
        run.pending += 1
        yield request

    async def parse_item(self, response: Response, run: SourceRun, entry: Entry, listed: str) -> None:
        """Extract an item and hand its Article on."""
        try:
            await self._take_item(response, run, entry, listed)
            self._settle(run)
        except SinkFailedError:
            raise CloseSpider("sink") from None

    async def _take_item(self, response: Response, run: SourceRun, entry: Entry, listed: str) -> None:
        kind = _content_type(response)
        if (kind and not kind.lower().startswith(_HTML)) or response.body.startswith(_MAGIC):
            self._session.reject(run, listed, Reason.NOT_HTML, f"Content-Type: {kind[:100]}", entry.stamp)
            return
        if is_home_page(response.url) and not is_home_page(listed):
            detail = f"leads to the front page {response.url}"
            self._session.reject(run, listed, Reason.NOT_FOUND, detail, entry.stamp)
            return
        try:
            extracted = await self._readers.extract(response.body, response.url, run.outlet, kind)
        except UnreadablePageError as error:
            self._session.reject(run, listed, Reason.NO_TEXT, str(error), entry.stamp)
            return
        if not extracted.is_article:
            self._session.reject(run, listed, Reason.NO_TEXT, "no article in the page", entry.stamp)
        elif self.claims.setdefault(extracted.canonical_url, listed) != listed:
            self._session.know(run)
        else:
            self._session.accept(run, _article(run, entry, listed, extracted))

    def _settle(self, run: SourceRun) -> None:
        self._session.settle(run)
        if run.finished and self._session.goes_on:
            self.claims = {url: holder for url, holder in self.claims.items() if holder not in run.claimed}

    def list_failed(self, failure: Failure) -> None:
        """Count a list that did not come."""
        request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        self._failed(failure, request.cb_kwargs["run"], request.url, "")

    def item_failed(self, failure: Failure) -> None:
        """Count an item that did not come."""
        given = failure.request.cb_kwargs  # type: ignore[attr-defined]  # Scrapy sets it
        self._failed(failure, given["run"], given["listed"], given["entry"].stamp)

    def _failed(self, failure: Failure, run: SourceRun, url: str, stamp: str) -> None:
        try:
            if isinstance(failure.value, AlreadyFetchedRequest):
                self._session.know(run)
            else:
                self._session.reject(run, url, *reason_of(failure), stamp)
            self._settle(run)
        except SinkFailedError:
            raise CloseSpider("sink") from None


def _article(run: SourceRun, entry: Entry, listed: str, extracted: Extracted) -> Article:
    in_list = read_date(entry.published_raw)
    from_list = in_list.moment is not None or not extracted.published_raw
    return Article(
        url=extracted.canonical_url,
        outlet=run.outlet.id,
        source=run.source.id,
        title=extracted.title or entry.title,
        body=extracted.body,
        published=in_list.moment if from_list else extracted.published,
        published_raw=in_list.raw if from_list else extracted.published_raw,
        published_from=entry.published_from if from_list else extracted.published_from,
        fetched=datetime.now(UTC),
        language=extracted.language,
        stamp=entry.stamp,
        listed=listed,
    )


def _content_type(response: Response) -> str:
    return _header(response, b"Content-Type")


def _header(response: Response, name: bytes) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()
