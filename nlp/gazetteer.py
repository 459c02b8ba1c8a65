"""The places of Iraq as `nlp/data/places.tsv` holds them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from nlp.errors import DataFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUMNS = ("name", "aliases", "kind", "governorate", "latitude", "longitude", "decided_by", "source")

GOVERNORATES = frozenset(
    f"IQ-{code}"
    for code in [
        "AN",
        "AR",
        "BA",
        "BB",
        "BG",
        "DA",
        "DI",
        "DQ",
        "HL",
        "KA",
        "KI",
        "MA",
        "MU",
        "NA",
        "NI",
        "QA",
        "SD",
        "SU",
        "WA",
    ]
)
"""ISO 3166-2 codes; IQ-HL stands for Halabja, a governorate since 2025."""

DECIDED_BY = frozenset({"", "governorate", "decided", "head"})


@dataclass(frozen=True, slots=True)
class Toponym:
    """One place. `decided_by` says what a mention of its name needs before it is believed.

    "" nothing; "decided" its own governorate told elsewhere, or a head word (ناحية, حي …); "governorate" a head word
    or the absence of a person's name around it; "head" a head word and, where others share the name, its governorate.
    """

    name: str
    aliases: tuple[str, ...]
    kind: str
    governorate: str
    latitude: float | None
    longitude: float | None
    decided_by: str
    source: str


def read_places(lines: Iterable[str], name: str = "places.tsv") -> Iterator[Toponym]:
    """Read rows in the format of places.tsv; DataFault names the line that is wrong."""
    rows = csv.reader(lines, delimiter="\t")
    if tuple(next(rows, ())) != COLUMNS:
        raise DataFault(f"{name}, line 1: the columns must be {' '.join(COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        where = f"{name}, line {number}"
        if len(row) != len(COLUMNS):
            raise DataFault(f"{where}: {len(row)} columns instead of {len(COLUMNS)}")
        title, aliases, kind, governorate, latitude, longitude, decided_by, source = row
        if governorate not in GOVERNORATES:
            raise DataFault(f"{where}: {governorate!r} is no governorate's code")
        if decided_by not in DECIDED_BY:
            raise DataFault(f"{where}: decided_by {decided_by!r} is none of {sorted(DECIDED_BY)}")
        if not title or not kind or not source:
            raise DataFault(f"{where}: name, kind and source must be given")
        try:
            point = [float(number) if number else None for number in (latitude, longitude)]
        except ValueError as fault:
            raise DataFault(f"{where}: {latitude!r} {longitude!r} are no coordinates") from fault
        names = tuple(alias for alias in aliases.split("|") if alias)
        yield Toponym(title, names, kind, governorate, point[0], point[1], decided_by, source)


def load_places() -> tuple[Toponym, ...]:
    """Return the shipped gazetteer."""
    text = resources.files("nlp").joinpath("data", "places.tsv").read_text(encoding="utf-8")
    return tuple(read_places(text.splitlines(keepends=True)))


@cache
def coordinates() -> Mapping[tuple[str, str], tuple[float, float]]:
    """Return (latitude, longitude), WGS 84, by (name, governorate) of every place whose coordinates are known.

    Name and governorate are those that a Place of an Analysis bears.
    """
    return {
        (place.name, place.governorate): (place.latitude, place.longitude)
        for place in reversed(load_places())
        if place.latitude is not None and place.longitude is not None
    }


# Kinds whose names people search by; quarters and the like share theirs with too much else.
_SEARCHED = frozenset({"governorate", "seat", "district", "subdistrict", "town"})


def place_names() -> Iterator[tuple[str, ...]]:
    """Yield the names of each place that has several (هولير, أربيل), the official one first, for searching.

    Places whose names are words or persons too are left out.
    """
    for place in load_places():
        if place.aliases and place.kind in _SEARCHED and not place.decided_by:
            yield (place.name, *place.aliases)
