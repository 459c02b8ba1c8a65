"""Opening an item: from the database, which knows it as it is now, or from the index where only that has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.database import corrections, documents
from service.desk import versions
from service.desk.access import viewer_of
from service.desk.labelling import Form, Values, governorates_in_order, labelling
from service.desk.reading import analysis_of, read
from service.indexer import to_document
from service.masking import masked, private_names

if TYPE_CHECKING:
    from fastapi import Request

    from index.document import Document
    from index.protocol import Query
    from service.desk.labelling import Labelling
    from service.desk.parts import Desk
    from service.desk.reading import Reading


def opened(
    desk: Desk,
    request: Request,
    item: str,
    *,
    searched: Query | None = None,
    here: str = "",
    form: Form | None = None,
    refused: str = "",
) -> Reading | None:
    """Return the reading of an item with what was corrected of it, as who asks may see it; None where there is none.

    `searched` is what was searched for, to be marked. `here` is the page that is shown, with its query. `form` is one
    to be shown again as it was filled in, `refused` the key of why it was not taken. Raises what `Index.search` raises.
    """
    document, told, edits = _found(desk, request, item, here or _path(request), form)
    if document is None:
        return None
    if refused and told is not None and told.form is not None:
        told = replace(told, form=replace(told.form, refused=refused))
    seen = document if viewer_of(request).edits else masked(document)
    index = desk.readable(request)
    reading = read(index, seen, index.marked(seen, searched) if searched else None)
    return replace(reading, labelling=told, edits=edits)


def _found(
    desk: Desk, request: Request, item: str, here: str, form: Form | None
) -> tuple[Document | None, Labelling | None, int]:
    """Return the Document, what was corrected of it, and how often its text was edited."""
    with desk.database.read() as connection:
        record = next(iter(documents.records(connection, [item])), None)
        history = corrections.history(connection, item) if record is not None else []
        edits = max(0, versions.count(connection, item) - 1)
    if record is None or analysis_of(record.analysis) is None:
        return desk.index.get(item), None, edits
    viewer, words, analysis = viewer_of(request), desk.words(request), record.analysis
    if viewer.edits and form is None:
        values = Values.of(analysis)
        form = Form(
            values=values,
            seen=values.written(),
            governorates=governorates_in_order(analysis, words),
            csrf=viewer.csrf,
            here=here,
        )
    hidden = None if viewer.edits else private_names(analysis)
    told = labelling(analysis, history, words, hidden=hidden, form=form if viewer.edits else None)
    return to_document(record, desk.outlets), told, edits


def _path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
