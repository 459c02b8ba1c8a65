"""Which Documents have which value: a roaring bitmap of Document numbers for each value of each field.

They are stored in the transaction that writes the Documents, in chunks of 65,536 Document numbers, so that a write
touches at most 8 KiB a value however many Documents there are. A reader keeps them in memory and, when something was
written, loads only the chunks that changed. `Field.CASE` and `Field.GROUP` have nearly as many values as there are
Documents; they are columns instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyroaring import BitMap

from index.errors import IndexBroken
from index.moments import baghdad_day, to_micros
from index.protocol import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import apsw

    from index.document import Document

COLUMNS = frozenset({Field.CASE, Field.GROUP})
"""Fields that are columns of their own and not bitmaps."""

EVERYTHING = ""
"""The name under which the bitmap of all Documents stands."""

_CHUNK = 16


class Facets:
    """The bitmaps as one reader knows them; `load` brings them to the state of the transaction that it reads in."""

    def __init__(self) -> None:
        self.epoch = b""
        self._generation = -1
        self._bitmaps: dict[str, dict[str, BitMap]] = {}

    def load(self, connection: apsw.Connection) -> None:
        """Load what changed since the last load."""
        epoch, generation = connection.execute("SELECT epoch, generation FROM state").get
        if (epoch, generation) == (self.epoch, self._generation):
            return
        if epoch != self.epoch:
            self.epoch, self._generation, self._bitmaps = epoch, -1, {}
        changed = connection.execute(
            "SELECT field, value, chunk, docnums FROM facet WHERE generation > ?", (self._generation,)
        )
        for field, value, chunk, docnums in changed:
            whole = self._bitmaps.setdefault(field, {}).setdefault(value, BitMap())
            whole.remove_range(chunk << _CHUNK, (chunk + 1) << _CHUNK)
            whole |= _read_bitmap(docnums)
        self._generation = generation

    def everything(self) -> BitMap:
        """Return the numbers of all Documents; not to be changed."""
        return self.having(EVERYTHING, "")

    def values(self, field: Field) -> Mapping[str, BitMap]:
        """Return the bitmaps of a field by value; not to be changed, and possibly empty ones among them."""
        return self._bitmaps.get(field, {})

    def having(self, field: str, value: str) -> BitMap:
        """Return the Documents that have the value; not to be changed."""
        return self._bitmaps.get(field, {}).get(value) or BitMap()


class FacetChanges:
    """Changes of one transaction to the bitmaps, collected and then saved at once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._chunks: dict[tuple[str, str, int], BitMap] = {}

    def add(self, docnum: int, document: Document) -> None:
        """Note that the Document is there."""
        for field, value in _values(document):
            self._chunk(field, value, docnum >> _CHUNK).add(docnum)

    def remove(self, docnum: int, document: Document) -> None:
        """Note that the Document, as it is stored, is gone."""
        for field, value in _values(document):
            self._chunk(field, value, docnum >> _CHUNK).discard(docnum)

    def save(self) -> None:
        """Store the changed chunks under a new generation."""
        if not self._chunks:
            return
        (generation,) = self._connection.execute(
            "UPDATE state SET generation = generation + 1 RETURNING generation"
        ).fetchall()[0]
        self._connection.executemany(
            "INSERT INTO facet VALUES (?, ?, ?, ?, ?) ON CONFLICT (field, value, chunk) "
            "DO UPDATE SET generation = excluded.generation, docnums = excluded.docnums",
            (
                (field, value, chunk, generation, docnums.serialize())
                for (field, value, chunk), docnums in self._chunks.items()
            ),
        )

    def _chunk(self, field: str, value: str, chunk: int) -> BitMap:
        key = (field, value, chunk)
        if key not in self._chunks:
            stored = self._connection.execute(
                "SELECT docnums FROM facet WHERE field = ? AND value = ? AND chunk = ?", key
            ).get
            self._chunks[key] = BitMap() if stored is None else _read_bitmap(stored)
        return self._chunks[key]


def _read_bitmap(stored: bytes) -> BitMap:
    """Return a stored bitmap. Raises IndexBroken for bytes that are none."""
    try:
        return BitMap.deserialize(stored)
    except (ValueError, TypeError) as error:
        raise IndexBroken(f"a stored bitmap cannot be read ({error}): delete the index, run `rasid reindex`") from error


def _values(document: Document) -> Iterator[tuple[str, str]]:
    yield EVERYTHING, ""
    single = (
        (Field.STANCE, document.stance),
        (Field.URGENCY, document.urgency),
        (Field.OUTLET, document.outlet),
        (Field.CASE_STATE, document.case_state),
        (Field.DAY, baghdad_day(to_micros(document.published))),
    )
    yield from ((field, value) for field, value in single if value)
    several = (
        (Field.NEED, document.needs),
        (Field.GOVERNORATE, document.governorates),
        (Field.PRIMARY, document.primary),
        (Field.FACILITY_TYPE, document.facility_types),
        (Field.CORRECTED, document.corrected),
    )
    yield from ((field, value) for field, values in several for value in values if value)
