"""Problems: how the API says what went wrong (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

ROOT = "/api"
PREFIX = f"{ROOT}/v1"
DOCS = f"{PREFIX}/docs"

MEDIA_TYPE = "application/problem+json"

KINDS: Mapping[str, str] = {
    "conflict": "Somebody decided on the case meanwhile: nothing was overwritten. Read it again and decide anew.",
    "refused": "The decision, correction or search cannot be taken so; `reason` names why.",
    "invalid": "Parameters or fields are not what they must be; `errors` names each.",
}
"""The problem types of our own, by the fragment of the docs page that tells of them; all others are about:blank, which
says no more than the status."""


class Problem(HTTPException):
    """Raised by endpoints for what went wrong; `members` are added to the answer, `kind` is one of `KINDS` or ""."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.kind = kind
        self.members = members


def is_api(scope: Scope) -> bool:
    """Tell whether a request is for the API, so that what goes wrong is told as a problem."""
    path: str = scope["path"]
    return path == ROOT or path.startswith(f"{ROOT}/")


def problem(
    scope: Scope,
    status: int,
    detail: str,
    *,
    type_: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> JSONResponse:
    """Return the answer to a request that failed.

    `type_` is the problem's type, a URI reference; `members` go beside the fields that every problem has.
    """
    content: dict[str, Any] = {
        "type": type_,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": quote(scope["path"], errors="replace"),
        **members,
    }
    return JSONResponse(storable(content), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def storable(value: Any) -> Any:
    """Return a JSON value whose texts can be encoded: half a surrogate pair, which no UTF-8 holds, becomes "?"."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [storable(held) for held in value]
    return value
