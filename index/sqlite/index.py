"""The `Index` protocol on one SQLite file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.marking import marked
from index.refusal import encodable
from index.sqlite.packing import unpack
from index.sqlite.schema import renew
from index.sqlite.searching import found_ids, scan, search
from index.sqlite.session import Sessions
from index.sqlite.writing import delete, write
from index.synonyms import NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from index.document import Document
    from index.protocol import Hit, Page, Query, Written
    from index.synonyms import Synonyms


class SqliteIndex:
    """An `index.protocol.Index` in one SQLite file, made where there is none.

    Several threads may use one object, and several processes one file: one writes at a time, and readers go on
    meanwhile. A file that is deleted while it is open is made anew, empty, by the next call.

    Raises IndexBroken for a file that is damaged, of another schema version or of another program, IndexUnavailable
    where it cannot be opened or made.
    """

    def __init__(self, path: Path, synonyms: Synonyms = NONE) -> None:
        self.path = Path(path).absolute()
        self._sessions = Sessions(self.path)
        self._synonyms = synonyms

    def write(self, documents: Iterable[Document]) -> Written:
        """See `Index.write`; batches of 500 are stored whole or not at all."""
        return write(self._sessions, documents)

    def delete(self, ids: Iterable[str]) -> int:
        """See `Index.delete`."""
        return delete(self._sessions, ids)

    def refresh(self) -> None:
        """Do nothing: what `write` stored can be found when it returns."""

    def get(self, id: str) -> Document | None:  # noqa: A002 - the Document's own field name
        """See `Index.get`."""
        if not encodable(id):
            return None
        with self._sessions.reading() as session:
            packed = session.connection.execute("SELECT packed FROM document WHERE id = ?", (id,)).get
        return None if packed is None else unpack(packed)

    def search(self, query: Query) -> Page:
        """See `Index.search`."""
        with self._sessions.reading() as session:
            return search(session, query, self._synonyms)

    def marked(self, document: Document, query: Query) -> Hit:
        """See `Index.marked`."""
        return marked(document, query, self._synonyms)

    def scan(self, query: Query) -> Iterator[Document]:
        """See `Index.scan`; the Documents are those of the moment of the first one, whatever is written meanwhile."""
        with self._sessions.reading() as session:
            yield from scan(session, query, self._synonyms)

    def found_ids(self, queries: Iterable[Query]) -> Iterator[frozenset[str]]:
        """Yield for each query the ids of all Documents that match it, as they are at the moment of the first one."""
        with self._sessions.reading() as session:
            yield from found_ids(session, queries, self._synonyms)

    def count(self) -> int:
        """See `Index.count`."""
        with self._sessions.reading() as session:
            return len(session.facets.everything())

    def clear(self) -> None:
        """See `Index.clear`."""
        with self._sessions.writing() as connection:
            renew(connection)

    @contextmanager
    def rebuilt(self) -> Iterator[SqliteIndex]:
        """See `Index.rebuilt`; the file is emptied at once, and filled in batches that are searched as they come."""
        self.clear()
        yield self

    def old(self) -> tuple[str, ...]:
        """See `Index.old`."""
        return ()

    def drop_old(self) -> tuple[str, ...]:
        """See `Index.drop_old`."""
        return ()

    def describe(self) -> str:
        """See `Index.describe`."""
        return f"{self.path}, {self.path.stat().st_size / 1e6:.1f} MB"

    def close(self) -> None:
        """See `Index.close`."""
        self._sessions.close()

    def __enter__(self) -> Self:
        """Return the index itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
