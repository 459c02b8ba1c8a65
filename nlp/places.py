"""Which words of a text name a place of Iraq, and which place they name (docs/nlp.md, Governorates)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from nlp.gazetteer import Toponym, load_places
from nlp.matching import Hit, PhraseMatcher, longest
from nlp.normalisation import fold
from nlp.surroundings import SETTLED, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlp.reading import Reading

_SETTLEMENTS = frozenset({"district", "subdistrict", "town", "quarter", "area"})

# How sure a reading is: a name of one place, one chosen by a head word or a co-mention, one chosen by less.
_PLAIN, _DECIDED, _WEAK = 0.95, 0.8, 0.6


@dataclass(frozen=True, slots=True)
class Mention:
    """A place read in a text; offsets are normalised.

    `role` is "", "dateline", "road_end", "government", "after", "origin" or "target"; `score` in 0..1 how sure the
    reading is; `why` tells how it was decided.
    """

    start: int
    end: int
    toponym: Toponym
    role: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A name that was not taken for a place, and why."""

    start: int
    end: int
    why: str


class PlaceReader:
    """Finds and resolves toponyms. Holds the gazetteer and the context words; makes no change to either."""

    def __init__(self, toponyms: Iterable[Toponym] | None = None) -> None:
        self.toponyms = tuple(load_places() if toponyms is None else toponyms)
        self._around = Surroundings()
        self._matcher: PhraseMatcher[Toponym | None] = PhraseMatcher(self._phrases())

    def _phrases(self) -> Iterator[tuple[str, Toponym | None]]:
        for toponym in self.toponyms:
            for name in dict.fromkeys(fold(name) for name in (toponym.name, *toponym.aliases)):
                yield name, toponym
        for outlet in self._around.outlets:
            yield outlet, None

    def read(self, reading: Reading, *, home: str = "", outlet: str = "") -> tuple[list[Mention], list[Refusal]]:
        """Return the places of a text in order, and the names refused. `home` decides what nothing else decides."""
        refusals: list[Refusal] = []
        waiting: list[tuple[Hit[Toponym | None], list[Toponym]]] = []
        # An outlet called by a place's bare name would hide the place itself.
        masked = _occurrences(reading.text, fold(outlet)) if " " in fold(outlet) else []
        for hit, candidates in _grouped(longest(self._matcher.find(reading.text))):
            own_name = any(start < hit.end and hit.start < end for start, end in masked)
            why = "outlet" if own_name else self._around.refused(reading, hit, candidates)
            if why:
                refusals.append(Refusal(hit.start, hit.end, why))
            else:
                waiting.append((hit, candidates))
        told = Counter(
            candidates[0].governorate for hit, candidates in waiting if self._decides(reading, hit, candidates)
        )
        mentions: list[Mention] = []
        for hit, candidates in waiting:
            chosen = self._resolve(reading, hit, candidates, told, home)
            if isinstance(chosen, str):
                refusals.append(Refusal(hit.start, hit.end, chosen))
            else:
                toponym, score, why = chosen
                mentions.append(Mention(hit.start, hit.end, toponym, self._around.role(reading, hit), score, why))
        return _with_road_ends(reading, mentions, self._around.roads), refusals

    def names(self, reading: Reading) -> dict[int, int]:
        """Map where each name of the gazetteer starts to where it ends, resolved or not (for names of facilities)."""
        ends: dict[int, int] = {}
        for hit in self._matcher.find(reading.text):
            if hit.payload is not None and hit.particles in {"", "ب", "ل"}:
                ends[hit.start] = max(hit.end, ends.get(hit.start, 0))
        return ends

    def governorate_starts(self, reading: Reading) -> frozenset[int]:
        """Return where names of governorates and their seats start."""
        return frozenset(
            hit.start
            for hit in self._matcher.find(reading.text)
            if hit.payload is not None and hit.payload.kind in SETTLED and not hit.particles
        )

    def settlement_starts(self, reading: Reading) -> frozenset[int]:
        """Return where names of towns, districts and quarters start."""
        return frozenset(
            hit.start
            for hit in self._matcher.find(reading.text)
            if hit.payload is not None and hit.payload.kind in _SETTLEMENTS and " " in reading.text[hit.start : hit.end]
        )

    def sporting(self, reading: Reading) -> bool:
        """Tell whether the headline is about sport."""
        return self._around.sporting(reading)

    def _decides(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> bool:
        """Tell whether a hit names its governorate by itself, and so may decide names that several share."""
        if len({candidate.governorate for candidate in candidates}) > 1:
            return any(c.kind == "governorate" for c in self._fitting(self._around.before(reading, hit), candidates))
        first = candidates[0]
        if first.decided_by == "governorate":
            return self._around.stands_as_governorate(reading, hit)
        return first.decided_by == ""

    def _resolve(
        self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym], told: Counter[str], home: str
    ) -> tuple[Toponym, float, str] | str:
        """Choose among the places of one name, or say why none is chosen."""
        before = self._around.before(reading, hit)
        fitting = self._fitting(before, candidates)
        known = [candidate for candidate in fitting if told[candidate.governorate]]
        if not known and home:
            known = [candidate for candidate in fitting if candidate.governorate == home]
        plain = [candidate for candidate in fitting if candidate.decided_by == ""]
        shared = len({candidate.governorate for candidate in fitting}) > 1
        if shared and not known and len({candidate.governorate for candidate in plain}) != 1:
            return "shared by several governorates"
        best = max(
            known or plain or fitting, key=lambda c: (told[c.governorate], c.decided_by == "", c.kind in SETTLED)
        )
        headed = self._around.headed(before)
        refusal = self._undecided(reading, hit, best, before, headed=headed, known=bool(known), others=bool(told))
        if refusal:
            return refusal
        score = _PLAIN if best.decided_by == "" and not shared else _DECIDED if known or headed else _WEAK
        return best, score, "co-mention" if shared or known else "head word" if headed else "name"

    def _undecided(
        self,
        reading: Reading,
        hit: Hit[Toponym | None],
        best: Toponym,
        before: str,
        *,
        headed: bool,
        known: bool,
        others: bool,
    ) -> str | None:
        """Say what a name still lacks to be believed, None where it lacks nothing."""
        if best.decided_by == "head":
            if best.kind == "governorate":
                called = self._around.headed(before, "called_governorate")
                listed = known and hit.particles == "و"
                return None if called or listed else "a common word, not called a governorate"
            # What is only called a quarter or an area is no town of another governorate.
            area = best.kind == "quarter" or self._around.headed(before, "quarter")
            if not headed or (area and not known):
                return "a common word without a head word"
        elif best.decided_by == "decided":
            placed = self._around.inside(before) or hit.particles.endswith("ب")
            elsewhere = best.kind == "quarter" and others
            if not (headed or known or placed) or (elsewhere and not known):
                return "a common word that nothing decides"
        elif best.decided_by == "governorate" and not self._around.stands_as_governorate(reading, hit):
            return "a person"
        return None

    def _fitting(self, before: str, candidates: list[Toponym]) -> list[Toponym]:
        """Keep the places that the head word admits; without one a governorate outranks what shares its name."""
        for kind, wanted in (
            ("district", {"district", "seat"}),
            ("subdistrict", {"subdistrict", "town", "district"}),
            ("quarter", {"quarter", "area", "town"}),
            ("governorate", {"governorate"}),
        ):
            if self._around.headed(before, kind):
                fitting = [candidate for candidate in candidates if candidate.kind in wanted]
                if fitting:
                    return fitting
        governorates = [candidate for candidate in candidates if candidate.kind == "governorate"]
        return governorates if governorates and not self._around.headed(before) else candidates


