"""The setting that names an index, and the index behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.errors import BadIndexAddress
from index.synonyms import Synonyms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.protocol import Index

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How an Elasticsearch is reached, besides its URL.

    Attributes:
        ca: PEM file of the authority that signed its certificate; None for those that the system trusts.
        fingerprint: SHA-256 of its certificate (hexadecimal), instead of `ca`; "" for none.
        api_key: encoded API key, instead of a user and password in the URL; "" for none.
        replicas: copies of each shard; None keeps one where there is a second node.

    """

    ca: Path | None = None
    fingerprint: str = ""
    api_key: str = ""
    replicas: int | None = None

    def __repr__(self) -> str:
        """Return the options without the key."""
        return f"ServerOptions(ca={self.ca}, fingerprint={self.fingerprint!r})"


def open_index(url: str, options: ServerOptions | None = None, synonyms: Iterable[Sequence[str]] = ()) -> Index:
    """Return the index that `url` names, made where there is none.

    `sqlite:///index.db` is a file in the working directory, `sqlite:////var/lib/rasid/index.db` an absolute one, as
    SQLAlchemy reads them. `https://user:password@host:9200` is an Elasticsearch, 8.19 or 9.x, reached as `options`
    say; the names of its indexes begin with rasid, or with NAME where the URL ends in `?prefix=NAME`.
    `synonyms` are groups of names that mean the same: a search for one of them finds the others too.
    Raises BadIndexAddress for any other URL, IndexUnavailable and IndexBroken as
    `index.sqlite.index.SqliteIndex` does; a server is not asked before the first call.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        from index.sqlite.index import SqliteIndex  # noqa: PLC0415 - who asks another kind of index needs no SQLite

        return SqliteIndex(Path(url.removeprefix(_SQLITE)), Synonyms(synonyms))
    if url.startswith(("http://", "https://")):
        from index.elasticsearch.index import ElasticsearchIndex  # noqa: PLC0415 - as above, and 0.3 s to import

        return ElasticsearchIndex(url, options or ServerOptions(), Synonyms(synonyms))
    raise BadIndexAddress(
        f"the index {without_login(url)!r} is no address such as sqlite:///rasid-index.db or https://host:9200"
    )


def without_login(url: str) -> str:
    """Return `url` as it may be shown: addresses of servers carry passwords."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition(":")[0]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
