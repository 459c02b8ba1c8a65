"""A real HTTP server with the troubles of real sites, and crawls in processes of their own (a reactor runs once)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("crawl_child.py")


def pytest_configure(config: pytest.Config) -> None:
    # urllib3 warns while trafilatura, which does not need it, tries to import its SOCKS support.
    config.addinivalue_line("filterwarnings", "ignore:SOCKS support in urllib3 requires")


@dataclass
class Answer:
    """What the server says to one path. `pieces` times `body` are sent without a Content-Length."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    pieces: int = 0
    etag: str = ""


class Site:
    """Serves `answers` by `host/path` on loopback; hosts are names under .localhost."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: Counter[str] = Counter()
        self.agents: set[str] = set()
        self._server = ThreadingHTTPServer(("0.0.0.0", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, address: str) -> str:
        host, _, path = address.partition("/")
        return f"http://{host}.localhost:{self.port}/{path}"

    def add(self, address: str, body: bytes | str = b"", **given: Any) -> str:
        data = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": "text/html; charset=utf-8", **given.pop("headers", {})}
        self.answers[address] = Answer(data, headers=headers, **given)
        return self.url(address)

    def redirect(self, address: str, to: str) -> str:
        return self.add(address, status=302, headers={"Location": to})

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's, within
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host = (self.headers.get("Host") or "").partition(":")[0].removesuffix(".localhost")
                address = f"{host}{self.path}"
                site.requests[address] += 1
                site.agents.add(self.headers.get("User-Agent") or "")
                answer = site.answers.get(address, Answer(b"nothing here", 404, {"Content-Type": "text/plain"}))
                time.sleep(answer.delay)
                try:
                    self._answer(answer)
                except OSError:
                    self.close_connection = True

            def _answer(self, answer: Answer) -> None:
                if answer.etag and self.headers.get("If-None-Match") == answer.etag:
                    self.send_response(304)
                    self.send_header("ETag", answer.etag)
                    self.end_headers()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.etag:
                    self.send_header("ETag", answer.etag)
                if answer.pieces:
                    self.close_connection = True
                    self.send_header("Connection", "close")
                else:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                for _ in range(answer.pieces or 1):
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing: the tests count requests."""

        return Handler


@dataclass(frozen=True)
class Crawled:
    """What a crawl in a child process gave, as it printed it."""

    articles: list[dict[str, Any]]
    rejections: list[dict[str, Any]]
    reports: dict[str, dict[str, Any]]
    finished: list[dict[str, Any]]
    progress: list[dict[str, Any]]
    raised: str
    result: Any
    stderr: str

    def article(self, url: str) -> dict[str, Any]:
        return next(article for article in self.articles if article["url"] == url)

    def reason(self, url: str) -> str:
        return next((found["reason"] for found in self.rejections if found["url"] == url), "")


def run_crawl_in_child(**request: Any) -> Crawled:
    """Run `crawl_child.py` with a request: `registry` (TOML) and what that file documents."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
    child = subprocess.run(
        [sys.executable, str(CHILD)],
        input=json.dumps(request, default=sorted),
        capture_output=True,
        text=True,
        env=environment,
        timeout=90,
        check=False,
    )
    if child.returncode:
        raise AssertionError(child.stderr[-3000:])
    return Crawled(**json.loads(child.stdout.splitlines()[-1]), stderr=child.stderr)


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()


def make_page(title: str, *paragraphs: str, head: str = "", lang: str = "ar") -> str:
    """Return a page as a news site has it, with a menu, a share bar and links around the article."""
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    other = "خبر آخر من الأخبار الكثيرة في القائمة الجانبية رقم"
    links = "".join(f'<li><a href="/other/{n}">{other} {n}</a></li>' for n in range(9))
    return f"""<!doctype html><html lang="{lang}" dir="rtl"><head><meta charset="utf-8">
<title>{title} - صحيفة المثال</title>
<meta property="og:site_name" content="صحيفة المثال">{head}</head><body><header><nav><ul>
<li><a href="/">الرئيسية</a></li>
<li><a href="/local">محليات</a></li></ul></nav></header><main><article><h1>{title}</h1>{body}
<div class="share-bar"><a href="#">فيسبوك</a> <a href="#">تويتر</a></div></article></main>
<aside class="sidebar"><h3>آخر الأخبار</h3><ul>{links}</ul></aside>
<footer>جميع الحقوق محفوظة لصحيفة المثال</footer></body></html>"""


def make_rss(*items: tuple[str, str] | tuple[str, str, str]) -> str:
    """Return a feed of (address, title[, date])."""
    rows = "".join(
        f"<item><title>{item[1]}</title><link>{item[0].replace('&', '&amp;')}</link>"
        f"{f'<pubDate>{item[2]}</pubDate>' if len(item) > 2 else ''}</item>"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>مثال</title>{rows}</channel></rss>'
    )


def make_registry(*sources: tuple[str, str, str] | tuple[str, str, str, str]) -> str:
    """Return a registry of one outlet with sources of (id, kind, address[, further lines])."""
    tables = "".join(
        f'\n[[outlet.source]]\nid = "{source[0]}"\nkind = "{source[1]}"\nurl = "{source[2]}"\n{"".join(source[3:])}\n'
        for source in sources
    )
    return f'[[outlet]]\nid = "example"\nname = "صحيفة المثال"\nurl = "http://example.localhost/"\n{tables}'


@pytest.fixture(scope="session")
def crawl_in_child() -> Callable[..., Crawled]:
    return run_crawl_in_child


@pytest.fixture(scope="session")
def page() -> Callable[..., str]:
    return make_page


@pytest.fixture(scope="session")
def rss() -> Callable[..., str]:
    return make_rss


@pytest.fixture(scope="session")
def registry() -> Callable[..., str]:
    return make_registry


@pytest.fixture(scope="module")
def module_site() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()
