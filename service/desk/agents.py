"""What a browser calls itself, in words that its user knows."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""A piece of the User-Agent and its browser, the more special first: most claim to be the ones after them too."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def called(agent: str) -> str:
    """Return browser and system («Firefox, Android»), or what can be read of an agent that is neither."""
    known = [next((name for piece, name in names if piece in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in known if name) or agent[:40]
