"""The editable vocabulary of `nlp/data/*.toml`, read once into phrase matchers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from nlp.errors import DataFault
from nlp.matching import PhraseMatcher

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Cue:
    """A vocabulary phrase found: `kind` is its table and key ("asks.strong", "water.want"), offsets as in `Hit`."""

    kind: str
    start: int
    end: int
    particles: str


def read_toml(name: str) -> dict[str, Any]:
    """Read one file of `nlp/data`; DataFault names it where it is no TOML."""
    try:
        return tomllib.loads(resources.files("nlp").joinpath("data", name).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as fault:
        raise DataFault(f"nlp/data/{name}: {fault}") from fault


def phrases_of(name: str, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (phrase, "table.key") for every list of phrases in a two-level TOML table."""
    for section, keys in table.items():
        for key, phrases in keys.items():
            if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase for phrase in phrases):
                raise DataFault(f"nlp/data/{name}: [{section}] {key} must be a list of phrases")
            for phrase in phrases:
                yield phrase, f"{section}.{key}"


class Lexicon:
    """One vocabulary file as a matcher that yields cues."""

    def __init__(self, name: str) -> None:
        table = read_toml(name)
        self.kinds = frozenset(f"{section}.{key}" for section, keys in table.items() for key in keys)
        self._matcher: PhraseMatcher[str] = PhraseMatcher(phrases_of(name, table), article=True)

    def find(self, text: str) -> list[Cue]:
        """Return the cues of a normalised text by start; within one kind the longest at a place, kinds may overlap."""
        # Quotation marks inside a phrase (أزمة "الكاز") do not part it.
        kept = [index for index, character in enumerate(text) if character != '"']
        unquoted = "".join(text[index] for index in kept)
        ends: dict[str, int] = {}
        found: list[Cue] = []
        for hit in self._matcher.find(unquoted):
            if hit.start >= ends.get(hit.payload, 0):
                ends[hit.payload] = hit.end
                found.append(Cue(hit.payload, kept[hit.start], kept[hit.end - 1] + 1, hit.particles))
        return found
