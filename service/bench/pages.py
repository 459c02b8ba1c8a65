"""Generated article pages, and a server for them in a process of its own: what the crawl is measured on.

As a program, `python -m service.bench.pages LATENCY PAGES`, it prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import random
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTS: Final = 8
"""Hosts that share the pages evenly: `outlet-0.localhost` and so on."""

PAGE_BYTES: Final = 30_000
"""Size of a page, two thirds of it markup and text, the rest inline script."""

_TEXT: Final = """
ناشد أهالي قرية ناحية قضاء محافظة الماء الكهرباء المدرسة المستشفى الطريق الجسر وزارة دائرة مديرية الحكومة
المحلية مجلس المواطنون العائلات الفلاحون الطلبة منذ أشهر بعد قبل خلال صيف شتاء انقطاع نقص شح توفير إصلاح تأهيل
صرف الرواتب العقود النازحين مخيم عودة قال أكد أضاف أوضح مدير مسؤول مختار شيخ نائب التدخل العاجل لإنهاء معاناة
معالجة المشكلة التي تسببت في تلف المحاصيل وهجرة السكان من منازلهم إلى المدينة القريبة على الرغم من المطالبات
المتكررة دون جدوى حتى الآن
"""
_WORDS: Final = _TEXT.split()

_OTHER_TEXT: Final = """
أعلن رئيس الوزراء وزير الخارجية البرلمان السفير اللقاء بحث العلاقات الثنائية بين البلدين التعاون الاقتصادي المباراة
المنتخب الوطني المدرب اللاعبين البطولة الدوري النفط الأسعار العالمية البورصة الدولار الطقس درجات الحرارة الأنواء الجوية
المعرض الكتاب المهرجان الثقافي الفنان الشاعر الجامعة المؤتمر العلمي الأمن القوات العملية الإرهاب الحدود الشركة العقد
التوقيع الاستثمار المشروع الافتتاح الاجتماع الجلسة القانون التصويت الكتلة التحالف الانتخابات المفوضية الأربعاء الخميس
"""
_OTHER_WORDS: Final = _OTHER_TEXT.split()

ASKING: Final = 8
"""Of so many pages one tells of a need, as in the news; the others are of politics, sport and the weather."""


def host(number: int) -> str:
    """Return the name of a host."""
    return f"outlet-{number}.localhost"


def feed(port: int, number: int, pages: int) -> bytes:
    """Return the feed of a host, which lists its share of `pages`."""
    links = (f"http://{host(number)}:{port}/news/{page}" for page in range(number, pages, HOSTS))
    items = "".join(f"<item><title>{_sentence(7)}</title><link>{link}</link></item>" for link in links)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>outlet</title>{items}</channel></rss>'.encode()


@cache
def page(number: int) -> bytes:
    """Return an article page as a WordPress news theme writes it, of `PAGE_BYTES`; the same for the same number."""
    words = random.Random(number)  # noqa: S311 - filler, not a secret
    said = _WORDS if number % ASKING == 0 else _OTHER_WORDS
    title = _sentence(9, words, said)
    paragraphs = "".join(f"<p>{_sentence(words.randint(20, 60), words, said)}.</p>" for _ in range(words.randint(5, 9)))
    related = "".join(
        f'<li><a href="/news/{other}"><img src="/i/{other}.jpg" alt=""><h4>{_sentence(8, words)}</h4></a></li>'
        for other in range(45)
    )
    sections = (f'<a href="/section/{at}">{_sentence(1, words)}</a>' for at in range(40))
    menu = "".join(f'<li class="menu-item">{link}</li>' for link in sections)
    share = "".join(f'<a class="share-{name}" href="#">{name}</a>' for name in ("facebook", "twitter", "telegram"))
    published = f"2026-06-{1 + number % 28:02}T09:00:00+03:00"
    html = f"""<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title} - المنفذ</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="المنفذ"><meta property="og:type"
content="article"><meta property="article:published_time" content="{published}"></head><body class="single">
<header><div class="logo">المنفذ</div><nav><ul>{menu}</ul></nav></header><main><article class="post">
<h1 class="entry-title">{title}</h1><div class="meta"><span class="date">{1 + number % 28} حزيران 2026</span></div>
<div class="entry-content">{paragraphs}</div><div class="share-buttons">{share}</div></article></main>
<aside class="sidebar"><h3>آخر الأخبار</h3><ul>{related}</ul></aside>
<footer>جميع الحقوق محفوظة</footer></body></html>"""
    encoded = html.encode()
    filler = b"<script>" + b"var slot = 1;\n" * max(0, (PAGE_BYTES - len(encoded)) // 14) + b"</script></head>"
    return encoded.replace(b"</head>", filler, 1)


def other_news(count: int, words: random.Random) -> str:
    """Return so many words of a text in which nobody asks for anything."""
    return _sentence(count, words, _OTHER_WORDS)


def _sentence(count: int, words: random.Random | None = None, said: Sequence[str] = _WORDS) -> str:
    words = words or random.Random(count)  # noqa: S311 - filler, not a secret
    return " ".join(words.choices(said, k=count))


async def _serve(latency: float, pages: int) -> None:
    for number in range(pages):
        page(number)
    port = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode()
                name = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"host:"))
                await asyncio.sleep(latency)
                writer.write(_response(path, int(name.split(b"-")[1].split(b".")[0]), port, pages))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


def _response(path: str, number: int, port: int, pages: int) -> bytes:
    if path == "/rss.xml":
        body, kind, status = feed(port, number, pages), "application/rss+xml", "200 OK"
    elif path.startswith("/news/"):
        body, kind, status = page(int(path.removeprefix("/news/"))), "text/html; charset=utf-8", "200 OK"
    else:
        body, kind, status = b"", "text/plain", "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), int(sys.argv[2])))
