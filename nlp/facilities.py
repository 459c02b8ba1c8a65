"""Named public facilities: a head noun, its name, and nothing more (docs: annotation, Facilities)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlp.errors import DataFault
from nlp.facility_names import Found, Head, NameWalker
from nlp.lexicon import read_toml
from nlp.matching import Hit, PhraseMatcher
from nlp.normalisation import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.reading import Reading

TYPES = frozenset(
    [
        "health",
        "education",
        "security",
        "civil_registry",
        "justice",
        "municipal",
        "electricity",
        "water",
        "sewage",
        "roads_bridges",
        "transport",
        "housing",
        "social_welfare",
        "agriculture_irrigation",
        "industry_oil",
        "market",
        "religious",
        "culture_sport",
        "other",
    ]
)
_THEN = frozenset({"name", "place", "service", "governorate", "nothing"})


class FacilityReader:
    """Finds facilities; holds the head nouns and the words that build or end a name."""

    def __init__(self) -> None:
        table = read_toml("facilities.toml")
        self._heads: PhraseMatcher[Head] = PhraseMatcher(_heads(table["head"]))
        self._services: PhraseMatcher[str] = PhraseMatcher(
            (phrase, kind) for kind, phrases in table["services"].items() for phrase in phrases
        )
        self._span = {key: frozenset(map(fold, words)) for key, words in table["span"].items()}

    def read(
        self,
        reading: Reading,
        place_ends: dict[int, int],
        governorate_starts: frozenset[int],
        settlements: frozenset[int],
    ) -> list[Found]:
        """Return the facilities by start.

        `place_ends` maps where a place's name starts to where it ends. What starts at one of `settlements` is the name
        of a town or quarter, whatever its first word (سوق الشيوخ).
        """
        services: dict[int, Hit[str]] = {}
        for service in self._services.find(reading.text):
            services.setdefault(service.start, service)
        heads = self._heads.find(reading.text)
        names = NameWalker(self._span, reading, place_ends, services, frozenset(hit.start for hit in heads))
        found: list[Found] = []
        for hit in heads:
            # A head inside a name already read is part of that name (طريق مطار بغداد).
            if (found and hit.start < found[-1].end) or hit.start in settlements:
                continue
            facility = names.build(hit, governorate_starts)
            if facility is not None and not reading.cues_in(facility.start, facility.end, "politics.foreign"):
                found.append(facility)
        return found


def _heads(table: Iterable[dict[str, object]]) -> Iterable[tuple[str, Head]]:
    for entry in table:
        words, kind, then = entry.get("words"), entry.get("type"), entry.get("then")
        if not isinstance(words, list) or then not in _THEN or (kind not in TYPES and kind != "service"):
            raise DataFault(f"nlp/data/facilities.toml: a head needs words, a known type and then: {entry}")
        deny = entry.get("deny", [])
        denied = frozenset(fold(str(word)) for word in deny) if isinstance(deny, list) else frozenset()
        for word in words:
            yield str(word), Head(str(kind), str(then), bool(entry.get("bare", False)), denied)
