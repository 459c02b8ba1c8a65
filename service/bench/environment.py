"""The environment of a measured program: nobody's settings but those of the measurement."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings, named as `Settings` names them, and no other ones."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    return clean | {f"RASID_{name}": value for name, value in settings.items()}
