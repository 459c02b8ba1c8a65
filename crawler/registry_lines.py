"""Where in a TOML file each table and key stands: `tomllib` does not say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Location = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=\s*(.*)$")
_NOISE: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*$')


def table_lines(text: str) -> dict[Location, int]:
    """Return the line, from 1, of every table and key, by its path: `("outlet", 0, "source", 1, "url")`.

    Meant for a file that `tomllib` has accepted.
    """
    lines: dict[Location, int] = {}
    counts: dict[Location, int] = {}
    table: Location = ()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _enter(counts, [part.strip("\"' ") for part in header[2].split(".")], many=header[1] == "[[")
            lines[table] = number
        elif key := _KEY.match(line):
            lines.setdefault((*table, *(part.strip("\"'") for part in key[1].split("."))), number)
    return lines


def line_of(lines: Mapping[Location, int], location: Sequence[str | int]) -> int:
    """Return the line of `location`, or of the nearest table around it; 1 where neither is known."""
    for end in range(len(location), 0, -1):
        if line := lines.get(tuple(location[:end])):
            return line
    return 1


def _enter(counts: dict[Location, int], names: list[str], *, many: bool) -> Location:
    path: Location = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, names[-1])
    if many:
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines on which a statement begins: not those inside of arrays or multi-line strings."""
    depth, closing = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if depth == 0:
            yield number, line
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                closing = quotes
        if not _HEADER.match(line):
            bare = _NOISE.sub("", line)
            depth = max(0, depth + bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}"))
