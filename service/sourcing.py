"""Edits of `sources.toml` that leave its comments and its order as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError

from crawler.registry import parse_registry
from service.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def mark_verified(path: Path, seen: Mapping[str, bool]) -> int:
    """Set `verified` of every outlet all of whose sources were seen, and return how many were changed by it.

    `seen` says by source id whether the source worked; an outlet with sources that were not looked at stays as it is.
    """
    file = _parsed(path)
    changed = 0
    for outlet in file.get("outlet", []):
        ids = [source["id"] for source in outlet.get("source", [])]
        if ids and all(id_ in seen for id_ in ids):
            verified = all(seen[id_] for id_ in ids)
            changed += outlet.get("verified", False) != verified
            outlet["verified"] = verified
    path.write_text(tomlkit.dumps(file), encoding="utf-8")
    return changed


def append_outlet(path: Path, table: str) -> None:
    """Add an `[[outlet]]` table at the end of the registry.

    Raises RegistryError where the registry would not be valid with it, as with an id that it has already; the file is
    left as it was then.
    """
    text = f"{_read(path).rstrip()}\n\n{table.strip()}\n" if path.is_file() else f"{table.strip()}\n"
    parse_registry(text, path)
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}; `rasid init` writes one") from error


def _parsed(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(_read(path))
    except TOMLKitError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
