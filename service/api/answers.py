"""What operations are described to answer beside their result, in the words of OpenAPI."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from service.api.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}

_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    503: {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds."}},
}


def fails(*statuses: int) -> Responses:
    """Return the description of problems; those that every operation may meet are added to each of them."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: _PROBLEM},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


ALWAYS = fails(401, 403, 503)
"""What every operation may answer."""

UNFIT = fails(400, 413, 415, 422)
"""What an operation may answer to a body: it is no JSON, is too large, is said to be something else, asks wrongly."""


def paged() -> Responses:
    """Return the description of an answer that is one page of several."""
    link = {"schema": {"type": "string"}, "description": 'Where the next page is (rel="next"); none on the last.'}
    return {200: {"description": "One page.", "headers": {"Link": link}}}


def tagged(status: int = 200, description: str = "As it is now.") -> Responses:
    """Return the description of an answer that bears an ETag, which a later decision gives back by If-Match."""
    etag = {"required": True, "schema": {"type": "string"}, "description": "The revision, in quotes."}
    return {status: {"description": description, "headers": {"ETag": etag}}}
