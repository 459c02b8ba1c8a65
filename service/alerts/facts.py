"""What a subscription knows of a case, and what of it is news: first seen, more urgent, another town, more outlets.

A corrected spelling changes none of these, so it is not told again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.alerts.subscriptions import Tells
from service.database import cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from service.database.documents import Record

URGENCIES = (*cases.URGENCIES, "")
"""From the most urgent to what asks for nothing."""

OUTLETS = (3, 5, 10, 20)
"""Numbers of outlets that are news when a case reaches them."""

_SMALL = frozenset({"district", "subdistrict", "town", "village", "quarter"})
_MOST_PLACES = 3
"""Other towns told of one text: one that lists a province is no news of each."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a case at a moment: its urgency, the towns named where it asks, how many outlets tell it."""

    urgency: str = ""
    places: frozenset[str] = frozenset()
    outlets: int = 1

    def merged(self, other: Known) -> Known:
        """Return what is known after both: the most urgent, all places, the most outlets."""
        urgency = min(self.urgency, other.urgency, key=URGENCIES.index)
        return Known(urgency, self.places | other.places, max(self.outlets, other.outlets))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON; `from_dict` reads it back."""
        return {"urgency": self.urgency, "places": sorted(self.places), "outlets": self.outlets}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Known:
        """Return what `to_dict` was given."""
        urgency = stored.get("urgency", "")
        return cls(
            urgency if urgency in URGENCIES else "",
            frozenset(stored.get("places", ())),
            int(stored.get("outlets", 1)),
        )


def known_of(record: Record, case: Any | None) -> Known:
    """Return what a Document, and the row of its Case where it has one, make known."""
    asked: Sequence[Mapping[str, Any]] = record.analysis["appeals"]
    here = next((level for level in URGENCIES if any(appeal["urgency"] == level for appeal in asked)), "")
    urgency = case.urgency if case is not None and case.urgency in URGENCIES[:3] else here
    return Known(urgency, frozenset(_places(record)), case.outlets if case is not None else 1)


def news(before: Known | None, now: Known, tells: Sequence[Tells]) -> list[str]:
    """Return the keys of what is news, beginning with "new" alone where nothing was known."""
    if before is None:
        return [Tells.NEW.value]
    facts = []
    if Tells.URGENCY in tells and now.urgency and URGENCIES.index(now.urgency) < URGENCIES.index(before.urgency):
        facts.append(f"urgency:{now.urgency}")
    if Tells.PLACE in tells:
        facts += [f"place:{name}" for name in sorted(now.places - before.places)[:_MOST_PLACES]]
    if Tells.OUTLETS in tells:
        facts += [f"outlets:{mark}" for mark in OUTLETS if before.outlets < mark <= now.outlets][-1:]
    return facts


def _places(record: Record) -> Iterator[str]:
    """Yield the towns that stand in the sentences that ask, in the governorates that the text is about."""
    spans = [(appeal["start"], appeal["end"]) for appeal in record.analysis["appeals"]]
    primary = set(record.analysis["governorates"]["primary"])
    for place in record.analysis.get("places", ()):
        inside = any(start <= place["start"] and place["end"] <= end for start, end in spans)
        if inside and place["kind"] in _SMALL and (not primary or place["governorate"] in primary):
            yield place["name"]
