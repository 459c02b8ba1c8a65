"""Named public facilities: a head noun, its name, and nothing more (docs: annotation, Facilities)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlp.errors import DataFault
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
# No name of a facility in the development sets has more words after its head.
_LONGEST_NAME = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A facility in normalised offsets, with its type and the reason it was taken for one."""

    start: int
    end: int
    type: str
    why: str


@dataclass(frozen=True, slots=True)
class Head:
    """A head noun: the facility's type, what must follow it, and the words that make it something else."""

    type: str
    then: str
    bare: bool = False
    deny: frozenset[str] = field(default_factory=frozenset)


class FacilityReader:
    """Finds facilities; holds the head nouns and the words that build or end a name."""

    def __init__(self) -> None:
        table = read_toml("facilities.toml")
        self._heads: PhraseMatcher[Head] = PhraseMatcher(_heads(table["head"]))
        self._services: PhraseMatcher[str] = PhraseMatcher(
            (phrase, kind) for kind, phrases in table["services"].items() for phrase in phrases
        )
        self._span = {key: frozenset(map(fold, words)) for key, words in table["span"].items()}

    def read(self, reading: Reading, place_ends: dict[int, int], governorate_starts: frozenset[int]) -> list[Found]:
        """Return the facilities by start. `place_ends` maps where a place's name starts to where it ends."""
        services: dict[int, Hit[str]] = {}
        for service in self._services.find(reading.text):
            services.setdefault(service.start, service)
        found: list[Found] = []
        for hit in self._heads.find(reading.text):
            if (
                found
                and hit.start < found[-1].end
                and (hit.start == found[-1].start or self._inside(reading, hit, found[-1]))
            ):
                continue
            facility = _Name(self._span, reading, place_ends, services).build(hit, governorate_starts)
            if facility is not None:
                found.append(facility)
        return found

    def _inside(self, reading: Reading, hit: Hit[Head], outer: Found) -> bool:
        """A head inside a name is part of it (طريق مطار بغداد), but for a unit in a hospital, which ends before."""
        return hit.end <= outer.end


