"""How fast the desk answers: `rasid serve` over a filled newsroom, asked by one client and then by many at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import urllib3

from service.bench.documents import COMMON_GOVERNORATES, COMMON_NEEDS, vocabulary
from service.bench.environment import environment
from service.bench.newsroom import EDITORS, PASSWORD
from service.bench.search import percentile, queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.bench.newsroom import Newsroom

REQUESTS = 60
"""Requests of each page, each another one where the page can differ."""

CROWD = 50
"""Editors who work at once."""

CROWD_SECONDS = 30.0
THINKING = (2.0, 6.0)
"""Seconds for which each of them looks at a page, at least and at most."""

_WARMING = 3
_SCRIPT = {"HX-Request": "true", "HX-Target": "list"}


@dataclass(frozen=True, slots=True)
class Answering:
    """How long a page took, in milliseconds.

    `busy` is the mean of the processor time that the server took, which a busy machine changes little, and `bytes` the
    mean size of the answer.
    """

    page: str
    requests: int
    p50: float
    p95: float
    highest: float
    busy: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many editors at once got: `errors` are answers that were not the page, or none."""

    editors: int
    seconds: float
    requests: int
    errors: int
    p50: float
    p95: float
    highest: float


class Editor:
    """A logged-in HTTP client that keeps its connection."""

    def __init__(self, address: str, name: str, cookie: str = "") -> None:
        self.address, self.name = address, name
        self._pool = urllib3.PoolManager(retries=False, timeout=60)
        self._cookie = cookie or self._log_in(address, name)

    def _log_in(self, address: str, name: str) -> str:
        form = urlencode({"name": name, "password": PASSWORD})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._pool.request("POST", f"{address}/login", body=form, headers=headers, redirect=False)
        if answer.status != 303:
            message = f"the desk let {name} not in: {answer.status}"
            raise RuntimeError(message)
        return answer.headers["Set-Cookie"].partition(";")[0]

    def beside(self) -> Editor:
        """Return another browser of the same session, with a connection of its own."""
        return Editor(self.address, self.name, self._cookie)

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, int]:
        """Return status and size of the answer."""
        told = {"Cookie": self._cookie, "Accept-Encoding": "identity", **(headers or {})}
        answer = self._pool.request("GET", f"{self.address}{path}", headers=told, redirect=False)
        return answer.status, len(answer.data)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to ask for: `path` makes another one each time, for which a script asks where `typed` is set."""

    name: str
    path: Callable[[], str]
    typed: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """What is sent with the request."""
        return _SCRIPT if self.typed else {}


def pages(room: Newsroom, seed: int = 1) -> tuple[Page, ...]:
    """Return every page that is measured."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    searched = queries(seed)
    news = sorted(word for word in vocabulary().news if len(word) > 3)

    def query(path: str, **more: str) -> str:
        return f"{path}?{urlencode(more)}"

    def filtered(path: str) -> str:
        """Return a list with one to three filters, or none."""
        wanted = {"need": COMMON_NEEDS, "governorate": COMMON_GOVERNORATES, "urgency": ("critical", "high")}
        chosen = {name: chance.choice(values) for name, values in wanted.items() if chance.random() < 0.4}
        return query(path, **chosen) if chosen else path

    def typing() -> str:
        word = chance.choice(news)
        return query("/", q=word[: chance.randint(2, len(word))], typing="1")

    def item() -> str:
        return chance.choice(room.items)

    def case() -> str:
        return chance.choice(room.cases)

    return (
        Page("list", lambda: filtered("/")),
        Page("search", lambda: query("/", q=next(searched).text, stance=chance.choice(("any", "appeal")))),
        Page("typing", typing, typed=True),
        Page("list with item", lambda: query("/", item=item())),
        Page("item", lambda: f"/item/{item()}"),
        Page("cases", lambda: filtered("/cases")),
        Page("cases with case", lambda: query("/cases", case=case())),
        Page("case", lambda: f"/cases/{case()}"),
        Page("overview", lambda: query("/overview", days=chance.choice(("7", "30", "90")))),
        Page("sources", lambda: "/sources"),
        Page("saved", lambda: "/saved"),
        Page("alerts", lambda: "/alerts"),
        Page("API items", lambda: query("/api/v1/items", q=next(searched).text)),
        Page("API cases", lambda: filtered("/api/v1/cases")),
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A running desk: where it answers, and the number of its process."""

    address: str
    process: int

    def busy(self) -> float:
        """Return the milliseconds of processor time that it has taken (Linux only; raises OSError elsewhere)."""
        told = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) * 1000 / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(folder: Path, database: str, index: str) -> Iterator[Served]:
    """Run `rasid serve` over a database and an index."""
    settings = {"PORT": "0", "DATABASE": database, "INDEX": index}
    command = [sys.executable, "-P", "-m", "service", "serve"]
    with subprocess.Popen(command, cwd=folder, env=environment(settings), stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                message = "the desk did not start"
                raise RuntimeError(message)
            yield Served(line.split()[-1], process.pid)
        finally:
            process.terminate()


def bench_pages(served: Served, room: Newsroom, requests: int = REQUESTS) -> Iterator[Answering]:
    """Ask for each page, one request after the other. Raises RuntimeError where one fails."""
    editor = Editor(served.address, EDITORS[0])
    for page in pages(room):
        taken, size, before = [], 0, 0.0
        for number in range(-_WARMING, requests):
            before = before if number else served.busy()
            path = page.path()
            started = time.perf_counter()
            status, length = editor.ask(path, page.headers)
            if status != 200:
                message = f"{path} answered {status}"
                raise RuntimeError(message)
            if number >= 0:
                taken.append((time.perf_counter() - started) * 1000)
                size += length
        taken.sort()
        yield Answering(
            page=page.name,
            requests=requests,
            p50=percentile(taken, 50),
            p95=percentile(taken, 95),
            highest=taken[-1],
            busy=(served.busy() - before) / requests,
            bytes=size // requests,
        )


def bench_crowd(served: Served, room: Newsroom, editors: int = CROWD, seconds: float = CROWD_SECONDS) -> Crowd:
    """Let many editors work at once, each with pages and pauses of its own."""
    taken: list[float] = []
    errors: list[str] = []
    known = [Editor(served.address, name) for name in EDITORS]
    logged_in = [known[number % len(known)].beside() for number in range(editors)]
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - reproducible on purpose
        shown = pages(room, seed=number + 2)
        time.sleep(chance.uniform(0, THINKING[1]))
        while time.monotonic() < end:
            page = chance.choice(shown)
            path = page.path()
            started = time.perf_counter()
            try:
                status, _ = logged_in[number].ask(path, page.headers)
            except urllib3.exceptions.HTTPError as error:
                errors.append(f"{path}: {error}")
            else:
                taken.append((time.perf_counter() - started) * 1000)
                if status != 200:
                    errors.append(f"{path}: {status}")
            time.sleep(chance.uniform(*THINKING))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(editors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    return Crowd(
        editors,
        seconds,
        len(taken),
        len(errors),
        percentile(taken, 50),
        percentile(taken, 95),
        taken[-1] if taken else 0.0,
    )
