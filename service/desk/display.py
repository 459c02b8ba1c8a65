"""Makes scraped text safe to look at: what reorders, hides or breaks a line of display is taken out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup

_UNDISPLAYABLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # control characters but for tab and newline
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates (UAX 9): markup isolates instead
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotation
    "\ud800-\udfff]"  # lone surrogates, which UTF-8 cannot carry
)


def clean(text: str) -> str:
    """Return the text without characters that would reorder or hide what stands around it."""
    return _UNDISPLAYABLE.sub("", text)


def shown(value: object) -> object:
    """Return what a template prints for `value`: strings cleaned, markup of our own as it is."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def web_address(url: str) -> str:
    """Return the URL where a browser may be sent there (http or https, with a host), else ""."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and host else ""
