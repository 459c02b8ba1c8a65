"""The index's settings and mapping: readable files, completed with what `index.arabic` knows of the language."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from index import arabic

SCHEMA = 2
"""Grows with every change of what is stored or how words are read; the physical indexes bear it in their names."""

_FOLDER = Path(__file__).parent
_LARGEST_FOLDED = 0x10000
"""Letters with variants, marks and presentation forms all stand below."""


def settings(*, replicas: int | None = None) -> dict[str, Any]:
    """Return the settings of a new index; `replicas` None lets the server keep one where it has a second node."""
    read: dict[str, Any] = json.loads((_FOLDER / "settings.json").read_text(encoding="utf-8"))
    analysis = read["analysis"]
    analysis["char_filter"]["rasid_letters"]["mappings"] = _letters()
    analysis["tokenizer"]["rasid_words"]["pattern"] = r"[\p{L}\p{N}]+"
    analysis["filter"]["rasid_stop"]["stopwords"] = sorted(arabic.STOP_WORDS)
    analysis["filter"]["rasid_names"]["rules"] = [f"{word} => {kept}" for word, kept in arabic.overrides().items()]
    if replicas is not None:
        read["index"] |= {"number_of_replicas": replicas, "auto_expand_replicas": False}
    return read


def mapping() -> dict[str, Any]:
    """Return the mapping: strict, so that an unknown field is an error."""
    read: dict[str, Any] = json.loads((_FOLDER / "mapping.json").read_text(encoding="utf-8"))
    return read


@cache
def _letters() -> list[str]:
    """Return every character that `index.arabic` replaces inside words, as rules of a mapping char filter."""
    rules = []
    for code in range(0x80, _LARGEST_FOLDED):
        letter = chr(code)
        if unicodedata.category(letter) == "Cs":
            continue
        folded = arabic.fold_letters(letter)
        if folded != letter:
            rules.append(f"\\u{code:04X} => {_escaped(folded)}")
    return rules


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04X}" for letter in text)
