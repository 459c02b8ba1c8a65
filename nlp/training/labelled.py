"""Every labelled item there is to train on, with its origin."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp.training.marked import read_marked

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

WRITTEN, REAL, DEVELOPMENT = "written", "real", "development"
"""Origins: written for this project; real texts labelled by id; the development items."""

CASES = "cases-[a-c].jsonl"
"""Groups of one case that the encoder learns its embedding from; `joining` learns from the others."""

MOST_PLAIN = 150
"""Real headlines and real posts labelled `none` that are trained on, of each.

With all of them the model learns that what sounds like the one outlet or channel they come from asks for nothing.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled text: `labels` has the keys of `rasid evaluate`; `spans` tells whether facilities are labelled too."""

    id: str
    origin: str
    batch: str
    text: str
    labels: dict[str, Any]
    spans: bool


def all_items(shared: Path | None) -> list[Item]:
    """Return the items of the repository and, where `shared` holds their texts, the real and development ones."""
    items = list(written_items())
    if shared is not None:
        items += [*real_items(shared), *development_items(shared)]
    return items


def written_items() -> Iterator[Item]:
    """Yield the items of `items/*.txt`."""
    for file in sorted((HERE / "items").glob("*.txt")):
        for labels in read_marked(file.read_text(encoding="utf-8")):
            yield Item(labels["id"], WRITTEN, file.stem, labels["text"], labels, spans=True)


def real_items(shared: Path) -> Iterator[Item]:
    """Yield the real headlines and posts that `labels/*.tsv` labels by id; their texts stand in `shared` only.

    A line is: id, stance, needs (by commas, or -) and urgency (or -), by tabs.
    """
    texts = {
        "headlines": {headline_id(row["url"]): row["title"] for row in _rows(shared / "text" / "headlines.jsonl")},
        "posts": {row["id"]: row["text"] for row in _rows(shared / "text" / "posts.jsonl")},
    }
    for file in sorted((HERE / "labels").glob("*.tsv")):
        plain = 0
        for line in file.read_text(encoding="utf-8").splitlines():
            number, stance, needs, urgency = line.split("\t")
            text = texts[file.stem].get(number)
            plain += stance == "none"
            if text is None or (stance == "none" and plain > MOST_PLAIN):
                continue
            labels: dict[str, Any] = {"id": number, "stance": stance}
            if needs != "-":
                labels |= {"needs": needs.split(","), "urgency": urgency}
            yield Item(number, REAL, file.stem, text, labels, spans=False)


def development_items(shared: Path) -> Iterator[Item]:
    """Yield the development items of `shared/eval/dev`."""
    for name in ("articles", "headlines", "posts"):
        for labels in _rows(shared / "eval" / "dev" / f"{name}.jsonl"):
            yield Item(str(labels["id"]), DEVELOPMENT, name, labels["text"], labels, spans=True)


def headline_id(url: str) -> str:
    """Name a headline by its address: the first 16 hexadecimal digits of the SHA-256."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _rows(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
