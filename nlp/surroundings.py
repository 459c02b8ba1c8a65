"""What stands around a place's name, and what it makes of the name: an outlet, a club, a person, a dateline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.lexicon import read_toml
from nlp.normalisation import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.gazetteer import Toponym
    from nlp.matching import Hit
    from nlp.reading import Reading

SETTLED = frozenset({"governorate", "seat"})
"""Kinds whose names are lent to streets, clubs, companies and outlets everywhere."""

# A dateline stands in the first lines: "outlet - place", "place / outlet:", "(outlet – place)", "from outlet - place".
_DATELINE_LINES = 3
_DATELINE_REACH = 60
_HEADLINE = 60
_AFTER_DATELINE = re.compile(r"\s*(?:[-/:(]|,,|$|\n|\))")
_BEFORE_DATELINE = re.compile(r"(?:[-/(]\s*|:\s*)$")
_AGENCY = ("نيوز", "واع", "وكاله", "برس", "خاص", "من")
_BREAKS = frozenset("\n.,:!?/-()")
# How far back a list of quarters is followed: "احياء السكر والمثنى والقادسية".
_LIST_REACH = 5


class Surroundings:
    """The context words of `context.toml` and the judgements made with them."""

    def __init__(self) -> None:
        table = read_toml("context.toml")
        self.outlets: list[str] = table["not_a_place"]["outlets"]
        self._not = {key: _folded(words) for key, words in table["not_a_place"].items()}
        self._heads = {key: _folded(words) for key, words in table["heads"].items()}
        self._roles = {key: _folded(words) for key, words in table["roles"].items()}
        self._directions = _folded(("الشمالي", "الجنوبي", "الشرقي", "الغربي", "الحالي", "السابق", "المحلي"))
        self._lower = (
            self._heads["district"] | self._heads["subdistrict"] | self._heads["quarter"] | self._heads["town"]
        )

    def before(self, reading: Reading, hit: Hit[Toponym | None]) -> str:
        """Return the word before a name, "" across punctuation or where the name bears a preposition itself."""
        front = hit.start - len(hit.particles)
        index = reading.word_at(front)
        if not index or hit.particles.strip("و"):
            return ""
        word = reading.words[index - 1]
        between = reading.text[word.end : front]
        if word.text == "د" and between == ". ":
            return word.text
        return "" if _BREAKS & set(between) else word.text

    def after(self, reading: Reading, hit: Hit[Toponym | None]) -> str:
        """Return the word after a name, "" across punctuation."""
        index = reading.word_at(hit.end)
        if index >= len(reading.words):
            return ""
        word = reading.words[index]
        between = reading.text[hit.end : word.start]
        return "" if between.strip(" \"'") or "\n" in between else word.text

    def headed(self, word: str, *kinds: str) -> bool:
        """Tell whether a word is one of the head words of these kinds (all lower kinds where none is given)."""
        wanted = frozenset[str]().union(*(self._heads[kind] for kind in kinds)) if kinds else self._lower
        return bool(_forms(word) & wanted)

    def refused(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> str | None:
        """Say why a name is no place here, or None."""
        if not candidates:
            return "outlet"
        before, after = _forms(self.before(reading, hit)), self.after(reading, hit)
        settled = any(candidate.kind in SETTLED for candidate in candidates)
        checks = (
            ("outlet", after in self._not["after"]),
            ("named after it", settled and bool(before & self._not["before"])),
            (
                "a quarter named after it",
                settled and bool(before & self._heads["named_quarter"]) and not _plural(before),
            ),
            ("a quarter named after it", self._in_quarter_list(reading, hit, candidates)),
            ("a person", bool(before & self._not["persons"]) and not hit.particles),
            ("a person", self._named_like_one(candidates, after)),
            ("a club", settled and self._club(reading, hit)),
            ("an adjective or a pronoun", self._only_looks_alike(reading, hit, candidates)),
        )
        return next((why for why, holds in checks if holds), None)

    def _named_like_one(self, candidates: list[Toponym], after: str) -> bool:
        """صلاح الدين الأيوبي: a given name with its nisba."""
        given = any(candidate.decided_by == "governorate" for candidate in candidates)
        return given and after.startswith("ال") and after.endswith("ي") and not _forms(after) & self._directions

    def _club(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        """In a sports headline a governorate's bare name is its club."""
        sentence = next((s for s in reading.sentences if s.start <= hit.start < s.end), None)
        before = self.before(reading, hit)
        inside = hit.particles.strip("و") or self.inside(before) or self.headed(before, "governorate")
        if sentence is None or sentence.line > 0 or inside or self.dateline(reading, hit):
            return False
        return any(_forms(word.text) & self._not["sport"] for word in reading.words_in(sentence.start, sentence.end))

    def sporting(self, reading: Reading) -> bool:
        """Tell whether the headline is about sport, so that nothing is asked or needed."""
        return any(
            _forms(word.text) & self._not["sport"]
            for sentence in reading.sentences
            if sentence.line == 0
            for word in reading.words_in(sentence.start, sentence.end)
        )

    def _in_quarter_list(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> bool:
        if hit.particles != "و" or all(candidate.decided_by == "" for candidate in candidates):
            return False
        index = reading.word_at(hit.start - 1)
        for word in reversed(reading.words[max(0, index - _LIST_REACH) : index]):
            if _forms(word.text) & self._heads["named_quarter"]:
                return True
        return False

    def _only_looks_alike(self, reading: Reading, hit: Hit[Toponym | None], candidates: list[Toponym]) -> bool:
        """حديثه is "his talk" where the town is written حديثة: a folded heh counts only for names that are safe."""
        if any(candidate.decided_by == "" for candidate in candidates):
            return False
        written = reading.span(hit.start, hit.end).text
        return written.endswith("ه") and all(candidate.name.endswith("ة") for candidate in candidates)

    def stands_as_governorate(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        """صلاح الدين, المثنى: a governorate unless a person's name stands before it."""
        before = self.before(reading, hit)
        return not before or not _forms(before) & self._not["persons"]

    def inside(self, word: str) -> bool:
        """Tell whether a word before a name places something there (في, شمالي, أهالي …)."""
        return bool(_forms(word) & self._heads["inside"])

    def dateline(self, reading: Reading, hit: Hit[Toponym | None]) -> bool:
        """Tell whether the name stands in a dateline."""
        start = reading.text.rfind("\n", 0, hit.start) + 1
        if (
            reading.text.count("\n", 0, start) >= _DATELINE_LINES
            or hit.start - start > _DATELINE_REACH
            or hit.particles
        ):
            return False
        end = reading.text.find("\n", hit.start)
        line = reading.text[start : end if end >= 0 else len(reading.text)]
        head = line[: hit.start - start]
        if not head.strip(" (\"'"):
            rest = line[hit.end - start :].lstrip()
            # At the very front only before a text of its own length: "كركوك: …" is a headline.
            return rest[:1] in {"-", "/", ":", "("} if start else rest[:1] in {"-", "/"} and len(rest) > _HEADLINE
        marked = _AFTER_DATELINE.match(reading.text, hit.end) is not None
        return (
            bool(_BEFORE_DATELINE.search(head))
            and len(head.split()) <= 8
            and (marked or any(word in head for word in _AGENCY))
            and not any(word.strip("\"'") in self._roles["road"] for word in head.split()[-4:])
        )

    def role(self, reading: Reading, hit: Hit[Toponym | None]) -> str:
        """Return what a name does in its sentence: see `places.Mention`."""
        if self.dateline(reading, hit):
            return "dateline"
        before = _forms(self.before(reading, hit))
        if self._government(reading, hit, before):
            return "government"
        return next((role for role in ("after", "origin", "target") if before & self._roles[role]), "")

    def _government(self, reading: Reading, hit: Hit[Toponym | None], before: frozenset[str]) -> bool:
        """بغداد and أربيل for those who govern there: beside one another, asked, or doing something."""
        toponym = hit.payload
        if toponym is None or toponym.kind != "governorate" or toponym.governorate not in {"IQ-BG", "IQ-AR"}:
            return False
        if hit.particles.endswith("ب") or self.inside(self.before(reading, hit)):
            return False
        after = self.after(reading, hit)
        partners = self._roles["partners"] - {fold(toponym.name)}
        baghdad = {fold("بغداد")} if toponym.governorate == "IQ-AR" else set[str]()
        paired = after.startswith("و") and after[1:] in partners | baghdad
        paired = paired or (hit.particles == "و" and bool(before & (partners | baghdad)))
        acting = toponym.governorate == "IQ-BG" and after.startswith("ت") and len(after) > 3
        return paired or acting or bool(before & self._roles["government"])

    @property
    def roads(self) -> frozenset[str]:
        """The words that open a road's name."""
        return self._roles["road"]


def _forms(word: str) -> frozenset[str]:
    """Return a word with and without its particles and article."""
    if not word:
        return frozenset()
    found = {word}
    for particle in ("و", "ف"):
        if word.startswith(particle):
            found.add(word[1:])
    for form in tuple(found):
        for particle in ("ب", "ل", "ك", "لل"):
            if form.startswith(particle):
                found.add(form[len(particle) :])
    found |= {form[2:] for form in tuple(found) if form.startswith("ال") and len(form) > 4}
    return frozenset(found)


def _plural(forms: frozenset[str]) -> bool:
    return fold("أحياء") in forms


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)
