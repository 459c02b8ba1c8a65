"""The one form of an address by which an item is known."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from courlan.urlutils import get_tldinfo
from w3lib.url import canonicalize_url

# Parameters that say where a reader came from and never which item is meant. A short list of known names: generic
# ones (`source`, `id`, `key`, `ref`) are the item's key on some Iraqi sites.
_TRACKING: Final = re.compile(
    r"(?:utm_.+|mtm_.+|pk_(?:campaign|kwd|source|medium)|hsa_.+|mc_[ce]id|_hs(?:enc|mi)|vero_(?:id|conv)|oly_.+_id"
    r"|(?:fb|g|d|y|ys|tw|tt|msclk|wicked|li_fat_?)cl?id|fbclid|gclsrc|gbraid|wbraid|msclkid|igsh(?:id)?|mkt_tok"
    r"|_ga|_gl|s_cid|ref_src|ref_url|at_(?:medium|campaign|custom\d)|__twitter_impression|__cf_chl_\w+)",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOME_PATHS: Final = re.compile(r"/(?:index\.(?:html?|php|aspx?)|(?:ar|arabic|home|en|ku)/?)?", re.IGNORECASE)


def canonical_url(url: str, declared: str | None = None) -> str:
    """Return the canonical form of `url`, or of the address that its page declares.

    Scheme and host are lowered, the host is in its ASCII form, default ports, fragments, credentials and tracking
    parameters are gone, the rest of the query is sorted and percent-encoding is uniform (RFC 3986, 6.2.2).
    `declared` (a page's rel=canonical or og:url, possibly relative) is trusted only where it stands in the same
    registered domain and is not the home page: many sites declare one address on all their pages.

    Raises:
        ValueError: `url` is not an http(s) address with a host.

    """
    own = _normalise(url)
    if not declared or not declared.strip():
        return own
    try:
        other = _normalise(urljoin(own, declared.strip()))
    except ValueError:
        return own
    if is_home_page(other) or registered_domain(other) != registered_domain(own):
        return own
    return other


def is_home_page(url: str) -> bool:
    """Return whether the address is a site's front page and so never an item's."""
    parts = urlsplit(url)
    return not parts.query and _HOME_PATHS.fullmatch(parts.path or "/") is not None


def registered_domain(url: str) -> str:
    """Return the domain that was registered (`ina.iq` for `www.ina.iq`); the host itself where there is none."""
    host = urlsplit(url).hostname or ""
    return get_tldinfo(f"http://{host}/")[1] or host


def is_http_url(url: str) -> bool:
    """Return whether this is an absolute http(s) address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _normalise(url: str) -> str:
    if not is_http_url(url.strip()):
        message = f"not an http address with a host: {url[:200]!r}"
        raise ValueError(message)
    parts = urlsplit(canonicalize_url(url.strip(), keep_blank_values=True))
    host, port = parts.hostname or "", parts.port
    host = f"[{host}]" if ":" in host else host.removesuffix(".")
    netloc = host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", _without_tracking(parts.query), ""))


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)
