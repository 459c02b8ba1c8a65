"""What Kibana has to be told by the service: which alias it reads, and what people call the values."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.labels import Group, Language
    from service.settings import Settings

_FIELDS: Mapping[str, Group] = {
    "stance": "stance",
    "urgency": "urgency",
    "needs": "need",
    "governorates": "governorate",
    "primary": "governorate",
    "facility_types": "facility_type",
    "case_state": "case_state",
    "corrected": "corrected",
}


def alias(settings: Settings) -> str:
    """Return the alias through which the index is read; that of an index on a server, whatever is set now."""
    (prefix,) = parse_qs(urlsplit(settings.index).query).get("prefix", ["rasid"])[-1:]
    return f"{prefix}-items"


def value_names(language: Language) -> dict[str, dict[str, str]]:
    """Return what people call each value, by field of the index."""
    names = labels(language).names
    return {field: dict(names[group]) for field, group in _FIELDS.items()}
