"""The wheel alone, away from the checkout, runs what a new user runs first."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own that has the wheel; its dependencies are this environment's, which has no more of ours.

    (The lists of dependencies are proven by the fresh environment that `make test` itself runs in.)
    """
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(PROJECT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            f"--python={environment}/bin/python",
            "install",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (site,) = environment.glob("lib/python*/site-packages")
    # a path line adds a folder without reading the .pth files in it, so the editable checkout stays out
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return environment / "bin"


def _run(installed: Path, folder: Path, *arguments: str, **settings: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RASID_", "PYTHON"))}
    done = subprocess.run(
        [str(installed / arguments[0]), *arguments[1:]],
        cwd=folder,
        env=clean | settings,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    where = _run(installed, tmp_path, "python", "-c", "import crawler, nlp, index, service; print(service.__file__)")
    assert str(installed.parent) in where


def test_the_wheel_brings_the_map(installed: Path, tmp_path: Path) -> None:
    program = "from service.desk.charts import iraq; print(len(iraq().governorates))"
    assert _run(installed, tmp_path, "python", "-c", program).strip() == "19"


def test_the_wheel_writes_a_configuration_in_another_folder(installed: Path, tmp_path: Path) -> None:
    _run(installed, tmp_path, "rasid", "init")
    assert (tmp_path / "rasid.toml").is_file()
    assert (tmp_path / "sources.toml").is_file()


@pytest.mark.timeout(240)
def test_the_wheel_runs_the_demo_in_another_folder(installed: Path, tmp_path: Path, free_port: int) -> None:
    told = _run(installed, tmp_path, "rasid", "demo", RASID_DEMO_EXIT="1", RASID_DEMO_PORT=str(free_port))
    assert "documents indexed" in told
    assert list((tmp_path / "rasid-demo/mail").glob("*.eml"))
