"""Sets of Document numbers on their way: into SQL, and through a URL."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import apsw
from pyroaring import BitMap

if TYPE_CHECKING:
    from collections.abc import Iterable


def numbers(docnums: Iterable[int]) -> apsw.CArrayBinding:
    """Return Document numbers as a value for SQLite's `carray`."""
    # No Document has the number -1; an empty array is not taken.
    return apsw.carray(array("q", docnums) or array("q", (-1,)))


def write_numbers(docnums: BitMap) -> bytes:
    """Return Document numbers as bytes, about two each.

    They are the distances between the sorted numbers, in groups of seven bits, of which the last has the high bit set.
    """
    written = bytearray()
    before = 0
    for docnum in docnums:
        distance, before = docnum - before, docnum
        while distance > 0x7F:
            written.append(distance & 0x7F)
            distance >>= 7
        written.append(distance | 0x80)
    return bytes(written)


def read_numbers(written: bytes) -> BitMap:
    """Return the numbers that `write_numbers` wrote; any bytes are safe to read, as they come from a URL."""
    docnums = BitMap()
    before = distance = shift = 0
    for byte in written:
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte & 0x80:
            before += distance
            distance = shift = 0
            if before >= 1 << 32:
                break
            docnums.add(before)
    return docnums
