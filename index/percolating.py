"""The reverse of a search: which of a few Documents each of many queries finds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from index.synonyms import Synonyms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.document import Document
    from index.protocol import Query


def percolate(
    documents: Iterable[Document], queries: Iterable[Query], synonyms: Iterable[Sequence[str]] = ()
) -> list[frozenset[str]]:
    """Return for each query the ids of the Documents that it finds, in the order of the queries.

    What any Index answers, its order and pages aside: the Documents are put into an embedded one that is thrown away,
    and no server is asked. `synonyms` as for `open_index`.
    """
    from index.sqlite.index import SqliteIndex  # noqa: PLC0415 - who asks a server needs no SQLite

    with (
        tempfile.TemporaryDirectory(prefix="rasid-percolate-") as folder,
        SqliteIndex(Path(folder) / "documents.db", Synonyms(synonyms)) as index,
    ):
        index.write(documents)
        return list(index.found_ids(queries))
