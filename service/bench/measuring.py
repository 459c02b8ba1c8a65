"""What `rasid bench` runs and how it tells the figures."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index import Index
    from service.bench.analysing import Analysing

# More than this many documents make the comparison with `parallel_bulk` no surer.
_MOST_BULK = 60_000


def measure(target: str, *, documents: int, as_json: bool) -> Iterator[str]:
    """Run the benchmarks of a target ("all" for every one) and yield a line for each as it is done."""
    runs = {
        "crawl": _crawl,
        "index": _index_and_search,
        "search": _index_and_search,
        "nlp": _nlp,
        "up": _up,
        "desk": _desk,
        "alerts": _alerts,
    }
    chosen = dict.fromkeys(runs.values() if target == "all" else [runs[target]])
    for run in chosen:
        for name, told, figures in run(documents):
            yield json.dumps({"bench": name, **figures}, default=str) if as_json else f"{name:8} {told}"


def _crawl(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.crawl import bench_crawl  # noqa: PLC0415 - only this one needs Scrapy

    for result in bench_crawl():
        yield "crawl", str(result), asdict(result)


def _index_and_search(documents: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from index import open_index  # noqa: PLC0415 - only this one needs an index

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        with open_index(f"sqlite:///{file}") as index:
            yield from _searched("sqlite", index, documents)
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
        yield "index", f"sqlite: {size / documents / 1000:.1f} kB a document on disk", {"bytes": size}
    server = os.environ.get("RASID_BENCH_ELASTICSEARCH", "")
    if not server:
        yield "index", "elasticsearch: left out; RASID_BENCH_ELASTICSEARCH=http://127.0.0.1:9200 measures it", {}
        return
    yield from _on_server(server, documents)


def _on_server(url: str, documents: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from index import ServerOptions, open_index  # noqa: PLC0415 - only this one needs an index
    from index.elasticsearch.server import connect  # noqa: PLC0415 - as above
    from service.bench.server import bench_bulk, drop  # noqa: PLC0415 - as above

    client = connect(url, ServerOptions())
    bulk = bench_bulk(url, ServerOptions(), client, min(documents, _MOST_BULK))
    told = f"elasticsearch: {bulk.ours:.0f} documents a second, parallel_bulk {bulk.theirs:.0f}, ratio {bulk.ratio:.2f}"
    yield "index", told, {**asdict(bulk), "ratio": bulk.ratio}
    prefix = f"rasid-bench-{uuid.uuid4().hex[:8]}"
    try:
        with open_index(f"{url}?prefix={prefix}") as index:
            yield from _searched("elasticsearch", index, documents)
    finally:
        drop(client, prefix)


def _searched(name: str, index: Index, documents: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.search import bench_export, bench_index, bench_search  # noqa: PLC0415 - see above

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("writing generated documents", total=documents)
        written = bench_index(index, documents, progress=lambda done, _: progress.update(task, completed=done))
    told = f"{name}: {written.documents} documents, {written.per_second:.0f} a second"
    yield "index", told, {"on": name, **asdict(written)}
    searched = bench_search(index)
    told = (
        f"{name}: {searched.searches} searches over {searched.documents} documents: p50 {searched.p50:.1f} ms, "
        f"p95 {searched.p95:.1f} ms, slowest {searched.highest:.1f} ms"
    )
    yield "search", told, {"on": name, **asdict(searched)}
    exported = bench_export(index)
    told = (
        f"{name}: {exported.documents} documents read out in {exported.seconds:.0f} s, "
        f"the process grew by {exported.growth / 1e6:.0f} MB"
    )
    yield "search", told, {"on": name, **asdict(exported)}


def _nlp(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.analysing import bench_analysing, bench_recogniser, texts  # noqa: PLC0415 - needs the model

    given = texts()
    for model in (False, True):
        done = bench_analysing(given, model=model)
        yield "nlp", _told(done), asdict(done)
    try:
        ours, theirs = bench_recogniser(given)
    except ImportError as error:
        yield "nlp", f"NERecognizer is left out: {error}", {}
        return
    for done in (ours, theirs):
        yield "nlp", _told(done), asdict(done)
    yield "nlp", f"ours is {ours.per_second / theirs.per_second:.1f} times as fast", {}


def _told(done: Analysing) -> str:
    return (
        f"{done.reader}: {done.per_second:.1f} texts a second ({done.characters:.0f} characters each), "
        f"loaded in {done.loading:.2f} s, {done.memory / 1e6:.0f} MB"
    )


def _up(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.running import bench_up  # noqa: PLC0415 - only this one serves the newsroom

    seen = bench_up()
    told = f"rasid up takes {seen.busy / 1e6:.0f} MB while it crawls five outlets, {seen.idle / 1e6:.0f} MB idle"
    yield "up", told, asdict(seen)


def _desk(documents: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        urls = f"sqlite:///{folder}/rasid.db", f"sqlite:///{folder}/rasid-index.db"
        yield from _asked("sqlite", Path(folder), *urls, documents)
    server, database = (os.environ.get(f"RASID_BENCH_{name}", "") for name in ("ELASTICSEARCH", "POSTGRESQL"))
    if not server or not database:
        told = (
            "servers: left out; RASID_BENCH_ELASTICSEARCH and RASID_BENCH_POSTGRESQL (an empty database) measure them"
        )
        yield "desk", told, {}
        return
    from index import ServerOptions  # noqa: PLC0415 - only this one needs an index
    from index.elasticsearch.server import connect  # noqa: PLC0415 - as above
    from service.bench.server import drop  # noqa: PLC0415 - as above

    prefix = f"rasid-bench-{uuid.uuid4().hex[:8]}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from _asked("servers", Path(folder), database, f"{server}?prefix={prefix}", documents)
    finally:
        drop(connect(server, ServerOptions()), prefix)


def _asked(
    name: str, folder: Path, database_url: str, index_url: str, documents: int
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from index import open_index  # noqa: PLC0415 - only this one needs an index
    from service.bench.desk import bench_crowd, bench_pages, serving  # noqa: PLC0415 - as above
    from service.bench.newsroom import fill  # noqa: PLC0415 - as above
    from service.database.engine import Database  # noqa: PLC0415 - as above

    with Database.open(database_url, create=True) as database, open_index(index_url) as index:
        room = fill(database, index, documents)
    with serving(folder, database_url, index_url) as served:
        for page in bench_pages(served, room):
            told = (
                f"{name}: {page.page}: p50 {page.p50:.0f} ms, p95 {page.p95:.0f} ms, slowest {page.highest:.0f} ms, "
                f"processor {page.busy:.0f} ms"
            )
            yield "desk", told, {"on": name, **asdict(page)}
        crowd = bench_crowd(served, room)
    told = (
        f"{name}: {crowd.editors} editors at once: {crowd.requests} requests in {crowd.seconds:.0f} s, "
        f"{crowd.errors} errors, p50 {crowd.p50:.0f} ms, p95 {crowd.p95:.0f} ms"
    )
    yield "desk", told, {"on": name, **asdict(crowd)}


def _alerts(_: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    from service.bench.alerts import bench_latency, bench_matching  # noqa: PLC0415 - only this one sends mail

    matched = bench_matching()
    told = (
        f"{matched.subscriptions} subscriptions against {matched.documents} new Documents: "
        f"{matched.seconds:.2f} s, processor {matched.processor:.2f} s"
    )
    yield "alerts", told, asdict(matched)
    seen = bench_latency()
    legs = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in seen.legs.items())
    told = (
        f"from the feed to the accepted mail: p50 {seen.p50:.1f} s, p95 {seen.p95:.1f} s, longest {seen.highest:.1f} s "
        f"({seen.items} items in a burst, {seen.fetched} fetched, {seen.told} of {seen.appeals} appeals told; medians: "
        f"{legs}); reading a text takes {seen.analysis:.0f} ms, load {seen.load:.0f}"
    )
    yield "alerts", told, asdict(seen)
