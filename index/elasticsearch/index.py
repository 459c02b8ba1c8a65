"""The `Index` protocol on Elasticsearch."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index.address import without_login
from index.elasticsearch import versions
from index.elasticsearch.documents import FIELDS, from_source
from index.elasticsearch.failing import translated
from index.elasticsearch.searching import Searcher
from index.elasticsearch.server import connect, prefix
from index.elasticsearch.writing import delete, write
from index.marking import marked
from index.refusal import LONGEST_KEYWORD, encodable
from index.synonyms import NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from index.address import ServerOptions
    from index.document import Document
    from index.protocol import Hit, Page, Query, Written
    from index.synonyms import Synonyms


class ElasticsearchIndex:
    """An `index.protocol.Index` on a server, made there by the first call where there is none.

    Opening it does not ask the server anything, so that everything but searching goes on while the server is away.
    Raises BadIndexAddress for a URL or options that cannot be used.
    """

    def __init__(self, url: str, options: ServerOptions, synonyms: Synonyms = NONE) -> None:
        self._options = options
        self._synonyms = synonyms
        self._client = connect(url, self._options)
        self._names = versions.Names.of(prefix(url))
        self.address = without_login(url)
        self._prepared = False
        self._unseen = False
        self._lock = threading.Lock()

    def write(self, documents: Iterable[Document]) -> Written:
        """See `Index.write`; requests have at most 500 Documents or 8 MB."""
        with self._speaking():
            self._unseen = True
            return write(self._client, self._names, documents)

    def delete(self, ids: Iterable[str]) -> int:
        """See `Index.delete`."""
        with self._speaking():
            self._unseen = True
            return delete(self._client, self._names, ids)

    def refresh(self) -> None:
        """See `Index.refresh`."""
        with self._speaking():
            self._unseen = False
            self._client.indices.refresh(index=self._names.write)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the Document's own field name
        """See `Index.get`; what was written is there at once, before it can be searched."""
        if not id or not encodable(id) or len(id.encode()) > LONGEST_KEYWORD:
            return None
        with self._speaking():
            (found,) = self._client.mget(index=self._names.read, ids=[id], source_includes=FIELDS)["docs"]
        return from_source(found["_source"]) if found.get("found") else None

    def search(self, query: Query) -> Page:
        """See `Index.search`."""
        with self._speaking():
            return Searcher(self._client, self._names.read, self._synonyms).search(query)

    def marked(self, document: Document, query: Query) -> Hit:
        """See `Index.marked`."""
        return marked(document, query, self._synonyms)

    def scan(self, query: Query) -> Iterator[Document]:
        """See `Index.scan`; the Documents are those of the moment of the first one, whatever is written meanwhile."""
        with self._speaking():
            yield from Searcher(self._client, self._names.read, self._synonyms).scan(query)

    def count(self) -> int:
        """See `Index.count`; counts what can be searched."""
        with self._speaking():
            held: int = self._client.count(index=self._names.read)["count"]
            return held

    def clear(self) -> None:
        """See `Index.clear`."""
        with self._speaking():
            new = versions.make_next(self._client, self._names, self._options.replicas)
            versions.drop(self._client, versions.swap(self._client, self._names, new))

    @contextmanager
    def rebuilt(self) -> Iterator[ElasticsearchIndex]:
        """See `Index.rebuilt`; what was there before is kept behind no alias until `drop_old`."""
        with translated(self.address):
            new = versions.make_next(self._client, self._names, self._options.replicas)
        filled = self._speaking_of(versions.Names(new, new, aliased=False))
        try:
            yield filled
            filled.refresh()
        except BaseException:
            with translated(self.address):
                versions.drop(self._client, (new,))
            raise
        with translated(self.address):
            versions.swap(self._client, self._names, new)
        self._prepared = True

    def old(self) -> tuple[str, ...]:
        """See `Index.old`: indexes that no alias leads to any more."""
        with translated(self.address):
            return versions.old(self._client, self._names)

    def drop_old(self) -> tuple[str, ...]:
        """See `Index.drop_old`."""
        with translated(self.address):
            names = versions.old(self._client, self._names)
            versions.drop(self._client, names)
        return names

    def describe(self) -> str:
        """See `Index.describe`."""
        with self._speaking():
            version = self._client.info()["version"]["number"]
            health = self._client.cluster.health(index=self._names.read)
            behind = ", ".join(versions.current(self._client, self._names))
        return (
            f"Elasticsearch {version} at {self.address}, {health['number_of_data_nodes']} data nodes, "
            f"{health['status']}, {self._names.read} is {behind}"
        )

    def close(self) -> None:
        """See `Index.close`; what was written can be searched afterwards, as in a file."""
        if self._unseen:
            self.refresh()
        self._client.close()

    def __enter__(self) -> Self:
        """Return the index itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        if error is not None:
            self._unseen = False
        self.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with translated(self.address):
            with self._lock:
                if not self._prepared:
                    versions.prepare(self._client, self._names, self._options.replicas)
                    self._prepared = True
            yield

    def _speaking_of(self, names: versions.Names) -> ElasticsearchIndex:
        """Return an index with the same connection that reads and writes other names."""
        other = object.__new__(ElasticsearchIndex)
        other._options, other._client, other._names = self._options, self._client, names
        other._synonyms = self._synonyms
        other.address, other._prepared, other._unseen, other._lock = self.address, True, False, threading.Lock()
        return other
