"""Bytes of a page to text, whatever its headers claim."""

from __future__ import annotations

import codecs
import re
from typing import Final

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

# Of the non-ASCII bytes, the share that may be broken before a text is no longer taken for UTF-8: a page pasted
# together from several sources has a few bad bytes, a windows-1256 page has almost nothing else.
_BROKEN_SHARE: Final = 0.02
_ARABIC: Final = re.compile("[\u0621-\u064a]")
_UNLIKELY: Final = re.compile("[\ufffd\u0080-\u009f\u00c0-\u00df\u00e3-\u00e6\u00f0-\u00f8]")


def decode_html(html: bytes, content_type: str = "") -> str:
    """Return the text of a page.

    Order: byte order mark; UTF-8 wherever the bytes are UTF-8, since no text in a legacy encoding is that by
    chance; then what the HTTP header and the page itself declare, and windows-1256, whichever gives the most
    Arabic and the least debris. `content_type` is the HTTP header. Never raises; broken bytes become U+FFFD.
    """
    marked, bom = read_bom(html)
    if marked and bom:
        return html[len(bom) :].decode(marked, "replace")
    if _is_utf8(html):
        return html.decode("utf-8", "replace")
    header = http_content_type_encoding(content_type)
    declared = [header, html_body_declared_encoding(html), "cp1256"]
    legacy = dict.fromkeys(name for name in map(_known, declared) if name and name != "utf-8")
    texts = [html.decode(name, "replace") for name in legacy]
    return max(texts, key=_arabic_score)


def _is_utf8(html: bytes) -> bool:
    high = html.translate(_HIGH_ONLY).count(1)
    if not high:
        return True
    return html.decode("utf-8", "replace").count("\ufffd") <= high * _BROKEN_SHARE


def _known(name: str | None) -> str | None:
    if not name:
        return None
    resolved = resolve_encoding(name)
    return codecs.lookup(resolved).name if resolved else None


def _arabic_score(text: str) -> int:
    sample = text[:200_000]
    return len(_ARABIC.findall(sample)) - 3 * len(_UNLIKELY.findall(sample))


_HIGH_ONLY: Final = bytes([0] * 128 + [1] * 128)
