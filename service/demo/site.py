"""The newsroom as an ASGI application: which answer each address of each outlet gets."""

from __future__ import annotations

import hashlib
from collections import Counter
from email.utils import format_datetime, parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from crawler.article import Reason
from service.demo.addresses import page_key
from service.demo.content import Item, Outlet, Reject, SourceList
from service.demo.pages import Pages
from service.demo.troubles import BLANK_PDF, break_markup, huge_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request

_XML = {"feed": "application/rss+xml; charset=utf-8", "sitemap": "application/xml"}


class Site:
    """Answers for every outlet by the Host header, and counts what was asked for.

    Attributes:
        edition: 1, or 2 once the edited articles are to be shown.

    """

    def __init__(self, outlets: Sequence[Outlet], port: int) -> None:
        self.edition = 1
        self._pages = Pages(outlets, port)
        self._port = port
        self._hosts = {outlet.outlet.host: outlet for outlet in outlets}
        self._entries = {
            (outlet.id, page_key(*_split(path))): entry
            for outlet in outlets
            for entry in outlet.entries
            for path in _paths(entry)
        }
        self._sections = {
            (outlet.id, page_key(*_split(path))): name for outlet in outlets for name, path in outlet.sections.items()
        }
        self._requests: Counter[str] = Counter()
        self._served: Counter[str] = Counter()
        self._lock = Lock()
        self.application = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "HEAD"])])

    @property
    def requests(self) -> Counter[str]:
        """How often each URL was asked for, as the client wrote it, HEAD not counted."""
        with self._lock:
            return Counter(self._requests)

    @property
    def served(self) -> Counter[str]:
        """How often the page of each item was given in full, by canonical URL."""
        with self._lock:
            return Counter(self._served)

    async def _answer(self, request: Request) -> Response:
        self._count(request, self._requests, str(request.url))
        outlet = self._hosts.get(request.url.hostname or "")
        if outlet is None:
            return HTMLResponse(self._pages.index())
        if request.url.path == "/robots.txt":
            return PlainTextResponse(_robots(outlet))
        for source in outlet.lists:
            if source.kind != "listing" and source.path == request.url.path:
                return self._source_list(request, outlet, source)
        key = page_key(request.scope["path"], request.url.query)
        entry = self._entries.get((outlet.id, key))
        if entry is not None:
            return self._entry(request, outlet, entry, key)
        return self._listing(outlet, key)

    def _count(self, request: Request, counter: Counter[str], url: str) -> None:
        if request.method == "GET":
            with self._lock:
                counter[url] += 1

    def _source_list(self, request: Request, outlet: Outlet, source: SourceList) -> Response:
        body = self._pages.source_list(outlet, source, self.edition).encode()
        changed = max(
            entry.updated_utc(self.edition) if isinstance(entry, Item) else entry.published_utc
            for entry in outlet.entries
            if source.section in {"", entry.section}
        )
        validators = {
            "etag": f'"{hashlib.sha256(body).hexdigest()[:20]}"',
            "last-modified": format_datetime(changed, usegmt=True),
        }
        if _unchanged(request, validators["etag"], changed):
            return Response(status_code=304, headers=validators)
        return Response(body, media_type=_XML[source.kind], headers=validators)

    def _entry(self, request: Request, outlet: Outlet, entry: Item | Reject, key: str) -> Response:
        if isinstance(entry, Reject):
            return self._trouble(request, outlet, entry, key)
        if entry.old_path and key == page_key(*_split(entry.old_path)):
            return RedirectResponse(self._pages.address(outlet, entry.path), status_code=301)
        self._count(request, self._served, self._pages.address(outlet, entry.path))
        page = self._pages.article(outlet, entry, self.edition)
        return _html(outlet, page, serve=entry.serve)

    def _trouble(self, request: Request, outlet: Outlet, reject: Reject, key: str) -> Response:
        match reject.reason:
            case Reason.REDIRECT_LOOP:
                other = reject.loop if key == page_key(*_split(reject.path)) else reject.path
                return RedirectResponse(self._pages.address(outlet, other), status_code=302)
            case Reason.NOT_HTML:
                return Response(BLANK_PDF, media_type="application/pdf")
            case Reason.TOO_LARGE if request.method == "GET":
                return StreamingResponse(huge_page(reject.title), media_type="text/html; charset=utf-8")
            case Reason.NOT_FOUND:
                return _html(outlet, self._pages.missing(outlet), status=404)
            case _:
                return _html(outlet, self._pages.article(outlet, reject, self.edition))

    def _listing(self, outlet: Outlet, key: str) -> Response:
        path, query = _split(key)
        section = self._sections.get((outlet.id, key), "")
        number = 1 if path == "/" or section else _page_number(outlet, path, query)
        page = self._pages.listing(outlet, self.edition, page=number, section=section) if number else None
        if page is None:
            return _html(outlet, self._pages.missing(outlet), status=404)
        return _html(outlet, page)


def _html(outlet: Outlet, page: str, *, status: int = 200, serve: str = "well") -> Response:
    """Return the page in the outlet's encoding; letters that it lacks become character references."""
    body = page.encode(outlet.outlet.encoding, "xmlcharrefreplace")
    if serve == "broken":
        body = break_markup(body)
    declared = {"content-type": "text/html; charset=utf-8"}
    if outlet.outlet.encoding != "utf-8" and serve != "lying_charset":
        declared = {"content-type": "text/html"}
    return Response(body, status_code=status, headers=declared)


def _robots(outlet: Outlet) -> str:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in outlet.outlet.disallow)]
    return "\n".join(lines) + "\n"


def _unchanged(request: Request, etag: str, changed: datetime) -> bool:
    """Return whether the client holds this already; an entity tag outweighs a date (RFC 9110, 13.2.2)."""
    if held := request.headers.get("if-none-match"):
        return held.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in held.split(",")]
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= changed.replace(microsecond=0)
    except (TypeError, ValueError):
        return False


def _page_number(outlet: Outlet, path: str, query: str) -> int:
    """Return the number of the listing page at this address, 0 where there is none."""
    for source in outlet.lists:
        before, _, after = source.page_path.partition("{page}")
        address = page_key(path, query)
        number = address.removeprefix(before).removesuffix(after)
        if source.page_path and address == f"{before}{number}{after}" and number.isascii() and number.isdecimal():
            return int(number)
    return 0


def _paths(entry: Item | Reject) -> list[str]:
    other = entry.old_path if isinstance(entry, Item) else entry.loop
    return [entry.path, other] if other else [entry.path]


def _split(path: str) -> tuple[str, str]:
    before, _, query = path.partition("?")
    return before, query
