"""The grammar of a facility's name: which of the words after a head noun belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlp.normalisation import fold

if TYPE_CHECKING:
    from nlp.matching import Hit
    from nlp.reading import Reading

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


class NameWalker:
    """Walks over the words after a head for as long as they belong to its name."""

    def __init__(
        self,
        span: dict[str, frozenset[str]],
        reading: Reading,
        place_ends: dict[int, int],
        services: dict[int, Hit[str]],
        heads: frozenset[int],
    ) -> None:
        self._span = span
        self._reading = reading
        self._places = place_ends
        self._services = services
        self._heads = heads
        self._joining = frozenset(word.removeprefix("ال") for word in span["joining"])

    def build(self, hit: Hit[Head], governorates: frozenset[int]) -> Found | None:
        """Return the facility that a head opens, None where its name is missing or makes it something else."""
        head = hit.payload
        in_gazetteer = self._places.get(hit.start, 0)
        if in_gazetteer > hit.end and head.then != "service" and not self._unnamed(hit):
            return Found(hit.start, self._tail(in_gazetteer), head.type, "in the gazetteer")
        if head.then == "nothing" and not self._unnamed(hit):
            return Found(hit.start, self._tail(hit.end), head.type, "whole name")
        index = self._next(hit.end)
        if index is None or self._unnamed(hit) or self._reading.words[index].text in head.deny:
            return None
        if head.then == "service":
            return self._service(hit, index)
        return (
            self._governorate_service(hit, index, governorates)
            if head.then == "governorate"
            else self._plain(hit, index)
        )

    def _plain(self, hit: Hit[Head], index: int) -> Found | None:
        """Read a head that its name alone makes a facility."""
        head = hit.payload
        if head.type == "housing" and self._reading.words[index].start in self._services:
            return None
        end = self._quoted(hit.end, index)
        if end is None:
            end = self._name(index, head)
        if end is None:
            return None
        if head.type == "roads_bridges" and head.then == "place":
            end = self._other_end(end)
        elif head.type == "municipal":
            end = self._ordinal(end)
        return Found(hit.start, end, head.type, "head noun and name")

    def _unnamed(self, hit: Hit[Head]) -> bool:
        """Tell a head that is indefinite (جسرٌ) or only belongs to another office (الأمانة العامة للعتبة)."""
        written = self._reading.span(hit.start, hit.end).text
        return written.endswith(_TANWIN) or (
            hit.particles.endswith("ل") and self._reading.text[hit.start - 1 :][:2] == "لل"
        )

    def _next(self, end: int) -> int | None:
        """Return the index of the word that follows after a space, or after a space and an opening quote."""
        index = self._reading.word_at(end)
        if index >= len(self._reading.words):
            return None
        return index if self._reading.text[end : self._reading.words[index].start] in {" ", ' "', " '"} else None

    def _quoted(self, end: int, index: int) -> int | None:
        """Read a name in quotes to its closing quote, then the adjectives that follow."""
        start = self._reading.words[index].start
        if '"' not in self._reading.text[end:start]:
            return None
        closing = self._reading.text.find('"', start)
        if closing < 0 or closing - end > _LONGEST_QUOTED or "\n" in self._reading.text[end:closing]:
            return None
        return self._tail(closing + 1)

    def _governorate_service(self, hit: Hit[Head], index: int, governorates: frozenset[int]) -> Found | None:
        """تربية كركوك, صحة نينوى; not where a person heads it (مدير صحة نينوى)."""
        word, before = self._reading.words[index], self._reading.word_at(hit.start) - 1
        if word.start not in governorates:
            return None
        if before >= 0 and self._reading.words[before].text.startswith(("مدير", "نقيب", "مدرا")):
            return None
        kind = "education" if self._reading.text.startswith(fold("تربية"), hit.start) else "health"
        return Found(hit.start, self._places[word.start], kind, "service of a governorate")

    def _service(self, hit: Hit[Head], index: int) -> Found | None:
        service = self._services.get(self._reading.words[index].start)
        if service is None:
            return self._named_plant(hit, index)
        after = self._next(service.end)
        end: int | None = None
        if after is not None:
            end = self._name(after, Head("", "name", bare=service.payload in {"water", "health"}))
        if end is None and _definite(self._reading.text[service.start : service.end].split()[-1]):
            end = self._tail(service.end)
        return None if end is None else Found(hit.start, self._seated(hit, end), service.payload, "office of a service")

    def _seated(self, hit: Hit[Head], end: int) -> int:
        """Add the place that follows an office without one in its name: مديرية الدفاع المدني في السليمانية."""
        if any(hit.start < start < end for start in self._places):
            return end
        index = self._reading.word_at(end)
        words = self._reading.words[index : index + 2]
        if (
            len(words) < 2
            or words[0].text != "في"
            or words[1].start not in self._places
            or words[1].start in self._heads
        ):
            return end
        between = self._reading.text[end : words[1].start]
        return self._places[words[1].start] if between == " في " else end

    def _named_plant(self, hit: Hit[Head], index: int) -> Found | None:
        """محطة الزبيدية الحرارية, مركز يثرب الصحي: the type stands after the name; مشروع دوكان: beside it."""
        end = self._name(index, Head("", "name", bare=True))
        if end is None:
            return None
        tail = self._reading.text[hit.end : end].split()
        for marks, kind in _LATE_TYPES.items():
            if any(word in marks for word in tail):
                return Found(hit.start, end, kind, "type after the name")
        placed = self._reading.words[index].start in self._places
        plant = self._reading.text[hit.start : hit.end] == fold("مشروع")
        if placed and plant and self._reading.cues_in(hit.start - _BESIDE, end + _BESIDE, "water."):
            return Found(hit.start, end, "water", "a plant, water beside it")
        return None

    def _name(self, index: int, head: Head, *, person: bool = False) -> int | None:
        """Return where the name that starts at a word ends, None where none starts."""
        word = self._reading.words[index]
        place = self._places.get(word.start)
        if word.text in self._span["construct"]:
            return self._construct(index, head)
        if place is not None:
            end = self._tail(place)
            return None if word.text in self._span["generic"] and end == place else end
        unnamed = word.text in self._span["stops"] | self._span["generic"] or word.text.startswith("لل")
        if unnamed or head.then == "place":
            return None
        if _definite(word.text):
            return self._tail(word.end, definite=True)
        return self._proper(index, person=person) if head.bare and self._may_be_a_name(word.text) else None

    def _construct(self, index: int, head: Head) -> int | None:
        """Read a name that goes on after its first word: ابن سينا, كهرباء الزبيدية, الإمام زين العابدين."""
        word = self._reading.words[index]
        following = self._next(word.end)
        if following is not None:
            rest = Head("", head.then, bare=True)
            end = self._name(following, rest, person=word.text in _OF_PERSONS)
            if end is not None:
                return end
        place = self._places.get(word.start)
        if place is not None:
            return self._tail(place)
        return self._tail(word.end) if _definite(word.text) and head.then != "place" else None

    def _proper(self, index: int, *, person: bool) -> int:
        """Read a bare proper name; of a person's also its second word with the article."""
        following = self._next(self._reading.words[index].end)
        if person and following is not None and _definite(self._reading.words[following].text):
            index = following
        return self._tail(self._reading.words[index].end)

    def _may_be_a_name(self, text: str) -> bool:
        """Tell a bare proper name (هيوا) from a verb, a number, an adjective or a conjunction."""
        return not (text.isdigit() or len(text) < 3 or text[0] in "يتوب" or text.endswith("ه") or _plural(text))

    def _other_end(self, end: int) -> int:
        """طريق بغداد - كركوك, طريق كسك ربيعة: a road is named by both its ends."""
        index = self._reading.word_at(end)
        if index >= len(self._reading.words):
            return end
        start = self._reading.words[index].start
        between = self._reading.text[end:start]
        if start not in self._places or between.strip() not in {"-", ""} or "\n" in between or len(between) > 3:
            return end
        return self._tail(self._places[start])

    def _ordinal(self, end: int) -> int:
        index = self._next(end)
        if index is not None and self._reading.words[index].text in self._span["ordinals"]:
            return self._reading.words[index].end
        return end

    def _tail(self, end: int, *, definite: bool = False) -> int:
        """Go on over adjectives, complements and joined parts; return where the name ends."""
        words = self._reading.words
        index = self._reading.word_at(end)
        for _ in range(_LONGEST_NAME):
            if index >= len(words) or self._reading.text[end : words[index].start] != " ":
                return end
            text, previous = words[index].text, words[index - 1].text
            if text in self._span["adjectives"] | self._span["complements"]:
                definite = True
            elif self._places.get(words[index].start) and previous in self._span["construct"]:
                end = self._places[words[index].start]
                index = self._reading.word_at(end)
                continue
            elif text in self._span["stops"] or not self._continues(text, previous, definite=definite):
                return end
            end = words[index].end
            index += 1
        return end

    def _continues(self, text: str, previous: str, *, definite: bool) -> bool:
        if text.startswith("وال"):
            listed = previous.removeprefix("و").removeprefix("لل").removeprefix("ال") in self._joining
            return listed or (definite and _relational(text) and _relational(previous))
        if not definite or not _definite(text):
            return False
        return _relational(text) or previous in self._span["construct"]


# "مستشفى الإمام زين العابدين": after these a person's name follows, of two words where the second has the article.
_OF_PERSONS = frozenset(map(fold, ("الإمام", "إمام", "الشهيد", "شهيد", "ابن", "الشيخ", "السيد", "عبد")))
_LONGEST_QUOTED = 40
_TANWIN = ("\u064b", "\u064c", "\u064d")
# How near a word of water must stand to a plant that its name leaves untyped.
_BESIDE = 80

_LATE_TYPES = {
    frozenset(map(fold, ("الحرارية", "الغازية", "الكهرومائية", "البخارية", "الكهربائية", "الثانوية"))): "electricity",
    frozenset({fold("الصحي")}): "health",
    frozenset({fold("السكني")}): "housing",
}


def _plural(word: str) -> bool:
    return len(word) > 4 and word.endswith(("ات", "ون", "ين"))


def _definite(word: str) -> bool:
    return word.startswith("ال") and len(word) > 3


def _relational(word: str) -> bool:
    return word.endswith(("ي", "يه", "يون", "يين"))
