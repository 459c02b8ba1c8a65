"""Takes data out: the result of a search as CSV or as JSON Lines, in bounded memory. `service.workbook` writes XLSX.

What goes out is what is read: an index seen through `service.masking` gives masked exports.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from service.cells import cut, defused, in_baghdad, joined, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from _typeshed import DataclassInstance

    from index.document import Document
    from service.labels import Labels

CHUNK = 64 * 1024
"""Characters that are handed on at a time: a row by itself costs more to send than to write."""

Row = TypeVar("Row")
Cell = str | datetime | int | None


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes:
        key: its name in [name.column] of the labels, which is its heading.
        width: about so many characters are seen of it.
        cell: what stands in it of a row, in the words of a language.
        wraps: whether a long text goes on in the next line.
        link: whether it holds a web address.

    """

    key: str
    width: int
    cell: Callable[[Row, Labels], Cell]
    wraps: bool = False
    link: bool = False


DOCUMENT_COLUMNS: tuple[Column[Document], ...] = (
    Column("title", 60, lambda document, _: document.title, wraps=True),
    Column("outlet", 22, lambda document, _: document.outlet_name or document.outlet),
    Column("published", 17, lambda document, _: document.published),
    Column("stance", 12, lambda document, words: words.name("stance", document.stance)),
    Column("urgency", 10, lambda document, words: words.name("urgency", document.urgency) if document.urgency else ""),
    Column("governorate", 20, lambda document, words: words.listed("governorate", document.primary)),
    Column("needs", 24, lambda document, words: words.listed("need", document.needs)),
    Column("facilities", 30, lambda document, words: joined(_facilities(document), words.text("list_separator"))),
    Column("appellants", 28, lambda document, words: joined(_named(document, "appellants"), _between(words))),
    Column("addressees", 28, lambda document, words: joined(_named(document, "addressees"), _between(words))),
    Column("summary", 60, lambda document, _: joined(_summaries(document), "\n"), wraps=True),
    Column("case", 18, lambda document, _: document.case),
    Column(
        "case_state",
        12,
        lambda document, words: words.name("case_state", document.case_state) if document.case_state else "",
    ),
    Column("url", 40, lambda document, _: document.url, link=True),
    Column("id", 18, lambda document, _: document.id),
)


def csv_lines(
    rows: Iterable[Row], columns: Sequence[Column[Row]], words: Labels, progress: Callable[[int], object] | None = None
) -> Iterator[bytes]:
    """Yield a CSV file (RFC 4180) in UTF-8 with a byte order mark, by which Excel knows the Arabic in it.

    Times are Baghdad's. `progress` is told how many rows have been written.
    """
    pieces = io.StringIO()
    writer = csv.writer(pieces, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    pieces.write("\ufeff")
    writer.writerow(words.name("column", column.key) for column in columns)
    mark = words.text("cell_cut")
    count = 0
    for count, row in enumerate(rows, start=1):
        writer.writerow(_csv_cell(column.cell(row, words), mark) for column in columns)
        if progress is not None:
            progress(count)
        if pieces.tell() >= CHUNK:
            yield _taken(pieces)
    yield _taken(pieces)


def json_lines(rows: Iterable[DataclassInstance], progress: Callable[[int], object] | None = None) -> Iterator[bytes]:
    """Yield JSON Lines: one object a Document with all that it holds, the Analysis included, times as ISO 8601."""
    pieces = io.StringIO()
    for count, row in enumerate(rows, start=1):
        pieces.write(json.dumps(as_dict(row), ensure_ascii=False))
        pieces.write("\n")
        if progress is not None:
            progress(count)
        if pieces.tell() >= CHUNK:
            yield _taken(pieces)
    yield _taken(pieces)


def as_dict(row: DataclassInstance) -> dict[str, Any]:
    """Return a Document, or another plain record, as JSON: its fields by name, times in UTC."""
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _taken(pieces: io.StringIO) -> bytes:
    """Return what was written, and begin anew. Lone surrogates, which UTF-8 cannot carry, become U+FFFD."""
    text = pieces.getvalue()
    pieces.seek(0)
    pieces.truncate()
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _csv_cell(value: Cell, mark: str) -> str:
    if isinstance(value, datetime):
        return in_baghdad(value).isoformat(sep=" ")
    if isinstance(value, str):
        return defused(cut(plain(value), mark))
    return "" if value is None else str(value)


def _between(words: Labels) -> str:
    return words.text("list_separator")


def _appeals(document: Document) -> Sequence[Mapping[str, Any]]:
    appeals: Sequence[Mapping[str, Any]] = document.analysis.get("appeals", ())
    return appeals


def _named(document: Document, part: str) -> Iterator[str]:
    """Yield who asks, or who is asked, in each appeal of a Document."""
    for appeal in _appeals(document):
        yield from (span["text"] for span in appeal.get(part, ()))


def _facilities(document: Document) -> Iterator[str]:
    """Yield the facilities that a Document names, those that something is asked for first."""
    yield from _named(document, "facilities")
    yield from (facility["text"] for facility in document.analysis.get("facilities", ()))


def _summaries(document: Document) -> Iterator[str]:
    return (appeal.get("summary", "") for appeal in _appeals(document))