def _with_road_ends(reading: Reading, mentions: list[Mention], roads: frozenset[str]) -> list[Mention]:
    """Mark "طريق بغداد - كركوك": both ends are mentions, neither is where the event is."""
    marked = list(mentions)
    for index, (mention, follower) in enumerate(pairwise(mentions)):
        word = reading.word_at(mention.start)
        front = reading.words[word - 1] if word else None
        if front is None or front.text.lstrip("بلو") not in roads or mention.start - front.end > 3:
            continue
        if re.fullmatch(r"\s*[\"']?\s*-\s*", reading.text[mention.end : follower.start]):
            marked[index : index + 2] = [replace(mention, role="road_end"), replace(follower, role="road_end")]
    return marked


def _grouped(hits: list[Hit[Toponym | None]]) -> Iterator[tuple[Hit[Toponym | None], list[Toponym]]]:
    """Bring the places of one name at one spot together; an outlet's name has none."""
    groups: dict[tuple[int, int], list[Hit[Toponym | None]]] = {}
    for hit in hits:
        groups.setdefault((hit.start, hit.end), []).append(hit)
    for group in groups.values():
        outlet = any(hit.payload is None for hit in group)
        yield group[0], [] if outlet else [hit.payload for hit in group if hit.payload is not None]


def _occurrences(text: str, name: str) -> list[tuple[int, int]]:
    return [(found.start(), found.end()) for found in re.finditer(re.escape(name), text)] if name else []
