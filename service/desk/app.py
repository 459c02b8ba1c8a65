"""The desk as a web application: its parts put together, and what it answers when something fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from index.errors import BadQuery, IndexBroken, RasidIndexError
from service.api.routing import Api
from service.database.cases import Dues
from service.desk import (
    account,
    alert_messages,
    alerts,
    case_exporting,
    cases,
    corrections,
    entering,
    exporting,
    health,
    items,
    live,
    overview,
    people,
    saved,
    sources,
    unsubscribing,
)
from service.desk.access import Gate, LoginNeeded, login_link
from service.desk.guard import HEADERS, Guard
from service.desk.pages import STATIC, pages
from service.desk.parts import Desk, by_script, fills_list
from service.desk.sections import Counter
from service.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike, stat_result

    from starlette.types import Scope

    from index.protocol import Index
    from service.database.engine import Database

_log = logging.getLogger(__name__)

_RETRY_SECONDS = "10"

ROUTES = (
    health.routes,
    entering.routes,
    exporting.routes,
    case_exporting.routes,
    cases.routes,
    saved.routes,
    alert_messages.routes,
    alerts.routes,
    unsubscribing.routes,
    items.routes,
    corrections.routes,
    account.routes,
    people.routes,
    live.routes,
    overview.routes,
    sources.routes,
)
"""What makes the routes of each part of the desk."""


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    index: Index,
    database: Database,
    *,
    outlets: Mapping[str, str],
    clock: Callable[[], datetime] = _now,
    base_url: str = "",
    dues: Dues | None = None,
) -> FastAPI:
    """Return the desk over an index and a database.

    Args:
        index: what is searched; it is asked from several threads at once, and stays the caller's to close.
        database: what is decided and looked up; the caller's to close too.
        outlets: names of the outlets by id; an outlet that is not in it is called by its id.
        clock: gives the present time, aware; for tests.
        base_url: where the desk is reached, put before each of its links; "" for links from the server's root.
        dues: how soon a case must be answered.

    """
    desk = Desk(
        index=index,
        database=database,
        pages=pages(base_url),
        counter=Counter(index, database),
        outlets=outlets,
        clock=clock,
        dues=dues or Dues(),
        secure=base_url.startswith("https://"),
    )
    gate = Gate(database, clock, secure=desk.secure)
    app = FastAPI(
        title="Rasid",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(gate)],
    )
    name = urlsplit(base_url).hostname
    app.add_middleware(Guard, hosts=frozenset({name.lower()} if name else ()))
    app.mount("/static", _Static(directory=STATIC), name="static")
    for routes in ROUTES:
        app.include_router(routes(desk))
    api = Api(desk)
    app.include_router(api.router)
    _add_errors(app, desk, api)
    return app


Answer = Callable[[Request, Exception], Response]


def _answering(app: FastAPI, api: Api) -> Callable[[type[Exception]], Callable[[Answer], Answer]]:
    """Return a decorator: the function answers an error on a page, the API tells of it as a problem."""

    def of(kind: type[Exception]) -> Callable[[Answer], Answer]:
        def add(on_page: Answer) -> Answer:
            def answer(request: Request, error: Exception) -> Response:
                return api.tell(request, error) if api.answers(request) else on_page(request, error)

            app.add_exception_handler(kind, answer)
            return on_page

        return add

    return of


def _add_errors(app: FastAPI, desk: Desk, api: Api) -> None:
    answering = _answering(app, api)

    def page(request: Request, status: int, key: str, **headers: str) -> Response:
        place = "list_error.html" if fills_list(request) else "message.html" if by_script(request) else "error.html"
        shown = desk.draw(request, place, status=status, key=key, status_code=status)
        shown.headers.update(headers)
        return shown

    @answering(RasidIndexError)
    def index_failed(request: Request, error: Exception) -> Response:
        if isinstance(error, BadQuery):
            return page(request, 400, "bad_page")
        _log.warning("the index did not answer: %s", error)
        key = "broken" if isinstance(error, IndexBroken) else "unavailable"
        return page(request, 503, key, **{"Retry-After": _RETRY_SECONDS})

    @answering(DatabaseError)
    def database_failed(request: Request, error: Exception) -> Response:
        _log.warning("the database did not answer: %s", error)
        request.state.viewer = None  # nothing more is asked of it for this page
        return page(request, 503, "no_database", **{"Retry-After": _RETRY_SECONDS})

    @answering(HTTPException)
    def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, LoginNeeded):
            target = login_link(desk.pages.links.base, request)
            if by_script(request):
                return JSONResponse({}, status_code=401, headers={"HX-Redirect": target})
            return RedirectResponse(target, status_code=303)
        status, key = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "failed")
        headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
        known = f"{key}_hint" in desk.words(request).texts
        return page(request, status, key if known else "page_not_found", **headers)

    @answering(RequestValidationError)
    def not_understood(request: Request, error: Exception) -> Response:
        faults = error.errors() if isinstance(error, RequestValidationError) else ()
        in_path = any(fault["loc"][0] == "path" for fault in faults)
        return page(request, 404 if in_path else 400, "page_not_found" if in_path else "bad_request")

    @answering(Exception)
    def failed(request: Request, error: Exception) -> Response:
        # This one answers outside of the middleware, so it brings the security headers itself.
        _log.error("a page failed: %s", error, exc_info=error)
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
