"""Cells of a spreadsheet: scraped text in them stays text, whatever it holds."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.labels import BAGHDAD

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_CELL = 32_767
"""Characters of the longest cell that Excel opens, in UTF-16 units (its "specifications and limits")."""

_UNFIT = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # control characters but for tab and newline: no XML 1.0, 2.2
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides, isolates: they reorder the cells beside
    "\ufeff\ufff9-\ufffb\ufffe\uffff"  # byte order marks, annotations, no characters at all
    "\ud800-\udfff]"  # lone surrogates, which UTF-8 cannot carry
)
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What begins a formula (OWASP, "CSV Injection"), and its full-width forms, which some programs fold."""

_NUMBER = re.compile(r"[\d\s().,/\-]{7,}")
"""A whole cell of it is a telephone or an identity number, which a spreadsheet would round or rob of its zero."""


def plain(text: str) -> str:
    """Return the text without characters that no spreadsheet may hold or that reorder what stands around it."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: str, mark: str) -> str:
    """Return the text, its end replaced by `mark` where it is longer than a cell may be."""
    if len(text) * 2 <= LONGEST_CELL or _units(text) <= LONGEST_CELL:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST_CELL - _units(mark))]
    return kept.decode("utf-16-le", "ignore") + mark  # half of a surrogate pair is left out


def defused(text: str) -> str:
    """Return the text for a CSV cell: an apostrophe goes before what would be run as a formula or read as a number.

    Spaces and invisible signs before a formula are looked through, since some programs strip them.
    """
    visible = next((sign for sign in text if sign in _FORMULA or not _is_blank(sign)), "")
    return f"'{text}" if visible in _FORMULA or _NUMBER.fullmatch(text) else text


def in_baghdad(moment: datetime) -> datetime:
    """Return the wall clock of Baghdad, without a zone, to the second: spreadsheets know no zones."""
    try:
        local = moment.astimezone(BAGHDAD)
    except OverflowError:  # within a day of the first or last year
        local = moment.astimezone(UTC)
    return local.replace(tzinfo=None, microsecond=0)


def web_link(url: str) -> str:
    """Return a URL that may be made a link (http or https, with a host), else ""."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and host else ""


def joined(texts: Iterable[str], separator: str) -> str:
    """Return the texts as one, each once."""
    return separator.join(dict.fromkeys(text for text in texts if text))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_blank(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in {"Cf", "Cc", "Mn"}
