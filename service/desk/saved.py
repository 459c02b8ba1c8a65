"""Saved searches: lists that are looked at again and again, under a name of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from index.protocol import Field
from service.accounts import note
from service.database import searches
from service.database.searches import SavedSearch
from service.desk.access import Viewer, allow, viewer_of
from service.desk.address import DEFAULT_SORT, Address
from service.desk.incoming import Namer
from service.desk.parts import by_script
from service.errors import SearchRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from service.desk.parts import Desk

COUNTED = 12
"""Searches whose totals a page brings; those below are counted when somebody comes to them."""

_LONGEST_QUERY = 20_000
"""Characters of a query that is read: more than `Address` keeps of any."""

Number = Annotated[int, Path(ge=1, lt=2**63)]


@dataclass(frozen=True, slots=True)
class Saved:
    """One row of the page: a search, the list that it leads to, and that list told in words.

    `told` has pairs of a field's name and its values' names; `total` is None where nobody has counted;
    `changeable` is whether who looks may rename, share or delete it.
    """

    search: SavedSearch
    address: Address
    told: tuple[tuple[str, str], ...]
    total: int | None
    mine: bool
    changeable: bool


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the saved searches."""
    router = APIRouter()
    _add_reading(router, desk)
    _add_saving(router, desk)
    _add_changing(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/saved", response_class=HTMLResponse)
    @allow(Role.READER)
    def show(request: Request) -> HTMLResponse:
        return _page(desk, request)

    @router.get("/saved/{search}/total", response_class=HTMLResponse)
    @allow(Role.READER)
    def count(request: Request, search: Number) -> HTMLResponse:
        with desk.database.read() as connection:
            row = _row(desk, request, _found(connection, request, search), counted=True)
        return desk.draw(request, "saved_total.html", row=row)


def _add_saving(router: APIRouter, desk: Desk) -> None:
    @router.post("/saved", response_class=HTMLResponse)
    @allow(Role.READER)
    def save(
        request: Request, name: Annotated[str, Form()] = "", query: Annotated[str, Form(max_length=_LONGEST_QUERY)] = ""
    ) -> Response:
        viewer, address = viewer_of(request), Address.read(QueryParams(query.removeprefix("?")))
        refused = None
        try:
            with desk.database.write() as connection:
                kept = stored(address)
                number = searches.add(connection, viewer.id, name, kept, desk.clock())
                _note(desk, request, connection, number, "search_saved", name=searches.clean_name(name), query=kept)
        except SearchRefused as error:
            refused = error.key
        status = 409 if refused else 200
        if by_script(request):
            return desk.draw(request, "saving.html", status=status, address=address, name=name, refused=refused)
        if refused:
            return _page(desk, request, status=status, refused=refused, name=name, query=query)
        return desk.go(request, _home(desk, request))


def _add_changing(router: APIRouter, desk: Desk) -> None:
    @router.post("/saved/{search}/name", response_class=HTMLResponse)
    @allow(Role.READER)
    def rename(request: Request, search: Number, name: Annotated[str, Form()] = "") -> Response:
        def do(connection: sa.Connection, held: SavedSearch) -> None:
            searches.rename(connection, held, name)
            told = {"before": held.name, "after": searches.clean_name(name)}
            _note(desk, request, connection, held.id, "search_renamed", **told)

        return _changed(desk, request, search, do)

    @router.post("/saved/{search}/share", response_class=HTMLResponse)
    @allow(Role.EDITOR)
    def share(request: Request, search: Number, shared: Annotated[bool, Form()] = False) -> Response:
        def do(connection: sa.Connection, held: SavedSearch) -> None:
            searches.share(connection, held.id, shared=shared)
            action = "search_shared" if shared else "search_unshared"
            _note(desk, request, connection, held.id, action, name=held.name)

        return _changed(desk, request, search, do)

    @router.post("/saved/{search}/delete", response_class=HTMLResponse)
    @allow(Role.READER)
    def delete(request: Request, search: Number) -> Response:
        with desk.database.write() as connection:
            held = _changeable(connection, request, search)
            searches.delete(connection, held.id)
            _note(desk, request, connection, held.id, searches.DELETED, **searches.told(held))
        if by_script(request):
            return desk.draw(request, "saved_gone.html", gone=held)
        return desk.go(request, _home(desk, request, deleted=held.id))

    @router.post("/saved/{search}/restore", response_class=HTMLResponse)
    @allow(Role.READER)
    def restore(request: Request, search: Number) -> Response:
        viewer = viewer_of(request)
        try:
            with desk.database.write() as connection:
                was = searches.deleted_by(connection, search, viewer.name)
                if was is None:
                    raise HTTPException(404, "saved_not_found")
                number = searches.add(
                    connection,
                    was["owner"],
                    was["name"],
                    was["query"],
                    datetime.fromisoformat(was["created"]),
                    shared=was["shared"],
                    number=search,
                )
                _note(desk, request, connection, number, "search_restored", name=was["name"])
        except SearchRefused as error:
            if by_script(request):
                return desk.draw(request, "saved_refused.html", status=409, refused=error.key)
            return _page(desk, request, status=409, refused=error.key)
        return _answer(desk, request, number)


def stored(address: Address) -> str:
    """Return the query under which a list is saved: without page, open item and language."""
    return address.first_page().in_language("ar").query().removeprefix("?")


def told(address: Address, namer: Namer) -> tuple[tuple[str, str], ...]:
    """Return a list in words: what it is searched for, and each filter with its values' names."""
    words = namer.words
    pairs = [(words.text("saved_text"), f"«{address.text}»")] if address.text else []
    for field, values in address.filters.items():
        names = words.text("list_separator").join(namer.name(field, value) for value in values)
        if names or field is Field.STANCE:
            pairs.append((words.name("field", field.value), names or words.text("saved_every_stance")))
    for key, day in (("since_day", address.since), ("until_day", address.until)):
        if day:
            pairs.append((words.name("field", Field.DAY.value), words.text(key, day=words.day(day, namer.now))))
    if address.sort is not DEFAULT_SORT:
        pairs.append((words.text("sort"), words.name("sort", address.sort.value)))
    return tuple(pairs)


def _page(desk: Desk, request: Request, *, status: int = 200, refused: str | None = None, **given: str) -> HTMLResponse:
    viewer = viewer_of(request)
    deleted = request.query_params.get("deleted", "")
    gone = None
    with desk.database.read() as connection:
        held = searches.visible(connection, viewer.id)
        if deleted.isascii() and deleted.isdigit() and len(deleted) < 19:
            was = searches.deleted_by(connection, int(deleted), viewer.name)
            here = any(search.id == int(deleted) for search in held)
            gone = None if was is None or here else {"id": int(deleted), "name": was["name"]}
    rows = [_row(desk, request, search, counted=place < COUNTED) for place, search in enumerate(held)]
    return desk.draw(
        request,
        "saved.html",
        status=status,
        mine=[row for row in rows if row.mine],
        others=[row for row in rows if not row.mine],
        gone=gone,
        refused=refused,
        given=given,
        given_address=Address.read(QueryParams(given.get("query", "").removeprefix("?"))),
    )


def _row(desk: Desk, request: Request, search: SavedSearch, *, counted: bool) -> Saved:
    words, viewer = desk.words(request), viewer_of(request)
    address = Address.read(QueryParams(search.query)).in_language(words.language)
    query = address.asks(size=0)
    return Saved(
        search=search,
        address=address,
        told=told(address, Namer(words, desk.outlets, desk.clock())),
        total=desk.readable(request).search(query).total if counted else None,
        mine=search.owner == viewer.id,
        changeable=_may_change(search, viewer),
    )


def _may_change(search: SavedSearch, viewer: Viewer) -> bool:
    """Tell whether a search is the viewer's, or a shared one whose owner may have left: administrators tidy up."""
    return search.owner == viewer.id or (search.shared and viewer.administers)


def _found(connection: sa.Connection, request: Request, number: int) -> SavedSearch:
    search = searches.find(connection, number, viewer_of(request).id)
    if search is None:
        raise HTTPException(404, "saved_not_found")
    return search


def _changeable(connection: sa.Connection, request: Request, number: int) -> SavedSearch:
    search = _found(connection, request, number)
    if not _may_change(search, viewer_of(request)):
        raise HTTPException(403, "no_role")
    return search


def _changed(desk: Desk, request: Request, number: int, do: Callable[[sa.Connection, SavedSearch], None]) -> Response:
    """Change a search and answer with its row, or with why it was not changed."""
    try:
        with desk.database.write() as connection:
            do(connection, _changeable(connection, request, number))
    except SearchRefused as error:
        if not by_script(request):
            return _page(desk, request, status=409, refused=error.key)
        return _answer(desk, request, number, status=409, refused=error.key)
    return _answer(desk, request, number)


def _answer(desk: Desk, request: Request, number: int, *, status: int = 200, refused: str | None = None) -> Response:
    if not by_script(request):
        return desk.go(request, _home(desk, request))
    with desk.database.read() as connection:
        search = searches.find(connection, number, viewer_of(request).id)
    if search is None:  # an administrator took another's search back from all
        return HTMLResponse("")
    row = _row(desk, request, search, counted=True)
    return desk.draw(request, "saved_row.html", status=status, row=row, refused=refused)


def _home(desk: Desk, request: Request, *, deleted: int | None = None) -> str:
    link = desk.pages.links.page("/saved", desk.words(request).language, deleted=deleted)
    return link.removeprefix(desk.pages.links.base)


def _note(desk: Desk, request: Request, connection: sa.Connection, number: int, action: str, **detail: object) -> None:
    note(connection, viewer_of(request).name, action, searches.subject(number), desk.clock(), **detail)
