"""How fast texts are read: by rules alone, with the model, and beside camel-tools' NERecognizer."""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp import Analyser
from service.demo import load_outlets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SECONDS = 10.0
_COMPARED = 40
"""Texts that the other recogniser reads: it takes seconds for each."""

TEXTS = "RASID_BENCH_TEXTS"
"""The environment variable that names a file of texts (JSON lines with "text" or "title") to read instead."""


@dataclass(frozen=True, slots=True)
class Analysing:
    """What a reader took: `characters` is the mean length, `loading` in seconds, `memory` in bytes at most."""

    reader: str
    texts: int
    seconds: float
    characters: float
    loading: float
    memory: int

    @property
    def per_second(self) -> float:
        """Texts a second."""
        return self.texts / self.seconds


def texts() -> list[str]:
    """Return the sample newsroom's Arabic items, or those of the file that RASID_BENCH_TEXTS names."""
    file = os.environ.get(TEXTS)
    if file:
        rows = [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines() if line.strip()]
        return [row.get("text") or row["title"] for row in rows]
    return [f"{item.title}\n{item.body}" for outlet in load_outlets() for item in outlet.items if item.language == "ar"]


def bench_analysing(given: Sequence[str], *, model: bool) -> Analysing:
    """Analyse the texts again and again for ten seconds."""
    started = time.perf_counter()
    analyser = Analyser.load(model=model)
    loading = time.perf_counter() - started
    return _timed("rules and model" if model else "rules alone", analyser.analyse, given, loading)


def bench_recogniser(given: Sequence[str]) -> tuple[Analysing, Analysing]:
    """Read the same texts by camel-tools' NERecognizer with a BERT of the usual size, and by ours, in turns.

    Its weights are random, which take as long as trained ones. Raises ImportError where torch is not installed.
    """
    with tempfile.TemporaryDirectory() as empty:
        _without_catalogue(Path(empty))
        from camel_tools.ner import NERecognizer  # type: ignore[import-untyped]  # noqa: PLC0415 - torch is optional
    from camel_tools.tokenizers.word import simple_word_tokenize  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    chosen = list(given)[:: max(1, len(given) // _COMPARED)][:_COMPARED]
    with tempfile.TemporaryDirectory() as folder:
        _random_bert(Path(folder), chosen)
        started = time.perf_counter()
        other = NERecognizer(folder, use_gpu=False)
        loading = time.perf_counter() - started

    def recognise(text: str) -> Any:
        return other.predict([simple_word_tokenize(line) for line in text.splitlines() if line.strip()])

    started = time.perf_counter()
    analyser = Analyser.load()
    loaded = time.perf_counter() - started
    seconds = {"ours": 0.0, "theirs": 0.0}
    for text in chosen:
        for name, read in (("ours", analyser.analyse), ("theirs", recognise)):
            started = time.perf_counter()
            read(text)
            seconds[name] += time.perf_counter() - started
    length = sum(map(len, chosen)) / len(chosen)
    return (
        Analysing("ours, in turns", len(chosen), seconds["ours"], length, loaded, _peak()),
        Analysing("NERecognizer", len(chosen), seconds["theirs"], length, loading, _peak()),
    )


def _without_catalogue(folder: Path) -> None:
    """Let camel-tools find an empty list of its models: on import it would fetch one."""
    (folder / "catalogue.json").write_text('{"version": "1", "packages": {}, "components": {}}', encoding="utf-8")
    os.environ["CAMELTOOLS_DATA"] = str(folder)


def _timed(name: str, read: Callable[[str], object], given: Sequence[str], loading: float) -> Analysing:
    done = 0
    started = time.perf_counter()
    while (seconds := time.perf_counter() - started) < _SECONDS:
        read(given[done % len(given)])
        done += 1
    length = sum(len(given[index % len(given)]) for index in range(done)) / done
    return Analysing(name, done, seconds, length, loading, _peak())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _random_bert(folder: Path, given: Sequence[str]) -> None:
    """Write a BERT-base for token classification with random weights, and a vocabulary of the letters of some texts."""
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer  # noqa: PLC0415 - needs torch

    letters = sorted({letter for text in given for letter in text if not letter.isspace()})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    labels = ["O", *(f"{mark}-{name}" for name in ("LOC", "ORG", "PERS", "MISC") for mark in "BI")]
    config = BertConfig(
        vocab_size=30_000, id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)}
    )
    BertForTokenClassification(config).save_pretrained(folder)
