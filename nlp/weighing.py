"""Weights with reasons: what every weighing rule of this library returns, so that each decision can be explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def weigh(conditions: Iterable[tuple[object, float, str]]) -> tuple[float, tuple[str, ...]]:
    """Sum the weights of the conditions that hold (are truthy); the reasons read "why +1.5"."""
    held = [(amount, why) for holds, amount, why in conditions if holds]
    return sum(amount for amount, _ in held), tuple(f"{why} {amount:+.1f}" for amount, why in held)
