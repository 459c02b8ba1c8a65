"""The list of items and the item itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from service.database import cases, openings
from service.desk.access import allow, viewer_of
from service.desk.address import Address
from service.desk.incoming import Namer, incoming
from service.desk.opening import opened
from service.desk.parts import by_script, fills_list
from service.desk.versions import versions
from service.masking import private_names
from service.roles import Role

if TYPE_CHECKING:
    from service.desk.parts import Desk


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the list and of an item."""
    router = APIRouter()

    @router.get("/", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_list(request: Request) -> HTMLResponse:
        index = desk.readable(request)
        namer = Namer(desk.words(request), desk.outlets, desk.clock())
        with desk.database.read() as connection:
            newest = openings.searchable(connection)  # before the search, so that nothing is missed between the two
            found = incoming(index, Address.read(request.query_params), namer, partial(cases.outlet_counts, connection))
        address = found.address
        alone = fills_list(request)
        wanted = address.item if not alone else ""
        reading = opened(desk, request, wanted, searched=address.asks()) if wanted else None
        live = desk.pages.links.page("/events", address.language, since=newest)
        page = desk.draw(request, "incoming.html", address=address, found=found, reading=reading, live=live)
        if alone:
            header = "HX-Replace-Url" if _continues(request, address) else "HX-Push-Url"
            page.headers[header] = desk.pages.links.list(address)
        return page

    @router.get("/item/{item}", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_item(request: Request, item: str) -> HTMLResponse:
        reading = opened(desk, request, item)
        if reading is None:
            raise HTTPException(404, "not_found")
        return desk.draw(request, "item.html", reading=reading)

    @router.get("/item/{item}/versions", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_versions(request: Request, item: str) -> HTMLResponse:
        document = desk.index.get(item)
        if document is None:
            raise HTTPException(404, "not_found")
        hidden = None if viewer_of(request).edits else private_names(document.analysis)
        with desk.database.read() as connection:
            told = versions(connection, item, hidden)
        template = "versions.html" if by_script(request) else "versions_page.html"
        return desk.draw(request, template, item=item, versions=told)

    return router


def _continues(request: Request, address: Address) -> bool:
    """Return whether this is no place to go back to: the same list anew, or its words typed further, or taken back."""
    before = Address.read(QueryParams(urlsplit(request.headers.get("hx-current-url", "")).query))
    if before == address:
        return True
    text = before.text
    return bool(text) and (address.text.startswith(text) or text.startswith(address.text))
