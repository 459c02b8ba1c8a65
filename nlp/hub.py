"""A bigger model for the entities, named by its place on a hub or on disk and loaded by transformers (with torch)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlp.errors import ModelFault
from nlp.model import ModelSpan

if TYPE_CHECKING:
    from collections.abc import Callable

_LABELS = {"PER": "PER", "PERS": "PER", "PERSON": "PER", "ORG": "ORG", "LOC": "LOC", "GPE": "LOC", "MISC": "MISC"}
# Models of this kind read 512 pieces; a line of news has fewer.
_LONGEST_LINE = 1_500
_MOST_LINES = 100


class HubEntities:
    """Reads persons, organisations and places by any token classifier that transformers can load."""

    def __init__(self, read: Callable[[str], list[dict[str, Any]]]) -> None:
        self._read = read

    @classmethod
    def load(cls, name: str) -> HubEntities:
        """Load a model by its name on the hub ("CAMeL-Lab/bert-base-arabic-camelbert-msa-ner") or its folder.

        Raises ModelFault where torch is not installed, or where the model cannot be had.
        """
        try:
            from transformers import pipeline  # noqa: PLC0415 - only who names a model waits for it

            return cls(pipeline("token-classification", model=name, aggregation_strategy="first", device=-1))
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise ModelFault(f"the model {name!r} for entities cannot be loaded (torch is needed): {first}") from error

    def read(self, text: str) -> tuple[ModelSpan, ...]:
        """Return the entities of a text, line by line; a line is read up to 1,500 characters."""
        found: list[ModelSpan] = []
        position = 0
        for number, line in enumerate(text.split("\n")):
            if number < _MOST_LINES and line.strip():
                for told in self._read(line[:_LONGEST_LINE]):
                    label = _LABELS.get(str(told["entity_group"]).upper())
                    if label is not None:
                        start, end = position + int(told["start"]), position + int(told["end"])
                        found.append(ModelSpan(start, end, label, float(told["score"])))
            position += len(line) + 1
        return tuple(found)
