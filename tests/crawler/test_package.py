from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import crawler


def test_the_public_names_are_these():
    assert sorted(crawler.__all__) == [
        "Article", "CrawlFailedError", "CrawlOptions", "CrawlProgress", "CrawlerError", "Discovered", "Extracted",
        "Extraction", "Kind", "OptionsError", "Outlet", "PrivateAddressError", "PublishedFrom", "Reason", "Registry",
        "RegistryError", "Rejection", "Sink", "Source", "SourceCheck", "SourceReport", "Validators", "bundled_registry",
        "bundled_registry_text", "canonical_url", "check", "crawl", "discover", "extract", "load_registry", "watch",
    ]  # fmt: skip
    for name in crawler.__all__:
        assert getattr(crawler, name) is not None


def test_importing_the_package_imports_nothing_heavy():
    heavy = ["scrapy", "twisted", "lxml", "trafilatura", "feedparser", "dateparser", "pydantic", "courlan"]
    script = f"import sys, crawler; print(sorted(set(sys.modules) & set({heavy})))"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


READERS = """
import asyncio, sys
from crawler.reading import Readers
from crawler.registry import Outlet

async def run():
    readers = Readers(2)
    outlet = Outlet(id="a", name="a", url="http://a.iq/")
    page = b"<h1>x</h1><p>" + b"word " * 30
    await asyncio.gather(*(readers.extract(page, "http://a.iq/1", outlet, "") for _ in range(4)))
    print(*(process.pid for process in readers._pool._processes.values()), flush=True)
    await asyncio.sleep(60)

asyncio.run(run())
"""


def test_readers_end_with_a_crawl_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", READERS], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        readers = [int(word) for word in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    assert readers
    deadline = time.monotonic() + 10
    while any(is_running(reader) for reader in readers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [reader for reader in readers if is_running(reader)]


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
