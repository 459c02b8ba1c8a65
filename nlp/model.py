"""The trained reader: stance, needs, urgency, parties, facilities, entities and an embedding of one text.

An encoder of twelve layers with several heads, eight-bit weights, run by onnxruntime without torch (`models/README.md`
is its card, `training/` makes it again). Its tokenizer is the one of transformers' fast tokenizers.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp.characters import Characters, Letters, sigmoid, softmax
from nlp.errors import ModelFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from nlp.analysis import Stance, Urgency

STANCES: tuple[Stance, ...] = ("appeal", "complaint", "response", "mention", "none")
URGENCIES: tuple[Urgency, ...] = ("critical", "high", "normal")
_ENTITIES = ("PER", "ORG", "LOC", "MISC")

JUDGED_PIECES = 384
"""Pieces of a text by which the item is judged: news tells its matter in front."""

_STRIDE = 320
# Persons and organisations are looked for in the first windows; no news item has more.
_MOST_WINDOWS = 12
# Half a surrogate pair is in no vocabulary and in no UTF-8.
_UNSAYABLE = dict.fromkeys(range(0xD800, 0xE000), " ")

_HEADS = ["stance", "needs", "urgency", "embedding", "parties", "entities"]

Offsets = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ModelSpan:
    """A stretch of the text as given that a head marked, its label, and how sure the head is (0..1)."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the model says of one text; probabilities in 0..1, `embedding` a unit vector of 128 numbers.

    `letters` has the probabilities of the linear reader by "stance", "needs" and "urgency". `parties` have the
    labels "WHO" and "WHOM", `entities` PER, ORG, LOC and MISC.
    """

    stance: Mapping[Stance, float]
    needs: Mapping[str, float]
    urgency: Mapping[Urgency, float]
    letters: Letters
    parties: tuple[ModelSpan, ...]
    entities: tuple[ModelSpan, ...]
    embedding: tuple[float, ...]


class Model:
    """Reads texts one by one. Safe to share by threads."""

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, characters: Characters, card: Mapping[str, Any]
    ) -> None:
        self._session = session
        self._characters = characters
        self._tokenizer = tokenizer
        self._needs: tuple[str, ...] = tuple(card["needs"])
        self.version: str = card["version"]
        self.weights: Mapping[str, Any] = card["deciding"]
        """What `nlp.deciding` weighs rules and model with."""

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 0) -> Model:
        """Load the shipped model, or one from a folder; `threads` 0 takes as many as there are cores, two at most.

        Raises ModelFault where a file is missing or is none of ours.
        """
        import onnxruntime  # noqa: PLC0415 - half a second that rules alone need not wait for
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above

        where = folder or Path(str(resources.files("nlp").joinpath("models")))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(2, os.cpu_count() or 1)
        # Threads that wait leave the cores to others: three workers on two cores read half as much again.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            card = json.loads((where / "model.json").read_text(encoding="utf-8"))
            tokenizer = Tokenizer.from_file(str(where / "tokenizer.json"))
            session = onnxruntime.InferenceSession(
                str(where / "reader.onnx"), options, providers=["CPUExecutionProvider"]
            )
            return cls(session, tokenizer, Characters.load(where / "characters.npz"), card)
        except Exception as error:  # the three libraries raise what they like
            raise ModelFault(f"the model in {where} cannot be loaded: {error}") from error

    def read(self, text: str) -> Told:
        """Read a text of any kind and length; entities are looked for in its first 4,000 pieces or so."""
        text = text.translate(_UNSAYABLE)
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids, offsets = encoding.ids, _trimmed(text, encoding.offsets)
        windows = list(_windows(len(ids)))
        told = [self._run(ids[start:end]) for start, end in windows]
        first, last = told[0], windows[0][1]
        stance, urgency = softmax(first["stance"]), softmax(first["urgency"])
        return Told(
            stance=dict(zip(STANCES, stance.tolist(), strict=True)),
            needs=dict(zip(self._needs, sigmoid(first["needs"]).tolist(), strict=True)),
            urgency=dict(zip(URGENCIES, urgency.tolist(), strict=True)),
            letters=self._characters.read(text),
            parties=tuple(_spans(offsets[:last], first["parties"], ("WHO", "WHOM"))),
            entities=tuple(_spans(*_words(text, offsets, _joined(windows, told)), _ENTITIES)),
            embedding=tuple(first["embedding"].tolist()),
        )

    def tag(self, words: Sequence[str]) -> list[str]:
        """Return the BIO tags of words in a row, as ANERcorp and its like give them; "O" beyond the first window."""
        text = " ".join(words).translate(_UNSAYABLE)
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids[: JUDGED_PIECES - 2]
        places = {
            start: index
            for index, (start, end) in reversed([*enumerate(_trimmed(text, encoding.offsets[: len(ids)]))])
            if end > start
        }
        starts = [sum(len(word) + 1 for word in words[:index]) for index in range(len(words))]
        known = [index for index, start in enumerate(starts) if start in places]
        tags = ["O"] * len(words)
        if known:
            logits = self._run(ids)["entities"][[places[starts[index]] for index in known]]
            for index, tag in zip(known, _likeliest(softmax(logits)), strict=True):
                tags[index] = "O" if tag == 0 else f"{'B' if tag % 2 else 'I'}-{_ENTITIES[(tag - 1) // 2]}"
        return tags

    def _run(self, ids: Sequence[int]) -> dict[str, NDArray[np.float32]]:
        row = np.array([[0, *ids, 2]], dtype=np.int64)
        found = self._session.run(_HEADS, {"input_ids": row, "attention_mask": np.ones_like(row)})
        return {
            name: value[0] if value.ndim == 2 else value[0][1:-1] for name, value in zip(_HEADS, found, strict=True)
        }


def _joined(windows: Sequence[Offsets], told: Sequence[Mapping[str, NDArray[np.float32]]]) -> NDArray[np.float32]:
    """Return the entity logits of all windows; where two overlap, each has the half that it has more context for."""
    joined = np.zeros((windows[-1][1], told[0]["entities"].shape[-1]), np.float32)
    for (start, end), window in zip(windows, told, strict=True):
        first = start + (JUDGED_PIECES - 2 - _STRIDE) // 2 if start else 0
        joined[first:end] = window["entities"][first - start :]
    return joined


def _windows(pieces: int) -> Iterator[Offsets]:
    """Yield overlapping stretches of pieces, one at least."""
    room = JUDGED_PIECES - 2
    start = 0
    for _ in range(_MOST_WINDOWS):
        yield start, min(start + room, pieces)
        if start + room >= pieces:
            return
        start += _STRIDE


def _trimmed(text: str, offsets: Sequence[Offsets]) -> list[Offsets]:
    """Return where each piece stands, without the space before a word and without what the next piece claims too."""
    found: list[Offsets] = []
    for index, (first, end) in enumerate(offsets):
        last = min(end, max(first, offsets[index + 1][0])) if index + 1 < len(offsets) else end
        start = first
        while start < last and text[start].isspace():
            start += 1
        found.append((start, last))
    return found


def _words(
    text: str, offsets: Sequence[Offsets], logits: NDArray[np.float32]
) -> tuple[list[Offsets], NDArray[np.float32]]:
    """Return the words that the pieces make, and the logits of the piece that each begins with.

    That piece was trained to tell.
    """
    found: list[Offsets] = []
    rows: list[int] = []
    for index, (start, end) in enumerate(offsets[: len(logits)]):
        if end <= start:
            continue
        if found and start == found[-1][1] and text[start - 1].isalnum() and text[start].isalnum():
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
            rows.append(index)
    return found, logits[rows]


def _spans(offsets: Sequence[Offsets], logits: NDArray[np.float32], labels: Sequence[str]) -> Iterator[ModelSpan]:
    """Yield the spans of the likeliest row of BIO tags in which no inside tag follows another label or none."""
    if not len(logits):
        return
    chances = softmax(logits)
    best = _likeliest(chances)
    opened: list[int] = []
    label = -1
    for index, (start, end) in [*enumerate(offsets), (len(offsets), (0, 1))]:
        if end <= start:
            continue
        tag = int(best[index]) if index < len(offsets) else 0
        kind = (tag - 1) // 2
        if opened and (tag == 0 or tag % 2 == 1 or kind != label):
            score = float(np.mean([chances[inner, best[inner]] for inner in opened]))
            yield ModelSpan(offsets[opened[0]][0], offsets[opened[-1]][1], labels[label], score)
            opened = []
        if tag:
            opened.append(index)
            label = kind


def _likeliest(chances: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the likeliest valid row of tags (Viterbi 1967); 0 is outside, odd tags begin, even ones go on."""
    tags = chances.shape[1]
    after = np.full((tags, tags), -np.inf)
    after[:, [0, *range(1, tags, 2)]] = 0.0
    for inside in range(2, tags, 2):
        after[[inside - 1, inside], inside] = 0.0
    logs = np.log(np.maximum(chances, 1e-9))
    score = logs[0] + after[0]
    came = np.zeros(chances.shape, np.int64)
    for index in range(1, len(logs)):
        steps = score[:, None] + after
        came[index] = steps.argmax(0)
        score = steps.max(0) + logs[index]
    row = np.zeros(len(logs), np.int64)
    row[-1] = score.argmax()
    for index in range(len(logs) - 1, 0, -1):
        row[index - 1] = came[index, row[index]]
    return row
