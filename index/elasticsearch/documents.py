"""A Document as it is stored in Elasticsearch, and back."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from index.document import Document
from index.errors import IndexBroken
from index.moments import baghdad_day, to_micros

if TYPE_CHECKING:
    from collections.abc import Mapping

URGENCIES = ("critical", "high", "normal")
_TEXTS = ("url", "title", "body", "outlet", "outlet_name", "stance", "urgency", "case", "case_state", "group")
_LISTS = ("needs", "governorates", "primary", "facility_types", "corrected")
_SERIAL_BYTES = 6
_CARRIED = (*_TEXTS, *_LISTS, "version", "published", "fetched", "analysis", "points", "id")
FIELDS = list(_CARRIED)
"""Fields of the source that make a Document; the others are derived from them."""


def serial(id_: str) -> int:
    """Return 48 bits that stand for a Document in a page cursor, where 64 characters would be too long.

    Of a million Documents beside a thousand in a cursor, two share theirs once in 280,000 cursors.
    """
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=_SERIAL_BYTES).digest())


def to_source(document: Document) -> dict[str, Any]:
    """Return the source of `document`: its fields, without those that are empty, and what is derived from them."""
    published = to_micros(document.published)
    lag = (to_micros(document.fetched) - published) // 1_000_000
    source: dict[str, Any] = {name: value for name in _TEXTS if (value := getattr(document, name))}
    source |= {name: list(values) for name in _LISTS if (values := getattr(document, name))}
    rank = URGENCIES.index(document.urgency) if document.urgency in URGENCIES else len(URGENCIES)
    return source | {
        "id": document.id,
        "serial": serial(document.id),
        "version": document.version,
        "published": document.published.isoformat(),
        "published_micros": published,
        "day": baghdad_day(published),
        "fetched": document.fetched.isoformat(),
        **({"lag_seconds": lag} if lag > 0 else {}),
        "urgency_rank": rank,
        "points": [{"lat": latitude, "lon": longitude} for latitude, longitude in document.points],
        "appeals": [_appeal(appeal) for appeal in _appeals(document.analysis)],
        "analysis": document.analysis,
    }


def from_source(source: Mapping[str, Any]) -> Document:
    """Return the Document that `to_source` was given. Raises IndexBroken for any other source."""
    try:
        fields: dict[str, Any] = {name: source.get(name, "") for name in _TEXTS}
        fields |= {name: tuple(source.get(name, ())) for name in _LISTS}
        return Document(
            id=source["id"],
            version=source["version"],
            published=datetime.fromisoformat(source["published"]),
            fetched=datetime.fromisoformat(source["fetched"]),
            points=tuple((point["lat"], point["lon"]) for point in source.get("points", ())),
            analysis=source["analysis"],
            **fields,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IndexBroken(f"a stored Document cannot be read ({error!r}): run `rasid reindex`") from error


def _appeals(analysis: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = analysis.get("appeals", ())
    return [appeal for appeal in listed if isinstance(appeal, dict)] if isinstance(listed, list | tuple) else []


def _appeal(appeal: Mapping[str, Any]) -> dict[str, Any]:
    """Return what analysts query of an appeal."""
    kept = {name: appeal[name] for name in ("needs", "urgency", "governorates", "summary") if appeal.get(name)}
    for name in ("appellants", "addressees"):
        if texts := [span["text"] for span in appeal.get(name, ())]:
            kept[name] = texts
    return kept
