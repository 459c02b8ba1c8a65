"""What `rasid bench` runs and how it tells the figures."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator


def measure(target: str, *, documents: int, as_json: bool) -> Iterator[str]:
    """Run the benchmarks of a target ("all" for every one) and yield a line for each as it is done."""
    runs = {"crawl": _crawl, "index": _index_and_search, "search": _index_and_search, "nlp": _nlp, "up": _up}
    chosen = dict.fromkeys(runs.values() if target == "all" else [runs[target]])
    for run in chosen:
        for name, told, figures in run(documents):
            if target in {"all", name} or run is not _index_and_search:
                yield json.dumps({"bench": name, **figures}, default=str) if as_json else f"{name:8} {told}"


def _crawl(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.crawl import bench_crawl  # noqa: PLC0415 - only this one needs Scrapy

    for result in bench_crawl():
        yield "crawl", str(result), asdict(result)


def _index_and_search(documents: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from index import open_index  # noqa: PLC0415 - only this one needs an index
    from service.bench.search import bench_index, bench_search  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("writing generated documents", total=documents)
            written = bench_index(file, documents, progress=lambda done, _: progress.update(task, completed=done))
        size = written.bytes / written.documents / 1000
        told = f"{written.documents} documents, {written.per_second:.0f} a second, {size:.1f} kB each on disk"
        yield "index", told, asdict(written)
        with open_index(f"sqlite:///{file}") as index:
            searched = bench_search(index)
        told = (
            f"{searched.searches} searches over {searched.documents} documents: p50 {searched.p50:.1f} ms, "
            f"p95 {searched.p95:.1f} ms, slowest {searched.highest:.1f} ms"
        )
        yield "search", told, asdict(searched)


def _nlp(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.analysing import bench_analysing  # noqa: PLC0415 - only this one needs the gazetteer

    done = bench_analysing()
    told = (
        f"{done.per_second:.0f} texts a second ({done.characters:.0f} characters each), loaded in {done.loading:.2f} s"
    )
    yield "nlp", told, asdict(done)


def _up(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.running import bench_up  # noqa: PLC0415 - only this one serves the newsroom

    seen = bench_up()
    told = f"rasid up takes {seen.busy / 1e6:.0f} MB while it crawls five outlets, {seen.idle / 1e6:.0f} MB idle"
    yield "up", told, asdict(seen)
