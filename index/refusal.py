"""What no index stores: the one place that says why a Document is refused, so that every index refuses the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from index.moments import EARLIEST, LATEST

if TYPE_CHECKING:
    from index.document import Document

LONGEST_TEXT = 8_000_000
"""Code points of title and body together: several books. Above, one Document would hold up all others."""

LONGEST_KEYWORD = 500
"""UTF-8 bytes of an id or of a value that is filtered by; Elasticsearch takes ids of at most 512."""

_KEYWORDS = ("id", "outlet", "stance", "urgency", "case", "case_state", "group")
_LISTS = ("needs", "governorates", "primary", "facility_types", "corrected")
_TEXTS = ("url", "title", "body", "outlet_name")
_HIGHEST_VERSION = 2**63 - 1


def refusal(document: Document) -> str | None:
    """Return why `document` cannot be stored, in one line, or None where it can."""
    try:
        return _fault(document)
    except UnicodeEncodeError as error:
        return f"holds half a surrogate pair (U+{ord(error.object[error.start]):04X}), which no encoding can carry"
    except (TypeError, ValueError, RecursionError) as error:
        return f"its analysis is no JSON: {error}"


def encodable(text: str) -> bool:
    """Return whether `text` is Unicode that can be stored: half a surrogate pair is in no id and no value."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(document: Document) -> str | None:
    for name in _TEXTS:
        getattr(document, name).encode()
    json.dumps(document.analysis, ensure_ascii=False, allow_nan=False).encode()
    if not document.id:
        return "has no id"
    if not 1 <= document.version <= _HIGHEST_VERSION:
        return f"its version {document.version} is not between 1 and {_HIGHEST_VERSION}"
    return _fault_of_time(document) or _fault_of_size(document)


def _fault_of_time(document: Document) -> str | None:
    for name in ("published", "fetched"):
        moment = getattr(document, name)
        if moment.tzinfo is None:
            return f"its {name} time {moment} has no time zone"
        if not EARLIEST <= moment < LATEST:
            return f"its {name} time {moment} is not between {EARLIEST.year} and {LATEST.year}"
    return None


def _fault_of_size(document: Document) -> str | None:
    if len(document.title) + len(document.body) > LONGEST_TEXT:
        return f"title and body have {len(document.title) + len(document.body)} characters, more than {LONGEST_TEXT}"
    keywords = [(name, getattr(document, name)) for name in _KEYWORDS]
    keywords += [(name, value) for name in _LISTS for value in getattr(document, name)]
    for name, value in keywords:
        if len(value.encode()) > LONGEST_KEYWORD:
            return f"its {name} {value[:40]!r}… is longer than {LONGEST_KEYWORD} bytes"
    return None
