"""Whether the desk is well, for who watches the server; nothing that it holds is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from index.errors import RasidIndexError
from service.desk.access import allow
from service.errors import DatabaseError

if TYPE_CHECKING:
    from service.desk.parts import Desk


def routes(desk: Desk) -> APIRouter:
    """Return the route of the health check."""
    router = APIRouter()

    @router.get("/healthz")
    @allow(None)
    def tell_health() -> JSONResponse:
        try:
            desk.index.count()
            desk.database.check()
        except (RasidIndexError, DatabaseError) as error:
            return JSONResponse({"status": "unavailable", "error": type(error).__name__}, status_code=503)
        return JSONResponse({"status": "ok"})

    return router
