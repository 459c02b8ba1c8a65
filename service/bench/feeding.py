"""Feeds of four outlets that grow by so many items a second, of which one in nine asks for something."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Self

from service.bench.pages import host, other_news

if TYPE_CHECKING:
    from types import TracebackType

OUTLETS: Final = 4
ASKING: Final = 9
"""Of so many items one is an appeal, each of another place and need."""

SHOWN: Final = 200
"""Items that a feed lists, the newest."""

_PLACES = (
    ("البصرة", "الزبير"),
    ("ميسان", "المجر الكبير"),
    ("ذي قار", "الشطرة"),
    ("واسط", "النعمانية"),
    ("بابل", "المحاويل"),
    ("كربلاء", "الحسينية"),
    ("النجف", "المناذرة"),
    ("الديوانية", "عفك"),
    ("المثنى", "الخضر"),
    ("ديالى", "المقدادية"),
    ("صلاح الدين", "بيجي"),
    ("كركوك", "الحويجة"),
    ("نينوى", "سنجار"),
    ("الأنبار", "هيت"),
    ("دهوك", "زاخو"),
    ("أربيل", "سوران"),
    ("السليمانية", "رانية"),
)
_NEEDS = (
    "معالجة شح مياه الشرب",
    "إصلاح محولة الكهرباء",
    "توفير الأدوية في المستشفى",
    "ترميم مدرسة آيلة للسقوط",
    "تبليط الطريق الرئيس",
    "صرف رواتبهم المتأخرة",
    "معالجة طفح مياه المجاري",
    "توزيع قطع الأراضي السكنية",
    "إعادة النازحين إلى ديارهم",
    "تجهيز المولدات بالوقود",
)


class Feeds:
    """Serves the feeds and pages from a thread; `begin` lets the first item appear."""

    def __init__(self, per_second: float, items: int) -> None:
        self._per_second, self._items = per_second, items
        self._begun: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="feeds", daemon=True)
        self.asked = threading.Event()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def begin(self) -> None:
        """Let the first item appear now."""
        self._begun = time.time()

    def appeared(self, number: int) -> float:
        """Return the time at which an item stood in its feed."""
        return (self._begun or 0.0) + number / self._per_second

    def url(self, number: int) -> str:
        """Return the address of an item."""
        return f"http://{host(number % OUTLETS)}:{self.port}/news/{number}"

    def registry(self) -> str:
        """Return the outlets as a `sources.toml`."""
        outlet = '[[outlet]]\nid = "outlet-{0}"\nname = "منفذ {0}"\nurl = "http://{1}:{2}/"\nverified = true\n'
        source = '[[outlet.source]]\nid = "feed-{0}"\nkind = "feed"\nurl = "http://{1}:{2}/rss.xml"\ninterval = 1\n'
        return "\n".join((outlet + source).format(number, host(number), self.port) for number in range(OUTLETS))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode()
                name = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"host:"))
                writer.write(self._response(path, name.split(b":", 1)[1].strip().decode()))
                await writer.drain()

    def _response(self, path: str, name: str) -> bytes:
        if path == "/rss.xml":
            self.asked.set()
            body, kind, status = (
                self._feed(int(name.partition("-")[2].partition(".")[0])),
                "application/rss+xml",
                "200 OK",
            )
        elif path.startswith("/news/"):
            body, kind, status = self._page(int(path.removeprefix("/news/"))), "text/html; charset=utf-8", "200 OK"
        else:
            body, kind, status = b"", "text/plain", "404 Not Found"
        return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def _feed(self, outlet: int) -> bytes:
        there = 0
        if self._begun is not None:
            there = min(self._items, int((time.time() - self._begun) * self._per_second) + 1)
        numbers = [number for number in range(there) if number % OUTLETS == outlet][-SHOWN:]
        items = "".join(
            f"<item><title>{text(number)[0]}</title><link>{self.url(number)}</link>"
            f"<pubDate>{self._published(number)}</pubDate></item>"
            for number in reversed(numbers)
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>outlet</title>{items}</channel></rss>'.encode()

    def _published(self, number: int) -> str:
        return format_datetime(datetime.fromtimestamp(self.appeared(number), UTC))

    def _page(self, number: int) -> bytes:
        title, *paragraphs = text(number)
        said = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        published = datetime.fromtimestamp(self.appeared(number), UTC).isoformat()
        return f"""<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title} - المنفذ</title>
<meta property="og:title" content="{title}"><meta property="og:type" content="article"><meta
property="article:published_time" content="{published}"></head><body><main><article><h1>{title}</h1>
<div class="entry-content">{said}</div></article></main></body></html>""".encode()


def asks(number: int) -> bool:
    """Say whether an item is an appeal."""
    return number % ASKING == 0


def text(number: int) -> tuple[str, ...]:
    """Return title and paragraphs of an item, the same for the same number; no two appeals are of one case."""
    words = random.Random(number)  # noqa: S311 - filler, not a secret
    filler = [f"{other_news(words.randint(25, 60), words)}." for _ in range(4)]
    if not asks(number):
        return other_news(9, words), *filler
    at = number // ASKING
    governorate, town = _PLACES[at % len(_PLACES)]
    need = _NEEDS[at % len(_NEEDS)]  # 17 places and 10 needs: 170 pairs
    title = f"أهالي {town} يناشدون محافظ {governorate} {need}"
    asked = f"ناشد أهالي قضاء {town} في محافظة {governorate} المحافظ التدخل العاجل من أجل {need}، بعد معاناة طويلة."
    # no filler: the reader takes an appeal among sentences of football for a page that tells of none
    more = f"وقال أحد سكان {town} إن {need} مطلب قديم لم يستجب له أحد منذ {words.randint(2, 30)} شهراً رغم المناشدات."
    return title, asked, more
