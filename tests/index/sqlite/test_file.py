from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from index import Field, IndexBroken, IndexUnavailable, Query, open_index
from index.sqlite.schema import VERSION

ROOT = Path(__file__).parents[3]

ENDLESS = """
import itertools, sys
from datetime import UTC, datetime
from index import Document, open_index

moment = datetime(2026, 5, 20, tzinfo=UTC)

def documents():
    for number in itertools.count():
        if number % 500 == 250:
            print(number, flush=True)
        yield Document(
            id=str(number % 1500), version=number + 1, url="", title=f"الماء {number}", body="خبر " * (number % 90),
            outlet="ina", outlet_name="", published=moment, fetched=moment, stance="appeal", needs=("water",),
        )

with open_index(sys.argv[1]) as index:
    index.write(documents())
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "index.db"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


@pytest.mark.parametrize("batches", [1, 4])
def test_killing_the_writer_leaves_whole_batches(path, url, batches):
    with subprocess.Popen([sys.executable, "-c", ENDLESS, url], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(batches + 1):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with open_index(url) as index:
        page = index.search(Query(text="ماء", facets=(Field.NEED, Field.STANCE)))
        assert page.total == index.count() == min(500 * batches, 1500)
        assert page.facets == {Field.NEED: (("water", page.total),), Field.STANCE: (("appeal", page.total),)}
        assert len(list(index.scan(Query()))) == page.total
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_deleted_file_is_a_clean_new_index(path, url, make):
    with open_index(url) as index:
        index.write([make("a", title="الماء")])
    path.unlink()
    with open_index(url) as index:
        assert index.count() == 0
        assert index.search(Query(text="ماء")).total == 0


@pytest.mark.parametrize("whole", [True, False], ids=["with its log", "without its log"])
def test_a_file_deleted_while_it_is_open_is_made_anew(path, url, make, whole):
    with open_index(url) as index:
        index.write([make("a", title="الماء")])
        for each in path.parent.glob("index.db*") if whole else [path]:
            each.unlink()
        assert index.count() == 0
        assert index.write([make("b", title="الماء")]).stored == 1
        with open_index(url) as other:
            assert [hit.document.id for hit in other.search(Query(text="ماء")).hits] == ["b"]


def test_a_file_that_is_no_database_is_broken(path, url):
    path.write_bytes(b"this is not a database at all" * 1000)
    with pytest.raises(IndexBroken, match="rasid reindex"):
        open_index(url)
    assert path.read_bytes().startswith(b"this is not")


def test_a_database_of_another_program_is_left_alone(path, url):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE articles (id)")
    with pytest.raises(IndexBroken, match="another program"):
        open_index(url)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("articles",)]


def test_another_schema_version_is_broken(path, url):
    open_index(url).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(IndexBroken, match=f"version {VERSION + 1}.*rasid reindex"):
        open_index(url)


def test_a_damaged_file_is_broken_and_never_a_crash(path, url, make):
    with open_index(url) as index:
        index.write(make(str(number), title=f"الماء {number}", body="خبر عن الناس " * 40) for number in range(600))
    sound = path.read_bytes()
    assert not path.with_name("index.db-wal").exists()
    broken = 0
    for start in range(0, len(sound), len(sound) // 12):
        path.write_bytes(sound[:start] + b"\x5a" * 6000 + sound[start + 6000 :])
        seen = set()
        try:
            with open_index(url) as index:
                seen.update(document.id for document in index.scan(Query()))
                seen.update(hit.document.id for hit in index.search(Query(text="ماء", facets=tuple(Field))).hits)
                index.write([make("new", title="الماء")])
        except (IndexBroken, IndexUnavailable):
            broken += 1
        assert seen <= {str(number) for number in range(600)}
    assert broken > 3


def test_a_file_cut_short_is_broken(path, url, make):
    with open_index(url) as index:
        index.write(make(str(number), title="الماء", body="خبر " * 200) for number in range(300))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(IndexBroken), open_index(url) as index:
        list(index.scan(Query(text="ماء")))


def test_a_locked_file_is_unavailable_for_writing_but_not_for_reading(path, url, make, monkeypatch):
    monkeypatch.setattr("index.sqlite.session._PATIENCE", 0.1)
    with open_index(url) as index:
        index.write([make("a", title="الماء")])
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IndexUnavailable, match=r"index\.db"):
            index.write([make("b")])
        assert index.search(Query(text="ماء")).total == 1
        other.execute("ROLLBACK")
        other.close()
        assert index.write([make("b")]).stored == 1


def test_an_error_in_the_middle_of_a_write_keeps_what_was_stored_before(url, make):
    def documents():
        for number in range(700):
            yield make(str(number), title="الماء")
        raise RuntimeError("the source failed")

    with open_index(url) as index:
        with pytest.raises(RuntimeError, match="the source failed"):
            index.write(documents())
        assert index.search(Query(text="ماء")).total == index.count() == 500


def test_a_closed_index_says_so(url):
    index = open_index(url)
    index.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        index.count()


def test_readers_load_only_what_changed_and_see_numbers_past_a_chunk(path, url, make):
    with open_index(url) as index, open_index(url) as other:
        index.write([make("first", title="الماء", needs=("water",))])
        assert other.count() == 1
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE sqlite_sequence SET seq = 65535 WHERE name = 'document'")
        index.write(make(f"{number}", title="الماء", needs=("water", "health")) for number in range(3))
        index.delete(["1"])
        for each in (index, other):
            page = each.search(Query(text="ماء", facets=(Field.NEED,)))
            assert page.total == 3
            assert page.facets[Field.NEED] == (("water", 3), ("health", 2))
        after = other.search(Query(text="ماء", size=1)).next
        index.clear()
        assert other.count() == 0
        with pytest.raises(ValueError, match="made anew"):
            other.search(Query(text="ماء", size=1, after=after))
