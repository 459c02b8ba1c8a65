"""Writes tables as Excel workbooks (Office Open XML, ECMA-376), row by row in bounded memory."""

from __future__ import annotations

from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]  # it ships its annotations without saying so

from service.cells import cut, in_baghdad, plain, web_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.exporting import Cell, Column, Row
    from service.labels import Labels

ROWS = 1_048_575
"""Rows a sheet beside its heading: Excel's limit. What is more goes on in a further sheet."""

_LINKS = 10_000
"""Links a sheet: each is held in memory until the sheet is closed. Further addresses stay plain text."""

_LONGEST_LINK = 2_079
"""Characters of the longest link that Excel follows; a longer one stays plain text."""

_FIRST_YEAR = 1900
"""Excel knows no earlier date."""

_SETTINGS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write_workbook(
    file: IO[bytes],
    rows: Iterable[Row],
    columns: Sequence[Column[Row]],
    words: Labels,
    *,
    title: str,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Write a workbook into a file and return how many rows it has.

    Sheets run from right to left where the language does; dates are dates, in Baghdad's time. `title` names the sheet.
    """
    count = 0
    with xlsxwriter.Workbook(file, _SETTINGS) as book:
        sheet = _Sheet(book, columns, words, title)
        for count, row in enumerate(rows, start=1):
            if sheet.rows == ROWS:
                sheet.close()
                sheet = _Sheet(book, columns, words, f"{title} {(count - 1) // ROWS + 1}")
            sheet.write([column.cell(row, words) for column in columns])
            if progress is not None:
                progress(count)
        sheet.close()
    return count


class _Sheet:
    """A sheet with its heading, which is filled row by row."""

    def __init__(self, book: Any, columns: Sequence[Column[Any]], words: Labels, title: str) -> None:
        self.rows = 0
        self._links = 0
        self._mark = words.text("cell_cut")
        self._is_link = [column.link for column in columns]
        self._sheet: Any = book.add_worksheet(title)
        top = {"valign": "top"}
        self._plain, self._link = book.add_format(top), book.add_format(top | {"font_color": "#0b6456", "underline": 1})
        wrapped = book.add_format(top | {"text_wrap": True})
        self._texts = [wrapped if column.wraps else self._plain for column in columns]
        self._date = book.add_format(top | {"num_format": "yyyy-mm-dd hh:mm"})
        head = book.add_format({"bold": True, "bg_color": "#dfeee9", "bottom": 1, "valign": "vcenter"})
        if words.direction == "rtl":
            self._sheet.right_to_left()
        for number, column in enumerate(columns):
            self._sheet.set_column(number, number, column.width)
        for number, column in enumerate(columns):
            self._sheet.write_string(0, number, words.name("column", column.key), head)
        self._sheet.freeze_panes(1, 0)

    def write(self, cells: Sequence[Cell]) -> None:
        """Add a row."""
        self.rows += 1
        for column, cell in enumerate(cells):
            if isinstance(cell, datetime):
                self._write_date(column, in_baghdad(cell))
            elif isinstance(cell, str):
                self._write_text(column, cut(plain(cell), self._mark))
            elif cell is not None:
                self._sheet.write_number(self.rows, column, cell, self._plain)

    def close(self) -> None:
        """Let the heading filter all rows."""
        self._sheet.autofilter(0, 0, max(self.rows, 1), len(self._texts) - 1)

    def _write_date(self, column: int, moment: datetime) -> None:
        if moment.year < _FIRST_YEAR:
            self._sheet.write_string(self.rows, column, moment.isoformat(sep=" "), self._plain)
        else:
            self._sheet.write_datetime(self.rows, column, moment, self._date)

    def _write_text(self, column: int, text: str) -> None:
        if not text:
            return
        short = len(text.encode("utf-16-le")) // 2 <= _LONGEST_LINK
        if self._is_link[column] and short and self._links < _LINKS and web_link(text):
            self._links += 1
            self._sheet.write_url(self.rows, column, text, self._link, text)
        else:
            self._sheet.write_string(self.rows, column, text, self._texts[column])
