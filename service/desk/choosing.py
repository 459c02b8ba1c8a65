"""What the head of any list offers: filters with counts, and the chips of those that are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Place = TypeVar("Place")
"""The address of a list: of items or of cases."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[Place]):
    """One value of a facet; `address` is the list with it chosen, or no longer chosen where it is."""

    name: str
    count: int
    chosen: bool
    address: Place


@dataclass(frozen=True, slots=True)
class Facet(Generic[Place]):
    """A field's values with counts."""

    field: str
    name: str
    choices: tuple[Choice[Place], ...]


@dataclass(frozen=True, slots=True)
class Chip(Generic[Place]):
    """A chosen filter; `address` is the list without it."""

    field: str
    name: str
    address: Place
