"""Masking: what those may read who are no editors. Private numbers and the names of private persons are covered.

The length of every text stays the same, so that all offsets into it stay right.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from nlp import mask_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from index.document import Document
    from index.protocol import Hit, Page, Query


def private_names(analysis: Mapping[str, Any]) -> list[str]:
    """Return the names of the private persons that an Analysis found in its text, each once."""
    found = analysis.get("private", ())
    return list(dict.fromkeys(one["text"] for one in found if one["kind"] == "person"))


def mask_text(text: str, names: Iterable[str] = ()) -> str:
    """Return a text without private numbers, and with the first letters alone of the names given."""
    return mask_private(text, names)


def masked(document: Document) -> Document:
    """Return a Document as a reader may see it: title, body, and every piece of them that the Analysis quotes."""
    names = private_names(document.analysis)
    return replace(
        document,
        title=mask_private(document.title, names),
        body=mask_private(document.body, names),
        analysis=mask_analysis(document.analysis, names),
    )


def mask_analysis(analysis: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return an Analysis whose quoted words are masked; what is told only to editors (`private`) is left out.

    Quotations are masked by themselves: a number cut in two by a span would be seen in part in the text as well.
    """
    hidden = list(names)

    def covered(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {inner: covered(held, inner) for inner, held in value.items() if inner != "private"}
        if isinstance(value, list | tuple):
            return [covered(held, key) for held in value]
        return mask_private(value, hidden) if isinstance(value, str) and key in _QUOTED else value

    plain: dict[str, Any] = covered(dict(analysis))
    return plain


_QUOTED = frozenset({"text", "summary"})


class Readable(Protocol):
    """What pages and exports read: an Index, or an Index seen by who may not read everything."""

    def get(self, id: str) -> Document | None:  # noqa: A002 - as in Index
        """Return the Document, or None."""

    def search(self, query: Query) -> Page:
        """Return one page, as `Index.search`."""

    def marked(self, document: Document, query: Query) -> Hit:
        """Return a Document with the marks of a search, as `Index.marked`."""

    def scan(self, query: Query) -> Iterator[Document]:
        """Yield every Document that matches, as `Index.scan`."""

    def count(self) -> int:
        """Return how many Documents are held."""


@dataclass(frozen=True, slots=True)
class MaskedIndex:
    """An Index as a reader sees it: every Document that it gives is masked, and nobody is found by a private number."""

    index: Readable

    def get(self, id: str) -> Document | None:  # noqa: A002 - as in Index
        """Return the Document masked, or None."""
        document = self.index.get(id)
        return None if document is None else masked(document)

    def search(self, query: Query) -> Page:
        """Return one page of masked Documents; the marks of a search stay where they are."""
        page = self.index.search(askable(query))
        return replace(page, hits=tuple(replace(hit, document=masked(hit.document)) for hit in page.hits))

    def marked(self, document: Document, query: Query) -> Hit:
        """Return a Document, masked, with the marks of a search."""
        return self.index.marked(masked(document), askable(query))

    def scan(self, query: Query) -> Iterator[Document]:
        """Yield every Document that matches, masked."""
        return map(masked, self.index.scan(askable(query)))

    def count(self) -> int:
        """Return how many Documents are held."""
        return self.index.count()


def askable(query: Query) -> Query:
    """Return a search without the private numbers in its text, however they are written or taken apart."""
    plain = "".join(letter for letter in query.text if unicodedata.category(letter) not in _UNREAD and letter != "ـ")
    text = mask_private(plain)
    if sum(letter.isdigit() for letter in text) >= _NUMBER_DIGITS:
        text = "".join("•" if letter.isdigit() else letter for letter in text)
    return query if text == query.text else replace(query, text=text)


_UNREAD = frozenset({"Mn", "Cf"})
"""Kinds of signs that the index does not read either."""

_NUMBER_DIGITS = 9
"""Digits that make a number of somebody, put together from wherever they stand; dates and counts have fewer."""
