"""Takes the list of Cases out of the desk, as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.database import case_reading
from service.desk.access import allow, viewer_of
from service.desk.case_address import CaseAddress
from service.desk.case_list import Teller
from service.desk.exporting import begun, download, format_of, note_export, table
from service.exporting import Column, json_lines
from service.formats import Format
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.database.case_query import CaseQuery
    from service.database.case_reading import CaseRow
    from service.desk.parts import Desk

_PAGE = 500
"""Cases that are read at a time: between two pages no connection is held, however slowly a browser takes them."""


def routes(desk: Desk) -> APIRouter:
    """Return the route of the export."""
    router = APIRouter()

    @router.get("/cases/export")
    @allow(Role.READER)
    def export(request: Request) -> Response:
        wanted = format_of(request)
        viewer, words = viewer_of(request), desk.words(request)
        address = CaseAddress.read(request.query_params).first_page()
        teller = Teller(words, desk.outlets, desk.clock(), viewer)
        query = address.query_of(viewer.name)
        with desk.database.read() as connection:
            total = case_reading.listed(connection, replace(query, size=0), teller.now, counted=False).total
        cases = _read(desk, query, teller)
        if wanted is Format.JSONL:
            chunks = begun(json_lines(cases))
        else:
            chunks = table(cases, columns(desk.outlets), wanted, words)
        note_export(desk, request, "cases", wanted, query=address.path(), count=total)
        return download(chunks, wanted, words, desk.clock())

    return router


def columns(outlets: Mapping[str, str]) -> tuple[Column[CaseRow], ...]:
    """Return the columns of a table of Cases; `outlets` are the names of the outlets by id."""
    return (
        Column("id", 20, lambda case, _: case.id),
        Column("title", 60, lambda case, _: case.title, wraps=True),
        Column("summary", 60, lambda case, _: case.summary, wraps=True),
        Column("case_state", 14, lambda case, words: words.name("case_state", case.state)),
        Column("assignee", 16, lambda case, _: case.assignee),
        Column("urgency", 10, lambda case, words: words.name("urgency", case.urgency) if case.urgency else ""),
        Column("governorates", 20, lambda case, words: words.listed("governorate", case.governorates)),
        Column("needs", 24, lambda case, words: words.listed("need", case.needs)),
        Column("facility", 30, lambda case, _: case.facility),
        Column(
            "outlets",
            30,
            lambda case, words: words.text("list_separator").join(outlets.get(id_, id_) for id_ in case.outlets),
        ),
        Column("first_seen", 17, lambda case, _: case.first_seen),
        Column("last_seen", 17, lambda case, _: case.last_seen),
        Column("due", 17, lambda case, _: case.due),
        Column("referred_to", 24, lambda case, _: case.referred_to),
    )


def _read(desk: Desk, query: CaseQuery, teller: Teller) -> Iterator[CaseRow]:
    after = ""
    while True:
        with desk.database.read() as connection:
            page = case_reading.listed(connection, replace(query, size=_PAGE, after=after), teller.now, counted=False)
            rows = teller.covered(connection, page.rows)
        # A proposal quotes the article that it was read from.
        yield from rows if teller.viewer.edits else (replace(row, proposal=None) for row in rows)
        if not page.next:
            return
        after = page.next
