"""A linear reader of letters beside the encoder: stance, needs and urgency by the n-grams of the folded words.

It is weaker alone and errs elsewhere, so the two together are better than either (docs/nlp.md). The n-grams are those
of scikit-learn's `char_wb`, hashed by CRC-32 here because importing scikit-learn takes longer than reading a hundred
texts.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp.errors import ModelFault
from nlp.normalisation import fold

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BUCKETS = 2**17
"""Numbers that n-grams are hashed to."""

_SHORTEST, _LONGEST = 2, 5
_WORD = re.compile(r"\w+|[^\w\s]")
# News tells its matter in front.
_READ = 2_000

Letters = dict[str, list[float]]
"""Probabilities of each stance, need and urgency, by "stance", "needs" and "urgency"."""


def buckets(text: str) -> dict[int, float]:
    """Return the hashed n-grams of a text's words with 1 + the logarithm of how often each occurs."""
    counted: Counter[int] = Counter()
    for word, often in Counter(_WORD.findall(fold(text[:_READ]))).items():
        padded = f" {word} ".encode("utf-32-le")
        length = len(padded) // 4
        for size in range(_SHORTEST, _LONGEST + 1):
            for start in range(max(1, length - size + 1)):
                counted[zlib.crc32(padded[4 * start : 4 * (start + size)]) % BUCKETS] += often
    return {bucket: 1.0 + math.log(often) for bucket, often in counted.items()}


class Characters:
    """Weights by bucket for each answer; loaded from `characters.npz`, made by `python -m nlp.training weigh`."""

    def __init__(self, stored: dict[str, NDArray[Any]]) -> None:
        self._rarity = stored["rarity"].astype(np.float32)
        self._heads = {
            name: (stored[f"{name}.weights"], stored[f"{name}.scale"].astype(np.float32), stored[f"{name}.base"])
            for name in ("stance", "needs", "urgency")
        }

    @classmethod
    def load(cls, file: Path) -> Characters:
        """Read the weights; raises ModelFault where the file is missing or is none of ours."""
        try:
            with file.open("rb") as opened, np.load(opened) as stored:
                return cls(dict(stored))
        except Exception as error:  # numpy and zipfile raise what they like for a file that is none
            raise ModelFault(f"{file} cannot be loaded: {error!r}") from error

    def read(self, text: str) -> Letters:
        """Return the probabilities of each stance (adding up to 1), each need, and each urgency (adding up to 1)."""
        found = buckets(text)
        places = np.fromiter(found, np.int64, len(found))
        values = np.fromiter(found.values(), np.float32, len(found)) * self._rarity[places]
        values /= max(float(np.linalg.norm(values)), 1e-9)
        told: Letters = {}
        for name, (weights, scale, base) in self._heads.items():
            scores = (weights[:, places].astype(np.float32) @ values) * scale + base
            told[name] = (sigmoid(scores) if name == "needs" else softmax(scores)).tolist()
        return told


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities that add up to 1 along the last axis."""
    raised: NDArray[np.float32] = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True), np.float32)


def sigmoid(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a probability for each score."""
    return np.asarray(1 / (1 + np.exp(-scores)), np.float32)
