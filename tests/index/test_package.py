from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import index
from index import BadIndexAddress, IndexUnavailable, ServerOptions, open_index

ROOT = Path(__file__).parents[2]


def test_public_names_are_these():
    assert sorted(index.__all__) == [
        "BadIndexAddress",
        "BadQuery",
        "Document",
        "Field",
        "Hit",
        "Index",
        "IndexBroken",
        "IndexUnavailable",
        "MAXIMUM_PAGE",
        "Page",
        "Query",
        "RasidIndexError",
        "ServerOptions",
        "Sort",
        "Written",
        "mark",
        "open_index",
        "percolate",
    ]
    assert all(hasattr(index, name) for name in index.__all__)


def test_importing_the_package_loads_no_backend():
    code = "import sys, index; print([name for name in ('apsw', 'pyroaring', 'elasticsearch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///", "sqlite:index.db", "index.db", "/tmp/index.db", "postgresql://host/x", "[", "//["],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(BadIndexAddress, match=r"sqlite:///rasid-index\.db"):
        open_index(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@example.org:9200?prefix=A B",
        "https://user:secret@example.org:port",
        "https://user:secret@:9200",
        "https://user:secret@example.org?timeout=9",
    ],
)
def test_a_faulty_address_of_a_server_is_told_without_its_password(url):
    with pytest.raises(BadIndexAddress, match="cannot be used") as caught:
        open_index(url)
    assert "secret" not in str(caught.value)


def test_a_missing_certificate_file_is_told(tmp_path):
    with pytest.raises(BadIndexAddress, match=r"no file .*ca\.pem"):
        open_index("https://example.org:9200", ServerOptions(ca=tmp_path / "ca.pem"))


def test_an_api_key_is_not_in_what_options_look_like():
    assert "sesame" not in repr(ServerOptions(api_key="sesame"))


def test_addresses_are_relative_or_absolute_as_for_sqlalchemy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_index("sqlite:///relative.db"):
        monkeypatch.chdir("/")
        assert (tmp_path / "relative.db").exists()
    with open_index(f"sqlite:///{tmp_path}/absolute ملف.db"):
        assert (tmp_path / "absolute ملف.db").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(IndexUnavailable, match="nowhere"):
        open_index(f"sqlite:///{tmp_path}/nowhere/index.db")
    with pytest.raises(IndexUnavailable):
        open_index(f"sqlite:///{tmp_path}")
