"""What is indexed and searched: an Article, its Analysis and its Case's state, flattened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Document:
    """One searchable item.

    Attributes:
        id: SHA-256 of the canonical URL, hexadecimal.
        version: grows with every change of the Document (a new text, a new analysis, a triage step); a write with a
            version that is not above the stored one changes nothing.
        url, title, body: as in the Article. Highlight offsets are into `title` and `body` as given here.
        outlet: id of the Outlet; `outlet_name` is what people read.
        published: UTC; the fetched time stands in where the outlet gives none. Day facets are in Asia/Baghdad.
        fetched: UTC.
        stance: appeal, complaint, response, mention or none.
        urgency: critical, high, normal, or "" where nothing is asked.
        needs, governorates (mentioned), primary (governorates), facility_types: keyword lists for filters and facets.
        case: id of the Case, or ""; `case_state` is its triage state, or "".
        corrected: which of stance, urgency, governorate, need and facility a person corrected, so that the values above
            are theirs.
        points: (latitude, longitude), WGS 84, of the places named, for maps.
        group: id of the syndication group: equal for the same text on several outlets.
        analysis: the Analysis as JSON, carried for display, not searched.

    """

    id: str
    version: int
    url: str
    title: str
    body: str
    outlet: str
    outlet_name: str
    published: datetime
    fetched: datetime
    stance: str = "none"
    urgency: str = ""
    needs: tuple[str, ...] = ()
    governorates: tuple[str, ...] = ()
    primary: tuple[str, ...] = ()
    facility_types: tuple[str, ...] = ()
    case: str = ""
    case_state: str = ""
    group: str = ""
    corrected: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    analysis: Mapping[str, Any] = field(default_factory=dict)
