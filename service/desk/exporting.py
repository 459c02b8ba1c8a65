"""Takes the list out of the desk, as a file."""

from __future__ import annotations

import tempfile
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from service.accounts import note
from service.desk.access import allow, viewer_of
from service.desk.address import Address
from service.exporting import CHUNK, DOCUMENT_COLUMNS, csv_lines, json_lines
from service.formats import Format
from service.labels import BAGHDAD
from service.roles import Role
from service.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.desk.parts import Desk
    from service.exporting import Column, Row
    from service.labels import Labels


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the export."""
    router = APIRouter()

    @router.get("/export")
    @allow(Role.READER)
    def export(request: Request) -> Response:
        wanted = format_of(request)
        address = Address.read(request.query_params)
        index, words = desk.readable(request), desk.words(request)
        query = address.asks(size=0)
        total = index.search(query).total
        documents = index.scan(query)
        if wanted is Format.JSONL:
            chunks = begun(json_lines(documents))
        else:
            chunks = table(documents, DOCUMENT_COLUMNS, wanted, words)
        note_export(desk, request, "documents", wanted, query=address.first_page().query(), count=total)
        return download(chunks, wanted, words, desk.clock())

    return router


def format_of(request: Request) -> Format:
    """Return the format that a URL asks for. Raises HTTPException 404 for one that we do not write."""
    try:
        return Format(request.query_params.get("format", ""))
    except ValueError:
        raise HTTPException(404, "page_not_found") from None


def table(rows: Iterable[Row], columns: Sequence[Column[Row]], wanted: Format, words: Labels) -> Iterator[bytes]:
    """Return the chunks of a table as CSV or XLSX; what goes wrong at its start is raised here."""
    if wanted is Format.XLSX:
        return _workbook(rows, columns, words)
    return begun(csv_lines(rows, columns, words))


def begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Make the first chunk now: where nothing can be read, an error page answers and no broken file."""
    return chain([next(chunks)], chunks)


def note_export(desk: Desk, request: Request, what: str, wanted: Format, *, query: str, count: int) -> None:
    """Write into the audit log, before a byte leaves, who takes out what."""
    viewer = viewer_of(request)
    with desk.database.write() as connection:
        note(
            connection,
            viewer.name,
            "exported",
            what,
            desk.clock(),
            format=wanted.value,
            query=query,
            count=count,
            masked=not viewer.edits,
        )


def download(chunks: Iterator[bytes], wanted: Format, words: Labels, now: datetime) -> StreamingResponse:
    """Return a file that the browser keeps, named after the day in Baghdad."""
    day = now.astimezone(BAGHDAD).date().isoformat()
    name = quote(f"{words.text('export_file', day=day)}.{wanted.value}", safe="")
    return StreamingResponse(
        chunks,
        media_type=wanted.media_type,
        headers={
            # RFC 6266: the plain name for who cannot read the extended one of RFC 8187.
            "Content-Disposition": f"attachment; filename=\"rasid-{day}.{wanted.value}\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


def _workbook(rows: Iterable[Row], columns: Sequence[Column[Row]], words: Labels) -> Iterator[bytes]:
    """Write a workbook, which is put together at its end, into a file that vanishes once it is read."""
    file = tempfile.TemporaryFile(prefix="rasid-export-")  # noqa: SIM115 - closed by who reads it to its end
    try:
        write_workbook(file, rows, columns, words, title=words.text("export_sheet"))
        file.seek(0)
    except BaseException:
        file.close()
        raise

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return chunks()
