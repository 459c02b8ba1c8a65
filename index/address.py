"""The setting that names an index, and the index behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.errors import BadIndexAddress

if TYPE_CHECKING:
    from index.protocol import Index

_SQLITE = "sqlite:///"


def open_index(url: str) -> Index:
    """Return the index that `url` names, made where there is none.

    `sqlite:///index.db` is a file in the working directory, `sqlite:////var/lib/rasid/index.db` an absolute one, as
    SQLAlchemy reads them. Raises BadIndexAddress for any other URL, IndexUnavailable and IndexBroken as
    `index.sqlite.index.SqliteIndex` does.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        from index.sqlite.index import SqliteIndex  # noqa: PLC0415 - who asks another kind of index needs no SQLite

        return SqliteIndex(Path(url.removeprefix(_SQLITE)))
    if url.startswith(("http://", "https://")):
        raise BadIndexAddress(
            f"the index {_without_login(url)} is an Elasticsearch, which a later version of Rasid can use: "
            "this one needs a file, such as sqlite:///rasid-index.db"
        )
    raise BadIndexAddress(f"the index {_without_login(url)!r} is no address such as sqlite:///rasid-index.db")


def _without_login(url: str) -> str:
    """Return `url` as it may be shown: addresses of servers carry passwords."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition(":")[0]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
