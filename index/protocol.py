"""The Index protocol. It has exactly two implementations, held to one contract by one test suite."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from index.document import Document

MAXIMUM_PAGE = 500
"""Most hits that one page may hold; whole results are read with `Index.scan`."""


class Field(StrEnum):
    """What can be filtered by and counted. A filter's values are joined by OR, several fields by AND."""

    STANCE = "stance"
    URGENCY = "urgency"
    NEED = "need"  # Document.needs
    GOVERNORATE = "governorate"  # Document.governorates (mentioned)
    PRIMARY = "primary"  # Document.primary
    FACILITY_TYPE = "facility_type"  # Document.facility_types
    OUTLET = "outlet"
    CASE = "case"
    CASE_STATE = "case_state"
    GROUP = "group"
    CORRECTED = "corrected"  # Document.corrected
    DAY = "day"  # published, as YYYY-MM-DD in Asia/Baghdad


class Sort(StrEnum):
    """Order of the hits; ties are broken by published time, newest first, then by id, so that pages never overlap."""

    RELEVANCE = "relevance"  # the newest first where the query has no text
    NEWEST = "newest"
    OLDEST = "oldest"
    URGENCY = "urgency"  # critical, high, normal, none


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for.

    Attributes:
        text: words that must all occur (inflected forms match), "phrases" that must occur as written, `OR` between
            two alternatives, `-word` or `-"phrase"` for what must not occur. Any text is a valid query: what
            cannot be understood as an operator is taken as a word, or dropped where it is no word at all.
            Empty text matches everything. Stop words (في, من) are not required beside other words. How text is read
            is told in `index.query` and `index.arabic`, which every index uses.
        typing: whether the text is still being typed: then its last word, of two letters or more and with nothing after
            it, also matches where a word of the title begins like it (by its exact form). Such a match scores nothing.
        filters: values by field; an empty tuple filters nothing, and "" is no value: nothing has it.
        since, until: bounds of the published time, UTC (also where they bear no zone), since inclusive and until
            exclusive.
        sort: order of the hits.
        size: hits a page, 0 to MAXIMUM_PAGE (0 where only facets or the total are wanted).
        after: `Page.next` of the page before, or "" for the first page.
        facets: fields to count values of. A field's own filter is left out of its own count, so that a reader sees
            what another choice would bring; `facet_size` is the most values a field, the commonest first, of days
            the newest.

    """

    text: str = ""
    typing: bool = False
    filters: Mapping[Field, tuple[str, ...]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = Sort.RELEVANCE
    size: int = 20
    after: str = ""
    facets: tuple[Field, ...] = ()
    facet_size: int = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A Document found.

    `title_marks` and `body_marks` are the spans (start, end) that matched the query's words, in code points of the
    original title and body, sorted and without overlap; `score` is 0 where nothing was scored.
    """

    document: Document
    score: float
    title_marks: tuple[tuple[int, int], ...] = ()
    body_marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of hits.

    `total` is exact; `next` is "" on the last page; `facets` has (value, count) pairs by field,
    the commonest first, then by value; days the newest first.
    """

    hits: tuple[Hit, ...]
    total: int
    next: str = ""
    facets: Mapping[Field, tuple[tuple[str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Documents stored, Documents left as they were (the version was not newer), and refused ones
    with the reason by id.
    """

    stored: int = 0
    stale: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


class Index(Protocol):
    """Finds Documents. Derived from the database: it may be deleted at any time and made again.

    Every method may raise `index.errors.IndexUnavailable` (the server or the file cannot be had: try later),
    `index.errors.IndexBroken` (what is stored is damaged: make it again) and nothing else but what it names. One object
    may be used by several threads at once, and one index by several processes.
    """

    def write(self, documents: Iterable[Document]) -> Written:
        """Store Documents, each only where its version is above the stored one. One refused Document stops no other."""

    def delete(self, ids: Iterable[str]) -> int:
        """Remove Documents and return how many were there."""

    def refresh(self) -> None:
        """Make everything written so far visible to searches."""

    def get(self, id: str) -> Document | None:  # noqa: A002 - the Document's own field name
        """Return the Document, or None."""

    def search(self, query: Query) -> Page:
        """Return one page.

        Raises `index.errors.BadQuery` for a size out of range or an `after` that no page of this query gave, never for
        text.
        """

    def marked(self, document: Document, query: Query) -> Hit:
        """Return a Document with the marks that a search which finds it would make on its texts as given, unscored.

        It need not be held: the text may be newer than the index, or partly covered for who reads it.
        """

    def scan(self, query: Query) -> Iterator[Document]:
        """Yield every Document that matches, newest first, in bounded memory; `size` and `after` are not heeded."""

    def count(self) -> int:
        """Return how many Documents are held."""

    def clear(self) -> None:
        """Remove everything, so that it can be made again."""

    def rebuilt(self) -> AbstractContextManager[Index]:
        """Give an empty index to write into, which takes the place of this one at the end of the block.

        An exception in the block leaves everything as it was. A server goes on answering from what it had until then;
        a file is emptied at once.
        """

    def old(self) -> tuple[str, ...]:
        """Return the names of what `rebuilt` has left behind, to go back to; a file leaves nothing."""

    def drop_old(self) -> tuple[str, ...]:
        """Delete what `rebuilt` has left behind, for good, and return its names."""

    def describe(self) -> str:
        """Say in one line what it is and how it is, for people who look after it; no password is in it."""

    def close(self) -> None:
        """Release files and connections; the object is not used afterwards."""

    def __enter__(self) -> Self:
        """Return the index itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
