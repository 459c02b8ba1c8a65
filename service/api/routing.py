"""The API put together: its operations, their description, and what it answers when something fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from service.api import (
    account,
    cases,
    corrections,
    description,
    faults,
    health,
    items,
    messages,
    searches,
    subscriptions,
    triage,
)
from service.api.problems import DOCS, PREFIX, is_api

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from service.desk.parts import Desk

PARTS = (items, corrections, cases, triage, searches, subscriptions, messages, health, account)
"""The modules that add operations."""


class Api:
    """The API over a desk's parts; `router` is included by the application."""

    def __init__(self, desk: Desk) -> None:
        self.router = APIRouter(prefix=PREFIX)
        self._base = desk.pages.links.base
        for part in PARTS:
            part.add(self.router, desk)
        description.add(self.router, desk, description.Description(self.router, desk))

    def answers(self, request: Request) -> bool:
        """Tell whether what goes wrong with a request is told as a problem; a browser at the docs gets a page."""
        if request.scope["path"] == DOCS and "text/html" in request.headers.get("accept", ""):
            return False
        return is_api(request.scope)

    def tell(self, request: Request, error: Exception) -> Response:
        """Return the problem that tells of an error."""
        return faults.told(request, error, self.router.routes, self._base)
