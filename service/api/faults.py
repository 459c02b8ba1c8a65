"""What the API answers for each error that a request may meet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from index.errors import BadQuery, RasidIndexError
from service.api.problems import DOCS, Problem, problem
from service.desk.access import LoginNeeded
from service.desk.guard import HEADERS
from service.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_log = logging.getLogger(__name__)

RETRY_SECONDS = "10"

_DETAILS: Mapping[str, str] = {
    "no_role": "The role of this account may not do this.",
    "foreign_form": "A request that changes something by a session cookie carries the session's X-CSRF-Token.",
}
_BY_STATUS: Mapping[int, str] = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "The address does not take this method.",
    413: "The request is too large.",
}

_STATUSES: Mapping[str, int] = {"path": 404, "query": 400, "header": 400, "cookie": 400, "body": 422}
"""What a value out of shape is answered with, by where it stands: a path that names nothing, a request that cannot be
understood, or one that can be but asks for what there is not."""


def told(request: Request, error: Exception, routes: Sequence[BaseRoute], base: str) -> Response:
    """Return the problem that tells of an error.

    `routes` are the API's, `base` is where the desk is served.
    """
    match error:
        case RequestValidationError():
            return _invalid(request, error, base)
        case BadQuery():
            return problem(request.scope, 400, "No page of this query gave this cursor: ask again without `after`.")
        case RasidIndexError():
            _log.warning("the index did not answer: %s", error)
            return _later(request, "The index cannot be had now.")
        case DatabaseError():
            _log.warning("the database did not answer: %s", error)
            return _later(request, "The database cannot be had now.")
        case HTTPException():
            return _refused(request, error, routes, base)
    # This one answers outside of the middleware, so it brings the security headers itself.
    _log.error("the API failed: %s", error, exc_info=error)
    return problem(request.scope, 500, "This is a fault of ours; the log of the server tells it.", headers=HEADERS)


def _later(request: Request, detail: str) -> Response:
    return problem(request.scope, 503, detail, headers={"Retry-After": RETRY_SECONDS})


def _refused(request: Request, error: HTTPException, routes: Sequence[BaseRoute], base: str) -> Response:
    headers = dict(error.headers or {})
    if isinstance(error, LoginNeeded):
        given = "authorization" in request.headers
        fault = ', error="invalid_token"' if given else ""  # RFC 6750, 3
        headers["WWW-Authenticate"] = f'Bearer realm="rasid"{fault}'
        detail = "The token is unknown, expired or revoked." if given else "Send an API token, or a session's cookie."
        return problem(request.scope, 401, detail, headers=headers)
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request, routes))) or headers.get("Allow", "GET")
    if isinstance(error, Problem):
        type_ = f"{base}{DOCS}#{error.kind}" if error.kind else "about:blank"
        return problem(request.scope, error.status_code, error.detail, type_=type_, headers=headers, **error.members)
    detail = _DETAILS.get(error.detail) or _BY_STATUS.get(error.status_code) or error.detail
    return problem(request.scope, error.status_code, detail, headers=headers)


def _methods(request: Request, routes: Sequence[BaseRoute]) -> set[str]:
    """Return the methods that the address takes; the router tells those of the first of its routes only."""
    return {
        method
        for route in routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }


def _invalid(request: Request, error: RequestValidationError, base: str) -> Response:
    faults = error.errors()
    where = str(faults[0]["loc"][0]) if faults else "body"
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(request.scope, 400, "The body is no JSON.")
    if where == "body" and not _is_json(request.headers.get("content-type", "")):
        return problem(request.scope, 415, "The body is to be JSON, with Content-Type: application/json.")
    status = _STATUSES.get(where, 422)
    if status == 404:
        return problem(request.scope, 404, _BY_STATUS[404])
    return problem(
        request.scope,
        status,
        "Some of what was given is not what it must be: see errors.",
        type_=f"{base}{DOCS}#invalid",
        errors=[_fault(fault) for fault in faults],
    )


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with one value, without the value: it may be private, and need not be encodable."""
    where, *path = fault["loc"]
    if where == "body":
        pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)  # RFC 6901
        return {"detail": fault["msg"], "pointer": f"#{pointer}"}
    return {"detail": fault["msg"], "parameter": str(path[0]) if path else ""}


def _is_json(content_type: str) -> bool:
    main = content_type.partition(";")[0].strip().lower()
    return main == "application/json" or (main.startswith("application/") and main.endswith("+json"))
