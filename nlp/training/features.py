"""Labelled texts as numbers: pieces, and what each head is to learn of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nlp.training.corpora import FINE_LABELS, LABELS
from nlp.training.marked import NEEDS, STANCES, URGENCIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenizers import Tokenizer

    from nlp.training.corpora import Sentence

IGNORED = -100
"""What torch's cross entropy leaves out."""

LONGEST = 384
"""Pieces of a text that are read, the two marks at its ends included; news tells its matter in front."""

_ASKING = frozenset({"appeal", "complaint"})


@dataclass
class Example:
    """One text; a head without labels has None or an empty list.

    Tags are a number a piece, IGNORED where none is meant.
    """

    ids: list[int]
    stance: int | None = None
    needs: list[float] | None = None
    urgency: int | None = None
    tags: dict[str, list[int]] = field(default_factory=dict)


def item_example(tokenizer: Tokenizer, text: str, labels: dict[str, Any], *, spans: bool) -> Example:
    """Return a labelled item; needs, urgency and parties only where somebody asks or suffers."""
    encoding = tokenizer.encode(text)
    pieces = _pieces(text, encoding)
    example = Example(encoding.ids[: LONGEST - 1] + encoding.ids[-1:] if len(encoding.ids) > LONGEST else encoding.ids)
    example.stance = STANCES.index(labels["stance"])
    if labels["stance"] in _ASKING and labels.get("needs"):
        example.needs = [float(need in labels["needs"]) for need in NEEDS]
        example.urgency = URGENCIES.index(labels["urgency"])
    if spans:
        example.tags["facilities"] = _span_tags(pieces, [[(f["start"], f["end"]) for f in labels["facilities"]]])
    if spans and "appellants" in labels and labels["stance"] in _ASKING:
        parties = [[(s["start"], s["end"]) for s in labels[key]] for key in ("appellants", "addressees")]
        example.tags["parties"] = _span_tags(pieces, parties)
    length = len(example.ids)
    example.tags = {head: [*tags[: length - 1], IGNORED][:length] for head, tags in example.tags.items()}
    return example


def sentence_example(tokenizer: Tokenizer, sentence: Sentence, head: str) -> Example:
    """Return a sentence of an entity corpus for the head `entities` or `fine`.

    The first piece of a word bears its tag.
    """
    words, tags = sentence
    names = LABELS if head == "entities" else FINE_LABELS
    ids, first = word_pieces(tokenizer, words)
    numbers = [IGNORED] * len(ids)
    for piece, tag in zip(first, tags, strict=True):
        if piece is not None:
            numbers[piece] = names.index(tag)
    return Example(ids[:LONGEST], tags={head: numbers[:LONGEST]})


def word_pieces(tokenizer: Tokenizer, words: Sequence[str]) -> tuple[list[int], list[int | None]]:
    """Return the pieces of words in a row, and which of them each word begins with (None for a word of marks alone)."""
    text = " ".join(words)
    encoding = tokenizer.encode(text)
    places = {start: index for index, (start, end) in reversed(list(enumerate(_pieces(text, encoding)))) if end > start}
    starts = [sum(len(word) + 1 for word in words[:index]) for index in range(len(words))]
    return encoding.ids, [places.get(start) for start in starts]


def _pieces(text: str, encoding: Any) -> list[tuple[int, int]]:
    """Return where each piece stands, the space before a word left out; empty for the marks at the ends."""
    found = []
    for first, end in encoding.offsets:
        start = first
        while start < end and text[start].isspace():
            start += 1
        found.append((start, end))
    return found


def _span_tags(pieces: Sequence[tuple[int, int]], kinds: Iterable[Sequence[tuple[int, int]]]) -> list[int]:
    """Return BIO numbers: 0 outside, 1 and 2 for the first kind of spans, 3 and 4 for the second."""
    tags = [0 if end > start else IGNORED for start, end in pieces]
    for kind, spans in enumerate(kinds):
        for first, last in sorted(spans, key=lambda span: span[0] - span[1]):
            inside = False
            for index, (start, end) in enumerate(pieces):
                # A piece belongs to the span that holds its middle: a clitic may be glued to the front.
                if end > start and first <= (start + end - 1) / 2 < last:
                    tags[index] = 2 * kind + (2 if inside else 1)
                    inside = True
    return tags
