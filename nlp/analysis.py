"""What the NLP says of one text.

`Analysis.to_dict` is the JSON contract; offsets are code points of the text as given.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Stance = Literal["appeal", "complaint", "response", "mention", "none"]
Urgency = Literal["critical", "high", "normal"]

ALERTABLE: frozenset[Stance] = frozenset({"appeal", "complaint"})
"""The stances that make a Case and that somebody is told of."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text: `text[start:end]`, offsets in code points, end exclusive."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """A mention of a place.

    `kind` is the gazetteer's (governorate, seat, district, subdistrict, town, quarter, …), `name` its official name,
    `governorate` an ISO 3166-2 code, `score` in 0..1 how sure the reading is.
    """

    text: str
    start: int
    end: int
    kind: str
    name: str
    governorate: str
    score: float


@dataclass(frozen=True, slots=True)
class Facility:
    """A named public facility; `governorate` is None where nothing says in which it stands."""

    text: str
    start: int
    end: int
    type: str
    governorate: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity: label PER, ORG, LOC, GPE or FAC."""

    text: str
    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that decided, and why, as a stable key that interfaces translate (`asks`, `suffers`, `answers`, …)."""

    text: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """One ask (or one told hardship) inside a text; `start` and `end` bound the sentences that tell it."""

    start: int
    end: int
    appellants: tuple[Span, ...]
    addressees: tuple[Span, ...]
    needs: tuple[str, ...]
    urgency: Urgency
    governorates: tuple[str, ...]
    facilities: tuple[Span, ...]
    summary: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Private:
    """What only some may read.

    `kind` is "number" (telephone, identity, account) or "person" (a private person's name).
    """

    text: str
    start: int
    end: int
    kind: Literal["number", "person"]


@dataclass(frozen=True, slots=True)
class Governorates:
    """ISO 3166-2 codes, sorted: `mentioned` is every one that the text names, `primary` where the event or need is."""

    mentioned: tuple[str, ...]
    primary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is said of one text; for the labels' meaning see docs/nlp.md.

    `language` is a BCP 47 tag ("ar", "ckb", "fa", …, "und"). A text that is not Arabic has the stance "none" and
    nothing else. `stance_score` is in 0..1. `appeals` is empty but for the stances "appeal" and "complaint".
    `embedding` is a unit vector for `nlp.same_case`, () where the model did not read the text; it is no part of the
    JSON.
    """

    id: str
    language: str
    governorates: Governorates
    places: tuple[Place, ...]
    facilities: tuple[Facility, ...]
    entities: tuple[Entity, ...]
    stance: Stance
    stance_score: float
    appeals: tuple[Appeal, ...]
    private: tuple[Private, ...] = ()
    embedding: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the Analysis as the JSON object of the contract: lists, strings, numbers and None only."""
        plain: dict[str, Any] = _listed(asdict(self))
        del plain["embedding"]
        return plain


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(inner) for inner in value]
    return value
