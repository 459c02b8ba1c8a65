"""Charts as plain SVG: what is computed for them here, the templates only place.

Time runs as the page is read, from right to left in Arabic: the newest day is at the end of the line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, timedelta

    from service.database.statistics import Tally
    from service.labels import Labels

CLASSES = 5
"""Shades of the map: as many as one tells apart."""

PLOT_WIDTH, PLOT_HEIGHT = 900, 100
"""Units of the plot of days; it is stretched over its place, so that they have no fixed proportion."""

_STEPS = (1, 2, 5)
"""Times a power of ten: where the line above the bars may stand."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A governorate on the map of Iraq: the data of an SVG path, and where its label stands."""

    code: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Outlines:
    """The map of Iraq (`service/desk/data/README.md`) in its view box."""

    width: int
    height: int
    governorates: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Shade:
    """A governorate as it is drawn: `level` is its shade, 0 for none; `spoken` its name with its number."""

    outline: Outline
    name: str
    tally: Tally
    level: int
    spoken: str


@dataclass(frozen=True, slots=True)
class Key:
    """A shade of the legend, and the numbers that it stands for."""

    level: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar, of one urgency: critical, high or other."""

    urgency: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    """A day's bar; `name` is the day for people, `spoken` that with its number."""

    day: date
    name: str
    tally: Tally
    spoken: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """The bars of a period, the oldest first. `top` is the number that the plot's upper edge stands for."""

    days: tuple[Day, ...]
    top: int


@dataclass(frozen=True, slots=True)
class Share:
    """A horizontal bar: `share` of the longest one in percent."""

    value: str
    name: str
    tally: Tally
    share: float


@lru_cache(maxsize=1)
def iraq() -> Outlines:
    """Return the map, read once."""
    held = json.loads((files("service.desk") / "data" / "iraq.json").read_text(encoding="utf-8"))
    return Outlines(held["width"], held["height"], tuple(Outline(**one) for one in held["governorates"]))


def shades(tallies: Mapping[str, Tally], words: Labels, nothing: Tally) -> tuple[Shade, ...]:
    """Return the map's governorates in the shades of their numbers."""
    bounds = breaks([tally.total for tally in tallies.values()])
    drawn = []
    for outline in iraq().governorates:
        tally, name = tallies.get(outline.code, nothing), words.name("governorate", outline.code)
        level = sum(tally.total >= least for least, _ in bounds)
        spoken = words.text("place_count", place=name, count=words.count("case", tally.total))
        drawn.append(Shade(outline, name, tally, level, spoken))
    return tuple(drawn)


def legend(tallies: Mapping[str, Tally]) -> tuple[Key, ...]:
    """Return the shades that the map uses, the lightest first."""
    bounds = breaks([tally.total for tally in tallies.values()])
    return tuple(Key(level, least, most) for level, (least, most) in enumerate(bounds, 1))


def breaks(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return the least and the greatest number of each class: different numbers, in as even groups as can be.

    Where there are few numbers, each is a class of its own.
    """
    known = sorted({number for number in numbers if number > 0})
    groups = min(CLASSES, len(known))
    cuts = [round(place * len(known) / groups) for place in range(groups + 1)] if groups else []
    return [(known[start], known[end - 1]) for start, end in pairwise(cuts)]


def by_day(tallies: Mapping[date, Tally], words: Labels, name: Callable[[date], str]) -> Days:
    """Return the bars of the days, which run as the words are read."""
    top = ceiling(max((tally.total for tally in tallies.values()), default=0))
    step = PLOT_WIDTH / max(len(tallies), 1)
    days = []
    for number, (day, tally) in enumerate(sorted(tallies.items())):
        start = step * (number if words.direction == "ltr" else len(tallies) - 1 - number)
        spoken = words.text("place_count", place=name(day), count=words.count("case", tally.total))
        days.append(Day(day, name(day), tally, spoken, _pieces(tally, top, start + step * 0.12, step * 0.76)))
    return Days(tuple(days), top)


def _pieces(tally: Tally, top: int, x: float, width: float) -> tuple[Piece, ...]:
    pieces, floor = [], float(PLOT_HEIGHT)
    for urgency, count in (("critical", tally.critical), ("high", tally.high), ("other", tally.other)):
        if count:
            height = PLOT_HEIGHT * count / top
            floor -= height
            pieces.append(Piece(urgency, round(x, 2), round(floor, 2), round(width, 2), round(height, 2)))
    return tuple(pieces)


def ceiling(number: int) -> int:
    """Return the next round number: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in _STEPS:
            if number <= step * power:
                return step * power
        power *= 10


def shares(tallies: Mapping[str, Tally], name: Callable[[str], str]) -> tuple[Share, ...]:
    """Return the values with their bars, the greatest first."""
    longest = max((tally.total for tally in tallies.values()), default=1)
    ordered: Sequence[tuple[str, Tally]] = sorted(tallies.items(), key=lambda item: (-item[1].total, item[0]))
    return tuple(Share(value, name(value), tally, round(100 * tally.total / longest, 1)) for value, tally in ordered)


def lasting(words: Labels, time: timedelta) -> str:
    """Return a length of time in the unit that says it best («35 دقيقة»، «30 ساعة»، «5 أيام»)."""
    minutes = max(round(time.total_seconds() / 60), 1)
    if minutes < 90:
        return words.count("wait_minute", minutes)
    if minutes < 48 * 60:
        return words.count("wait_hour", round(minutes / 60))
    return words.count("wait_day", round(minutes / 60 / 24))
