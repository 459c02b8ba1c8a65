"""The list of items and the item itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from service.accounts import Role
from service.desk.access import allow
from service.desk.address import Address
from service.desk.incoming import Namer, incoming
from service.desk.reading import read

if TYPE_CHECKING:
    from service.desk.parts import Desk


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the list and of an item."""
    router = APIRouter()

    @router.get("/", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_list(request: Request) -> HTMLResponse:
        address = Address.read(request.query_params)
        now = desk.clock()
        found = incoming(desk.index, address, Namer(desk.words(request), desk.outlets, now))
        document = desk.index.get(address.item) if address.item else None
        reading = None
        if document is not None:
            row = found.row(document.id)
            reading = read(desk.index, document, row.hit if row else None)
        return desk.draw(request, "incoming.html", address=address, found=found, reading=reading)

    @router.get("/item/{item}", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_item(request: Request, item: str) -> HTMLResponse:
        document = desk.index.get(item)
        if document is None:
            raise HTTPException(404, "not_found")
        return desk.draw(request, "item.html", reading=read(desk.index, document))

    return router