class _Name:
    """Walks over the words after a head for as long as they belong to its name."""

    def __init__(
        self,
        span: dict[str, frozenset[str]],
        reading: Reading,
        place_ends: dict[int, int],
        services: dict[int, Hit[str]],
    ) -> None:
        self._span = span
        self._reading = reading
        self._places = place_ends
        self._services = services

    def build(self, hit: Hit[Head], governorates: frozenset[int]) -> Found | None:
        head = hit.payload
        index = self._reading.word_at(hit.end)
        if head.then == "nothing":
            return Found(hit.start, self._tail(index, hit.end), head.type, "whole name")
        if not self._joined(hit.end, index):
            return None
        word = self._reading.words[index]
        if word.text in head.deny:
            return None
        if head.then == "service":
            return self._service(hit, index)
        if head.then == "governorate":
            if word.start not in governorates:
                return None
            kind = "education" if hit.end - hit.start == len(fold("تربية")) else "health"
            return Found(hit.start, self._places[word.start], kind, "service of a governorate")
        end = self._quoted(hit.end, index)
        if end is None:
            end = self._name(index, head)
        return None if end is None else Found(hit.start, end, self._retyped(head.type, hit, end), "head noun and name")

    def _retyped(self, kind: str, hit: Hit[Head], end: int) -> str:
        return kind

    def _joined(self, end: int, index: int) -> bool:
        """Only a space, or an opening quote after one, stands between."""
        if index >= len(self._reading.words):
            return False
        return self._reading.text[end : self._reading.words[index].start] in {" ", ' "', '"', " '", " ("} and (
            "(" not in self._reading.text[end : self._reading.words[index].start]
        )

    def _quoted(self, end: int, index: int) -> int | None:
        """A name in quotes: to its closing quote, then the adjectives that follow."""
        opening = self._reading.text[end : self._reading.words[index].start]
        if '"' not in opening:
            return None
        closing = self._reading.text.find('"', self._reading.words[index].start)
        if closing < 0 or closing - end > 40 or "\n" in self._reading.text[end:closing]:
            return None
        return self._tail(self._reading.word_at(closing + 1), closing + 1)

    def _service(self, hit: Hit[Head], index: int) -> Found | None:
        word = self._reading.words[index]
        service = self._services.get(word.start)
        if service is None:
            return self._placed_service(hit, index)
        after = self._reading.word_at(service.end)
        definite = self._reading.text[service.start : service.end].split()[-1].startswith(("ال", "لل"))
        end: int | None = None
        if self._joined(service.end, after):
            end = self._name(after, Head("", "name", bare=service.payload in {"water", "health"}))
        if end is None and definite:
            end = self._tail(after, service.end)
        return None if end is None else Found(hit.start, end, service.payload, "office or plant of a service")

    def _placed_service(self, hit: Hit[Head], index: int) -> Found | None:
        """محطة الزبيدية الحرارية, مركز يثرب الصحي: the type stands after the name."""
        end = self._name(index, Head("", "name", bare=True))
        if end is None:
            return None
        tail = self._reading.text[hit.end : end].split()
        for marks, kind in _LATE_TYPES.items():
            if any(word in marks for word in tail):
                return Found(hit.start, end, kind, "type after the name")
        return None

    def _name(self, index: int, head: Head) -> int | None:
        """Return where the name that starts at a word ends, None where none starts."""
        words = self._reading.words
        word = words[index]
        if word.text in self._span["stops"] or word.text in self._span["generic"] or word.text.startswith("لل"):
            return None
        place = self._places.get(word.start)
        if place is not None and not (head.then == "name" and word.text in self._span["construct"]):
            return self._tail(self._reading.word_at(place), self._second_end(place))
        if word.text in self._span["construct"] and index + 1 < len(words) and self._joined(word.end, index + 1):
            return self._name(index + 1, Head("", head.then if head.then == "place" else "name", bare=True))
        if head.then == "place":
            return (
                self._tail(index, words[index - 1].end)
                if word.text in self._span["adjectives"] and _definite(words[index - 1].text)
                else None
            )
        if _definite(word.text):
            return self._tail(index + 1, word.end, definite=True)
        if not head.bare or word.text.isdigit() or word.text[0] in "يتن" or len(word.text) < 3:
            return None
        return self._tail(index + 1, word.end)

    def _second_end(self, end: int) -> int:
        """طريق بغداد - كركوك, طريق كسك ربيعة: the other end of a road."""
        index = self._reading.word_at(end)
        if index < len(self._reading.words):
            word = self._reading.words[index]
            between = self._reading.text[end : word.start]
            if (
                between.strip() in {"-", ""}
                and "\n" not in between
                and word.start in self._places
                and len(between) <= 3
            ):
                closing = self._places[word.start]
                return closing + (self._reading.text[closing : closing + 1] == '"')
        return end

    def _tail(self, index: int, end: int, *, definite: bool = False) -> int:
        """Go on over adjectives, للـ complements and joined parts; return where the name ends."""
        words = self._reading.words
        index = self._reading.word_at(end)
        for _ in range(_LONGEST_NAME):
            if index >= len(words) or self._reading.text[end : words[index].start] != " ":
                return end
            text = words[index].text
            if text in self._span["stops"]:
                return end
            previous = words[index - 1].text
            if text in self._span["adjectives"] or (text.startswith("لل") and len(text) > 4):
                definite = True
            elif (
                text.startswith("وال")
                and (
                    previous.removeprefix("و").removeprefix("لل").removeprefix("ال") in self._joining()
                    or (definite and _relational(text) and _relational(previous))
                )
            ) or (definite and text.startswith("ال") and (_relational(text) or previous in self._span["construct"])):
                pass
            elif self._places.get(words[index].start) and previous in self._span["construct"]:
                end = self._places[words[index].start]
                index = self._reading.word_at(end)
                continue
            else:
                return end
            end = words[index].end
            index += 1
        return end

    def _joining(self) -> frozenset[str]:
        return frozenset(word.removeprefix("وال").removeprefix("ال") for word in self._span["joining"])


_LATE_TYPES = {
    frozenset(map(fold, ("الحرارية", "الغازية", "الكهرومائية", "البخارية", "الكهربائية"))): "electricity",
    frozenset({fold("الصحي")}): "health",
    frozenset({fold("السكني")}): "housing",
}


def _definite(word: str) -> bool:
    return word.startswith("ال") and len(word) > 3


def _relational(word: str) -> bool:
    return word.endswith(("ي", "يه", "يون", "يين"))


def _heads(table: Iterable[dict[str, object]]) -> Iterable[tuple[str, Head]]:
    for entry in table:
        words, kind, then = entry.get("words"), entry.get("type"), entry.get("then")
        if not isinstance(words, list) or then not in _THEN or (kind not in TYPES and kind != "service"):
            raise DataFault(f"nlp/data/facilities.toml: a head needs words, a known type and then: {entry}")
        deny = entry.get("deny", [])
        denied = frozenset(fold(str(word)) for word in deny) if isinstance(deny, list) else frozenset()
        for word in words:
            yield str(word), Head(str(kind), str(then), bool(entry.get("bare", False)), denied)
