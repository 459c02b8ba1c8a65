"""What `rasid up` takes: memory of its processes while it crawls, analyses and serves, and when it is idle."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from service.bench.environment import environment
from service.demo.server import Newsroom
from service.demo.sources import registry_text

_BUSY_SECONDS = 15.0
_IDLE_SECONDS = 5.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Running:
    """Memory of `rasid up` on the sample newsroom, in bytes of proportional set size summed over its processes.

    `busy` is the most seen while it crawled five outlets, `idle` what stayed when nothing was left to do.
    """

    busy: int
    idle: int


def bench_up() -> Running:
    """Run `rasid up` on the sample newsroom and watch it in /proc (Linux only; raises OSError elsewhere)."""
    with tempfile.TemporaryDirectory() as folder, Newsroom(port=0) as room:
        (Path(folder) / "sources.toml").write_text(registry_text(room.port), encoding="utf-8")
        settings = {"PORT": "0", "CRAWL_DELAY": "0.02", "CRAWL_PRIVATE_HOSTS": ",".join(room.hosts)}
        command = [sys.executable, "-P", "-m", "service", "up"]
        with subprocess.Popen(command, cwd=folder, env=environment(settings), stderr=subprocess.DEVNULL) as process:
            try:
                busy = max(_watched(process.pid, _BUSY_SECONDS))
                idle = max(_watched(process.pid, _IDLE_SECONDS))
            finally:
                process.terminate()
    return Running(busy=busy, idle=idle)


def _watched(process: int, seconds: float) -> list[int]:
    end = time.monotonic() + seconds
    seen = []
    while time.monotonic() < end:
        seen.append(sum(_memory(one) for one in _family(process)))
        time.sleep(_LOOK_SECONDS)
    return seen


def _family(process: int) -> list[int]:
    """Return a process and all that descend from it."""
    family = [process]
    for one in family:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                family += [int(child) for child in children.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread or process that ended meanwhile
    return family


def _memory(process: int) -> int:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
