import json
import os
from pathlib import Path
from typing import Any

import pytest

from nlp import Analyser

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RASID_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser.load()


@pytest.fixture(scope="session")
def rules() -> Analyser:
    """The reader without its model."""
    return Analyser.load(model=False)


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "eval" / "score.py").is_file():
        pytest.skip(f"no evaluation data at {SHARED}: set RASID_SHARED")
    return SHARED


@pytest.fixture(scope="session")
def seed(shared: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((shared / "eval" / "seed" / "expected.json").read_text(encoding="utf-8"))
    return expected
