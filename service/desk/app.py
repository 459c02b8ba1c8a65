"""The desk as a web application. It only reads: everything that it shows comes from the Index."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from index.errors import BadQuery, IndexBroken, RasidIndexError
from service.desk.address import Address, language_of
from service.desk.guard import HEADERS, Guard
from service.desk.incoming import Namer, incoming, sections
from service.desk.pages import STATIC, Pages, pages
from service.desk.reading import read
from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike, stat_result

    from starlette.responses import Response
    from starlette.types import Scope

    from index.protocol import Index

_log = logging.getLogger(__name__)

_RETRY_SECONDS = "10"


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    index: Index, *, outlets: Mapping[str, str], clock: Callable[[], datetime] = _now, base_url: str = ""
) -> FastAPI:
    """Return the desk over an index.

    Args:
        index: what is searched; it is asked from several threads at once, and stays the caller's to close.
        outlets: names of the outlets by id; an outlet that is not in it is called by its id.
        clock: gives the present time, aware; for tests.
        base_url: where the desk is reached, put before each of its links; "" for links from the server's root.

    """
    app = FastAPI(title="Rasid", docs_url=None, redoc_url=None, openapi_url=None)
    drawn = pages(base_url)
    app.add_middleware(Guard)
    app.mount("/static", _Static(directory=STATIC), name="static")
    _add_pages(app, index, drawn, outlets, clock)
    _add_errors(app, drawn, clock)
    return app


def _add_pages(
    app: FastAPI, index: Index, drawn: Pages, outlets: Mapping[str, str], clock: Callable[[], datetime]
) -> None:
    @app.get("/", response_class=HTMLResponse)
    def show_list(request: Request) -> str:
        address = Address.read(request.query_params)
        now = clock()
        found = incoming(index, address, Namer(labels(address.language), outlets, now))
        document = index.get(address.item) if address.item else None
        reading = None
        if document is not None:
            row = found.row(document.id)
            reading = read(index, document, row.hit if row else None)
        return drawn.draw("incoming.html", address.language, now, address=address, found=found, reading=reading)

    @app.get("/item/{item}", response_class=HTMLResponse)
    def show_item(request: Request, item: str) -> str:
        address = Address(language=language_of(request.query_params))
        document = index.get(item)
        if document is None:
            raise HTTPException(404, "item")
        return drawn.draw(
            "item.html",
            address.language,
            clock(),
            address=address,
            sections=sections(index, address),
            reading=read(index, document),
        )

    @app.get("/healthz")
    def tell_health() -> JSONResponse:
        try:
            return JSONResponse({"status": "ok", "documents": index.count()})
        except RasidIndexError as error:
            return JSONResponse({"status": "unavailable", "error": type(error).__name__}, status_code=503)


def _add_errors(app: FastAPI, drawn: Pages, clock: Callable[[], datetime]) -> None:
    def page(request: Request, status: int, key: str, **headers: str) -> HTMLResponse:
        address = Address.read(request.query_params)
        html = drawn.draw("error.html", address.language, clock(), address=address, key=key, status=status)
        return HTMLResponse(html, status_code=status, headers=headers)

    @app.exception_handler(RasidIndexError)
    def index_failed(request: Request, error: Exception) -> Response:
        if isinstance(error, BadQuery):
            return page(request, 400, "bad_page")
        _log.warning("the index did not answer: %s", error)
        key = "broken" if isinstance(error, IndexBroken) else "unavailable"
        return page(request, 503, key, **{"Retry-After": _RETRY_SECONDS})

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
        key = "not_found" if request.url.path.startswith("/item/") else "page_not_found"
        return page(request, status, key, **headers)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        # This one answers outside of the middleware, so it brings the security headers itself.
        _log.error("a page failed: %s", error)
        return page(request, 500, "failed", **HEADERS)


class _Static(StaticFiles):
    """The desk's own files: their links change when they do, so browsers may keep them."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the file, to be kept for a year."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
