"""How fast texts are read: the items of the sample newsroom, analysed one after the other on one core."""

from __future__ import annotations

import time
from dataclasses import dataclass

from nlp import Analyser
from service.demo import load_outlets

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Analysing:
    """`loading` is the time to read gazetteer and vocabulary, in seconds; `characters` the mean length of the texts."""

    texts: int
    seconds: float
    characters: float
    loading: float

    @property
    def per_second(self) -> float:
        """Texts a second."""
        return self.texts / self.seconds


def bench_analysing() -> Analysing:
    """Analyse the sample newsroom's Arabic items again and again for ten seconds."""
    started = time.perf_counter()
    analyser = Analyser.load()
    loading = time.perf_counter() - started
    texts = [
        f"{item.title}\n{item.body}" for outlet in load_outlets() for item in outlet.items if item.language == "ar"
    ]
    done = 0
    started = time.perf_counter()
    while (seconds := time.perf_counter() - started) < _SECONDS:
        analyser.analyse(texts[done % len(texts)])
        done += 1
    return Analysing(done, seconds, sum(map(len, texts)) / len(texts), loading)
