"""What SQLite's errors mean for who uses the index."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import apsw

from index.errors import IndexBroken, IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BROKEN = (
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.FormatError,
    apsw.SQLError,  # our statements are right, so that the tables are not; FTS5 says so of its own tables
    UnicodeDecodeError,  # stored text that is no UTF-8
)
_UNAVAILABLE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.CantOpenError,
    apsw.IOError,
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.NoMemError,
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise IndexBroken for a damaged file and IndexUnavailable for one that cannot be had now."""
    try:
        yield
    except _BROKEN as error:
        raise IndexBroken(f"{path} is damaged ({error}): delete it and run `rasid reindex`") from error
    except _UNAVAILABLE as error:
        raise IndexUnavailable(f"{path} cannot be used now: {error}") from error
