"""The troubles of real sites, made on purpose: broken markup, a page without end, a document that is no page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HUGE_BYTES = 30 * 1024 * 1024
"""Size of the huge page: well over what any crawler should take for an article."""

BLANK_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)

_STRAY = b"<!-- \xff\xfe counter \xc3\x28 --><center><b>"
_ROW = '<p class="scan">صورة ضوئية ' + "&nbsp;" * 100 + "</p>\n"


def break_markup(page: bytes) -> bytes:
    """Return the page as a careless editor leaves it: bytes that are no UTF-8, tags unclosed or never opened."""
    page = re.sub(rb"</(?:p|li|span|h3)>", b"", page)
    page = page.replace(b'<div class="full-text">', _STRAY + b'</font><div class=full-text id="t>1">', 1)
    return page.replace(b"</body>", b"</table></div>", 1)


async def huge_page(title: str) -> AsyncIterator[bytes]:
    """Yield a page of `HUGE_BYTES` a piece at a time; it is never held in memory as a whole."""
    yield f'<!doctype html><html lang="ar" dir="rtl"><head><title>{title}</title></head><body>'.encode()
    piece = (_ROW * 100).encode()
    for _ in range(HUGE_BYTES // len(piece) + 1):
        yield piece
    yield b"</body></html>"
