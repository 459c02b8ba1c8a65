"""Which words of a text name a place of Iraq, and which place they name (docs: annotation, Governorates)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp.gazetteer import Toponym, load_places
from nlp.lexicon import read_toml
from nlp.matching import Hit, PhraseMatcher, longest
from nlp.normalisation import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.reading import Reading

# A dateline stands in the first lines: "outlet - place", "place / outlet:", "(outlet – place)", "from outlet - place".
_DATELINE_LINES = 3
_DATELINE_AFTER = re.compile(r"\s*(?:[-/:–(ـ]|,,|$|\n|\))")
_DATELINE_BEFORE = re.compile(r"(?:[-/–ـ(]\s*|:\s*)$")

_SETTLED = frozenset({"governorate", "seat"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A place read in a text; offsets are normalised. `role` is "", "dateline", "road_end", "government", "origin" or
    "target"; `score` in 0..1 how sure the reading is; `why` tells how it was decided.
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
        self._matcher: PhraseMatcher[Toponym | None] = PhraseMatcher(self._phrases())
        context = read_toml("context.toml")
        self._not = {key: _folded(words) for key, words in context["not_a_place"].items()}
        self._heads = {key: _folded(words) for key, words in context["heads"].items()}
        self._roles = {key: _folded(words) for key, words in context["roles"].items()}
        self._any_head = frozenset[str]().union(
            *(self._heads[kind] for kind in ("district", "subdistrict", "quarter", "town"))
        )

    def _phrases(self) -> Iterable[tuple[str, Toponym | None]]:
        for toponym in self.toponyms:
            for name in dict.fromkeys(fold(name) for name in (toponym.name, *toponym.aliases)):
                yield name, toponym
        for outlet in read_toml("context.toml")["not_a_place"]["outlets"]:
            yield outlet, None

    def read(self, reading: Reading, *, home: str = "", outlet: str = "") -> tuple[list[Mention], list[Refusal]]:
        """Return the places of a text in order, and the names refused. `home` decides what nothing else decides."""
        refusals: list[Refusal] = []
        open_hits: list[tuple[Hit[Toponym | None], list[Toponym]]] = []
        masked = _occurrences(reading.text, fold(outlet)) if " " in fold(outlet) else []
        for hit, candidates in _grouped(longest(self._matcher.find(reading.text))):
            why = "outlet" if any(a < hit.end and hit.start < b for a, b in masked) else None
            why = why or self._refused(reading, hit, candidates)
            if why:
                refusals.append(Refusal(hit.start, hit.end, why))
            else:
                open_hits.append((hit, candidates))
        told = Counter(
            candidates[0].governorate for hit, candidates in open_hits if self._plain(reading, hit, candidates)
        )
        mentions: list[Mention] = []
        for hit, candidates in open_hits:
            chosen = self._resolve(reading, hit, candidates, told, home)
            if isinstance(chosen, str):
                refusals.append(Refusal(hit.start, hit.end, chosen))
            else:
                toponym, score, why = chosen
                mentions.append(Mention(hit.start, hit.end, toponym, self._role(reading, hit), score, why))
        return _road_ends(reading, mentions, self._roles["road"]), refusals

    def names(self, reading: Reading) -> dict[int, int]:
        """Map where each name of the gazetteer starts to where it ends, resolved or not (for names of facilities)."""
        ends: dict[int, int] = {}
        for hit in self._matcher.find(reading.text):
            if hit.payload is not None and not hit.particles:
                ends[hit.start] = max(hit.end, ends.get(hit.start, 0))
        return ends

    def governorate_starts(self, reading: Reading) -> frozenset[int]:
        """Return where names of governorates and their seats start."""
        return frozenset(
            hit.start
            for hit in self._matcher.find(reading.text)
            if hit.payload is not None and hit.payload.kind in _SETTLED and not hit.particles
        )

    def _before(self, reading: Reading, hit: Hit[Toponym | None], count: int = 1) -> str:
        """Return the word before the name, none across a line's or sentence's end."""
        front = hit.start - len(hit.particles)
        index = reading.word_at(front)
        if index < count:
            return ""
        word = reading.words[index - count]
        between = reading.text[word.end : front]
        if hit.particles.strip("و") or any(mark in between for mark in "\n.,:!?/-()"):
            return ""
        return word.text

    def _after(self, reading: Reading, hit: Hit[Toponym | None]) -> str:
        index = reading.word_at(hit.end)
        if index >= len(reading.words):
            return ""
        word = reading.words[index]
        return (
            word.text
            if reading.text[hit.end : word.start].strip(" \"'") == "" and "\n" not in reading.text[hit.end : word.start]
            else ""
        )

    def _refused(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> str | None:
        """Say why a name is no place here, or None."""
        if not candidates:
            return "outlet"
        before, after = self._before(reading, hit), self._after(reading, hit)
        bare = before.removeprefix("و")
        if after in self._not["after"]:
            return "outlet"
        settled = any(candidate.kind in _SETTLED for candidate in candidates)
        if settled and bare in self._not["before"]:
            return "named after it"
        if settled and bare in self._heads["quarter"] and bare != fold("منطقة"):
            return "a quarter named after it"
        if bare in self._not["persons"] and not hit.particles:
            return "a person"
        if settled and not hit.particles and before not in self._heads["inside"] and self._sport(reading, hit):
            return "a club"
        return None

    def _sport(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        sentence = next((s for s in reading.sentences if s.start <= hit.start < s.end), None)
        if sentence is None or sentence.line > 0 or self._dateline(reading, hit):
            return False
        return any(
            word.text in self._not["sport"] or word.text.removeprefix("ال") in self._not["sport"]
            for word in reading.words_in(sentence.start, sentence.end)
        )

    def _plain(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> bool:
        """A hit that decides itself and so may decide others."""
        if len({candidate.governorate for candidate in candidates}) > 1:
            return False
        first = candidates[0]
        return first.decided_by == "" or (
            first.decided_by == "governorate" and self._stands_as_governorate(reading, hit)
        )

    def _stands_as_governorate(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        before = self._before(reading, hit).removeprefix("و")
        return (
            before in self._heads["governorate"]
            or before.removeprefix("ال") in self._heads["governorate"]
            or before in self._heads["inside"]
            or bool(hit.particles)
            or self._dateline(reading, hit)
            or before not in self._not["persons"]
        )

    def _resolve(
        self,
        reading: Reading,
        hit: Hit[Toponym | None],
        candidates: list[Toponym],
        told: Counter[str],
        home: str,
    ) -> tuple[Toponym, float, str] | str:
        """Choose among the places of one name, or say why none is chosen."""
        before = self._before(reading, hit).removeprefix("و").removeprefix("ب").removeprefix("ل")
        fitting = self._fitting(before, candidates)
        known = [candidate for candidate in fitting if told[candidate.governorate]]
        if not known and home:
            known = [candidate for candidate in fitting if candidate.governorate == home]
        best = max(known or fitting, key=lambda c: (told[c.governorate], c.decided_by == "", c.kind in _SETTLED))
        shared = len({candidate.governorate for candidate in fitting}) > 1
        headed = before in self._any_head
        if shared and not known:
            plain = [candidate for candidate in fitting if candidate.decided_by == ""]
            if len({candidate.governorate for candidate in plain}) != 1:
                return "shared by several governorates"
            best = plain[0]
        if best.decided_by == "head":
            if not headed or (best.kind == "quarter" and not known):
                # القادسية, المثنى and their like: the governorate only where it is called one.
                called = best.kind == "governorate" and before in {fold("محافظة"), fold("محافظ"), fold("جامعة")}
                if not called:
                    return "a common word without a head word"
        elif best.decided_by == "decided" and not (
            headed or known or before in self._heads["inside"] or hit.particles.endswith("ب")
        ):
            return "a common word that nothing decides"
        elif best.decided_by == "governorate" and not self._stands_as_governorate(reading, hit):
            return "a person"
        score = 0.95 if best.decided_by == "" and not shared else 0.8 if known or headed else 0.6
        return best, score, "co-mention" if shared or known else "head word" if headed else "name"

    def _fitting(self, before: str, candidates: list[Toponym]) -> list[Toponym]:
        for kind, wanted in (
            ("district", {"district", "seat"}),
            ("subdistrict", {"subdistrict", "town", "district"}),
            ("quarter", {"quarter", "area"}),
            ("governorate", {"governorate"}),
        ):
            if before in self._heads[kind]:
                fitting = [candidate for candidate in candidates if candidate.kind in wanted]
                if fitting:
                    return fitting
        return candidates

    def _dateline(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        line_start = reading.text.rfind("\n", 0, hit.start) + 1
        if reading.text.count("\n", 0, line_start) >= _DATELINE_LINES or hit.start - line_start > 60 or hit.particles:
            return False
        line_end = reading.text.find("\n", hit.start)
        line = reading.text[line_start : line_end if line_end >= 0 else len(reading.text)]
        head = line[: hit.start - line_start]
        marked = _DATELINE_AFTER.match(reading.text, hit.end)
        if not head.strip(" (\"'"):
            rest = line[hit.end - line_start :].lstrip()
            return line_start > 0 and bool(rest[:1] and rest[0] in "-/:(")
        return (
            bool(_DATELINE_BEFORE.search(head))
            and len(head.split()) <= 8
            and (marked is not None or len(line) < 60 or any(word in head for word in ("نيوز", "واع", "وكاله", "برس")))
            and line_start + len(head) > 0
            and not _is_road(head, self._roles["road"])
        )

    def _role(self, reading: Reading, hit: Hit[Toponym | None]) -> str:
        if self._dateline(reading, hit):
            return "dateline"
        before = self._before(reading, hit).removeprefix("و")
        capital = (
            hit.payload is not None
            and hit.payload.kind == "governorate"
            and hit.payload.governorate
            in {
                "IQ-BG",
                "IQ-AR",
            }
        )
        if capital and not hit.particles.endswith("ب") and before not in self._roles["place_before_capital"]:
            return "government"
        if before in self._roles["origin"]:
            return "origin"
        if before in self._roles["target"]:
            return "target"
        return ""


def _road_ends(reading: Reading, mentions: list[Mention], roads: frozenset[str]) -> list[Mention]:
    """Mark "طريق بغداد - كركوك": both ends are mentions, neither is where the event is."""
    marked = list(mentions)
    for index, mention in enumerate(mentions):
        word = reading.word_at(mention.start)
        front = reading.words[word - 1] if word else None
        if front is None or front.text.lstrip("بلو") not in roads or mention.start - front.end > 3:
            continue
        follower = mentions[index + 1] if index + 1 < len(mentions) else None
        if follower and re.fullmatch(r"\s*[\"']?\s*-\s*", reading.text[mention.end : follower.start]):
            for position, end in ((index, mention), (index + 1, follower)):
                marked[position] = Mention(end.start, end.end, end.toponym, "road_end", end.score, end.why)
    return marked


def _is_road(head: str, roads: frozenset[str]) -> bool:
    return any(word.strip("\"'") in roads for word in head.split()[-4:])


def _grouped(
    hits: list[Hit[Toponym | None]],
) -> Iterable[tuple[Hit[Toponym | None], list[Toponym]]]:
    """Bring the places of one name at one spot together."""
    groups: dict[tuple[int, int], list[Hit[Toponym | None]]] = {}
    for hit in hits:
        groups.setdefault((hit.start, hit.end), []).append(hit)
    for group in groups.values():
        if any(hit.payload is None for hit in group):
            yield group[0], []
        else:
            yield group[0], [hit.payload for hit in group if hit.payload is not None]


def _occurrences(text: str, name: str) -> list[tuple[int, int]]:
    return [(found.start(), found.end()) for found in re.finditer(re.escape(name), text)] if name else []


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)
