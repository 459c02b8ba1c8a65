"""How fast the index writes and answers, on generated Documents."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from index import Field, Query, Sort
from service.bench.documents import NEWEST, documents, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from index import Index

BATCH = 500
"""Documents a write, as the indexer brings them."""

DESK_FACETS = (
    Field.STANCE,
    Field.URGENCY,
    Field.NEED,
    Field.GOVERNORATE,
    Field.PRIMARY,
    Field.FACILITY_TYPE,
    Field.OUTLET,
    Field.CASE_STATE,
    Field.DAY,
)
"""Fields counted with every search: all that the desk shows as facets and more."""

_HITS = 20


@dataclass(frozen=True, slots=True)
class Indexing:
    """What writing cost: Documents written, and seconds taken by the index alone."""

    documents: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


@dataclass(frozen=True, slots=True)
class Searching:
    """What searches cost: how many there were, over how many Documents, latencies in milliseconds, mean hits found.

    `slowest` has the query texts of the five slowest with their latencies, to see what to improve.
    """

    searches: int
    documents: int
    p50: float
    p95: float
    highest: float
    mean_total: float
    slowest: tuple[tuple[str, float], ...]


def bench_index(
    index: Index, count: int, *, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> Indexing:
    """Write `count` generated Documents into an empty index.

    The time for generating them is not counted. `progress` is told (written, count) Documents.
    """
    seconds = 0.0
    written = 0
    source = documents(count, seed)
    while batch := list(islice(source, BATCH)):
        started = time.perf_counter()
        written += index.write(batch).stored
        seconds += time.perf_counter() - started
        if progress is not None:
            progress(written, count)
    index.refresh()
    return Indexing(written, seconds)


def bench_search(index: Index, *, searches: int = 300, seed: int = 1) -> Searching:
    """Run a seeded mix of queries such as editors ask, each once after a short warm-up, and return their latencies."""
    for query in islice(queries(seed + 1), 10):
        index.search(query)
    taken: list[tuple[float, str]] = []
    found = 0
    for query in islice(queries(seed), searches):
        started = time.perf_counter()
        page = index.search(query)
        taken.append(((time.perf_counter() - started) * 1000, f"{query.text} [{query.sort}]"))
        found += page.total
    taken.sort()
    latencies = [latency for latency, _ in taken]
    return Searching(
        searches=searches,
        documents=index.count(),
        p50=percentile(latencies, 50),
        p95=percentile(latencies, 95),
        highest=latencies[-1],
        mean_total=found / searches,
        slowest=tuple((text, latency) for latency, text in taken[:-6:-1]),
    )


def queries(seed: int) -> Iterator[Query]:
    """Yield queries without end, as editors ask.

    One to three words, phrases, alternatives and exclusions, with and without filters, half of them by relevance; every
    one with all facets and a page of 20 marked hits.
    """
    known = vocabulary(1)
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    news = sorted(known.news)
    while True:
        words = [chance.choice(news if chance.random() < 0.8 else known.tail[:5000]) for _ in range(3)]
        text = chance.choices(
            (
                words[0],
                " ".join(words[:2]),
                " ".join(words),
                f'"{words[0]} {words[1]}"',
                f"{words[0]} OR {words[1]}",
                f"{words[0]} -{words[1]}",
                "",
            ),
            weights=(30, 30, 12, 8, 6, 4, 10),
        )[0]
        yield Query(
            text=text,
            filters=_filters(chance),
            since=NEWEST - timedelta(days=chance.choice((7, 30, 365))) if chance.random() < 0.3 else None,
            sort=Sort.RELEVANCE if chance.random() < 0.5 else Sort.NEWEST,
            size=_HITS,
            facets=DESK_FACETS,
        )


def _filters(chance: random.Random) -> dict[Field, tuple[str, ...]]:
    filters: dict[Field, tuple[str, ...]] = {}
    if chance.random() < 0.5:
        filters[Field.STANCE] = ("appeal", "complaint")
    if chance.random() < 0.25:
        filters[Field.GOVERNORATE] = (chance.choice(("IQ-BG", "IQ-BA", "IQ-KA", "IQ-MU")),)
    if chance.random() < 0.15:
        filters[Field.NEED] = ("water", "electricity")
    return filters


@dataclass(frozen=True, slots=True)
class Exporting:
    """What reading everything out cost: Documents, seconds, and bytes by which the process grew at most."""

    documents: int
    seconds: float
    growth: int


def bench_export(index: Index) -> Exporting:
    """Scan the whole index, as an export does, and watch the memory (Linux only; raises OSError elsewhere)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before = _peak()
    started = time.perf_counter()
    read = sum(1 for _ in index.scan(Query()))
    return Exporting(read, time.perf_counter() - started, _peak() - before)


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def percentile(ordered: list[float], percent: int) -> float:
    """Return the nearest-rank percentile of values in ascending order."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
