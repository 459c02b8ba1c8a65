"""Saved searches: lists under a name, one's own and those that others share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from starlette.datastructures import QueryParams

from service.accounts import note
from service.api.answers import UNFIT, fails, tagged
from service.api.deciding import decided
from service.api.problems import PREFIX, Problem
from service.api.shapes import Given, Number, Text, Told
from service.api.tags import IfMatch, IfNoneMatch, refuse_unless_seen
from service.api.tags import tagged as answer
from service.database import searches
from service.desk.access import Viewer, allow, viewer_of
from service.desk.address import Address
from service.desk.saved import stored
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.desk.parts import Desk

Name = Annotated[Text, Field(min_length=1, max_length=searches.LONGEST_NAME)]


class NewSearch(Given):
    """A list to be saved: `query` is that of its address in the desk."""

    name: Name
    query: Annotated[str, Field(max_length=20_000)] = ""
    shared: bool = Field(False, description="Whether all users see it; to share, the role editor is needed.")


class SearchChange(Given):
    """What is to be changed of a search."""

    name: Name | None = None
    shared: bool | None = None


class SavedSearch(Told):
    """A list under a name. `query` follows "/?" of the desk, `items` is where the API gives the same list."""

    id: int
    owner: str
    name: str
    query: str
    shared: bool
    created: datetime
    items: str


class SavedSearches(Told):
    """One's own by name, then those that others share."""

    searches: list[SavedSearch]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations on saved searches."""
    _add_reading(router, desk)
    _add_changing(router, desk)


def _add_reading(router: APIRouter, desk: Desk) -> None:
    base = desk.pages.links.base

    @router.get("/saved-searches", tags=["saved searches"])
    @allow(Role.READER)
    def list_searches(request: Request) -> SavedSearches:
        """List the saved searches that who asks may see."""
        with desk.database.read() as connection:
            held = searches.visible(connection, viewer_of(request).id)
        return SavedSearches(searches=[_told(search, base) for search in held])

    @router.post(
        "/saved-searches",
        tags=["saved searches"],
        status_code=201,
        response_model=SavedSearch,
        responses=tagged(201, "Saved.") | fails(409) | UNFIT,
    )
    @allow(Role.READER)
    def save_search(request: Request, given: NewSearch) -> Response:
        """Save a search."""
        viewer = viewer_of(request)
        if given.shared and not viewer.edits:
            raise Problem(403, "The role of this account may not share searches.")
        kept = stored(Address.read(QueryParams(given.query.removeprefix("?"))))
        with desk.database.write() as connection, decided():
            number = searches.add(connection, viewer.id, given.name, kept, desk.clock(), shared=given.shared)
            _note(desk, connection, viewer, number, "search_saved", name=searches.clean_name(given.name), query=kept)
            made = _told(_found(connection, number, viewer), base)
        return answer(made, status=201, location=f"{base}{PREFIX}/saved-searches/{number}")

    @router.get(
        "/saved-searches/{search}",
        tags=["saved searches"],
        response_model=SavedSearch,
        responses=tagged() | {304: {"description": "It is as it was."}} | fails(404),
    )
    @allow(Role.READER)
    def read_search(request: Request, search: Annotated[Number, Path()], if_none_match: IfNoneMatch = None) -> Response:
        """Read a saved search."""
        with desk.database.read() as connection:
            held = _told(_found(connection, search, viewer_of(request)), base)
        return answer(held, held=if_none_match)


def _add_changing(router: APIRouter, desk: Desk) -> None:
    base = desk.pages.links.base

    @router.patch(
        "/saved-searches/{search}",
        tags=["saved searches"],
        response_model=SavedSearch,
        responses=tagged() | fails(404, 409, 412) | UNFIT,
    )
    @allow(Role.READER)
    def change_search(
        request: Request, search: Annotated[Number, Path()], given: SearchChange, if_match: IfMatch = None
    ) -> Response:
        """Rename a search, or share it; with If-Match only where it is as it was seen."""
        viewer = viewer_of(request)
        with desk.database.write() as connection, decided():
            held = _changeable(connection, search, viewer, base, if_match)
            if given.name is not None and given.name != held.name:
                searches.rename(connection, held, given.name)
                after = searches.clean_name(given.name)
                _note(desk, connection, viewer, search, "search_renamed", before=held.name, after=after)
            if given.shared is not None and given.shared != held.shared:
                if given.shared and not viewer.edits:
                    raise Problem(403, "The role of this account may not share searches.")
                searches.share(connection, search, shared=given.shared)
                action = "search_shared" if given.shared else "search_unshared"
                _note(desk, connection, viewer, search, action, name=held.name)
            changed = searches.find(connection, search, viewer.id)
            # An administrator who takes another's search back from all does not see it any more.
            now = _told(changed or held, base)
        return answer(now)

    @router.delete("/saved-searches/{search}", tags=["saved searches"], status_code=204, responses=fails(404, 412))
    @allow(Role.READER)
    def delete_search(request: Request, search: Annotated[Number, Path()], if_match: IfMatch = None) -> None:
        """Delete a search; with If-Match only where it is as it was seen."""
        viewer = viewer_of(request)
        with desk.database.write() as connection:
            held = _changeable(connection, search, viewer, base, if_match)
            searches.delete(connection, search)
            _note(desk, connection, viewer, search, searches.DELETED, **searches.told(held))


def _told(held: searches.SavedSearch, base: str) -> SavedSearch:
    return SavedSearch(
        id=held.id,
        owner=held.owner_name,
        name=held.name,
        query=held.query,
        shared=held.shared,
        created=held.created,
        items=f"{base}{PREFIX}/items?{urlencode(_pairs(Address.read(QueryParams(held.query))), errors='replace')}",
    )


def _pairs(address: Address) -> list[tuple[str, str]]:
    """Return the parameters by which the API gives the same list: where it names no stance, it means every one."""
    pairs = [("q", address.text)] if address.text else []
    pairs += [(name.value, value) for name, values in address.filters.items() for value in values]
    asked = address.asks()
    pairs += [(name, moment.isoformat()) for name, moment in (("since", asked.since), ("until", asked.until)) if moment]
    return [*pairs, ("sort", address.sort.value)]


def _found(connection: sa.Connection, number: int, viewer: Viewer) -> searches.SavedSearch:
    held = searches.find(connection, number, viewer.id)
    if held is None:
        raise Problem(404, "There is no such saved search, or it is not shared.")
    return held


def _changeable(
    connection: sa.Connection, number: int, viewer: Viewer, base: str, if_match: str | None
) -> searches.SavedSearch:
    """Return a search that the viewer may change, as it was seen. Raises Problem 404, 403 or 412."""
    held = _found(connection, number, viewer)
    if held.owner != viewer.id and not viewer.administers:
        raise Problem(403, "The search is somebody else's.")
    refuse_unless_seen(if_match, _told(held, base), "search")
    return held


def _note(desk: Desk, connection: sa.Connection, viewer: Viewer, number: int, action: str, **detail: object) -> None:
    note(connection, viewer.name, action, searches.subject(number), desk.clock(), **detail)
