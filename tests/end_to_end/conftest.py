"""A folder of its own for every installation that a test starts, and the command line as a person runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Rasid = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment() -> dict[str, str]:
    """The environment without anybody's RASID_* settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}


@pytest.fixture
def rasid(tmp_path: Path) -> Rasid:
    """Runs `rasid ARGUMENTS` in the test's folder, and returns what it printed."""

    def run(
        *arguments: str, settings: Mapping[str, object] = {}, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "service", *arguments],
            cwd=tmp_path,
            env=clean_environment() | {f"RASID_{name}": str(value) for name, value in settings.items()},
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )

    return run


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
