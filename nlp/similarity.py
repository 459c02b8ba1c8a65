"""The same text on several outlets, lightly edited: MinHash signatures of word shingles and their LSH bands.

Method: Broder 1997; bands and rows after Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3.
What it cannot see: an appeal retold in other words, which shares hardly a shingle with the first telling.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from datasketch import MinHash  # type: ignore[import-untyped]  # ships no types

from nlp.normalisation import fold
from nlp.segmentation import words

if TYPE_CHECKING:
    from collections.abc import Sequence

PERMUTATIONS = 128
_BANDS = 32
_ROWS = PERMUTATIONS // _BANDS
_SHINGLE = 3
_SEED = 1
# News texts are compared by what stands in front; agencies append notes and links at the end.
_COMPARED_WORDS = 2_000

SAME_TEXT = 0.5
"""Two texts at or above this resemblance are one dispatch; the measurement stands in docs/nlp.md."""


def signature(text: str) -> tuple[int, ...]:
    """Return 128 numbers below 2**32 for the text's normalised three-word shingles; () for a text without words."""
    tokens = [word.text for word in words(fold(text))[:_COMPARED_WORDS]]
    if not tokens:
        return ()
    shingles = {" ".join(tokens[i : i + _SHINGLE]) for i in range(max(1, len(tokens) - _SHINGLE + 1))}
    sketch = MinHash(num_perm=PERMUTATIONS, seed=_SEED, scheme="affine32")
    sketch.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return tuple(int(value) for value in sketch.hashvalues)


def bands(numbers: Sequence[int]) -> tuple[str, ...]:
    """Return 32 keys: texts that share any are worth comparing (of those 0.5 alike 87% do, 0.7 alike all)."""
    return tuple(_key(band, tuple(numbers[band * _ROWS : (band + 1) * _ROWS])) for band in range(_BANDS) if numbers)


def _key(band: int, rows: tuple[int, ...]) -> str:
    return f"{band:02d}-{hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()}"


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """Estimate from two signatures the share of shingles two texts have in common (0..1); 0.0 where either is empty."""
    if not one or not other:
        return 0.0
    if len(one) != len(other):
        raise ValueError(f"signatures of {len(one)} and {len(other)} numbers do not compare: one is of another version")
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
