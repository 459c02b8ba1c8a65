"""The list of Cases and the card of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from service.database.case_reading import STATES
from service.desk import case_answers
from service.desk.access import allow
from service.desk.address import language_of
from service.desk.case_address import CaseAddress
from service.desk.case_answers import teller_of
from service.desk.case_card import card
from service.desk.case_list import Facets, listing
from service.errors import BadCursor
from service.roles import Role

if TYPE_CHECKING:
    from service.desk.parts import Desk


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the Cases."""
    router = APIRouter()
    facets = Facets()
    _add_reading(router, desk, facets)
    case_answers.add(router, desk, facets)
    return router


def _add_reading(router: APIRouter, desk: Desk, facets: Facets) -> None:
    @router.get("/cases", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_list(request: Request) -> HTMLResponse:
        place = CaseAddress.read(request.query_params)
        teller = teller_of(desk, request)
        with desk.database.read() as connection:
            try:
                found = listing(connection, place, teller, facets)
            except BadCursor as error:
                raise HTTPException(400, "bad_page") from error
            drawn = card(connection, place.case, teller) if place.case else None
        return desk.draw(
            request,
            "cases.html",
            place=place,
            found=found,
            card=drawn,
            teller=teller,
            states=STATES,
            refused="",
            back=place.path(),
            to_list=f"{desk.pages.links.base}{place.opened('').path()}#r-{place.case}",
        )

    @router.get("/cases/{case}", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_case(request: Request, case: str) -> HTMLResponse:
        teller = teller_of(desk, request)
        with desk.database.read() as connection:
            drawn = card(connection, case, teller)
        if drawn is None:
            raise HTTPException(404, "case_not_found")
        place = CaseAddress(language=language_of(request.query_params))
        return desk.draw(
            request,
            "case.html",
            place=place,
            card=drawn,
            teller=teller,
            states=STATES,
            refused="",
            back=own_path(case, place),
            to_list=f"{desk.pages.links.base}{place.path()}",
        )

    @router.get("/cases/{case}/strip", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_strip(request: Request, case: str, back: str = "/") -> Response:
        teller = teller_of(desk, request)
        with desk.database.read() as connection:
            drawn = card(connection, case, teller)
        if drawn is None:
            return HTMLResponse("")
        return desk.draw(
            request,
            "case_fragment.html",
            conflicting=False,
            view="strip",
            card=drawn,
            teller=teller,
            states=STATES,
            refused="",
            back=back,
            row=None,
            gone="",
            done="",
        )


def own_path(case: str, place: CaseAddress) -> str:
    """Return the path of a Case's own page."""
    return f"/cases/{case}{'?lang=en' if place.language == 'en' else ''}"
