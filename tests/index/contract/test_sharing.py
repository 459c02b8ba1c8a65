from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from index import Field, Query, Sort, open_index

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from index import Document, open_index

start = datetime(2026, 5, 20, tzinfo=UTC)
with open_index(sys.argv[1]) as index:
    for batch in range(12):
        index.write(
            Document(
                id=f"{batch:02}-{number:02}", version=1, url="", title="انقطاع الماء", body=f"الدفعة {batch}",
                outlet="ina", outlet_name="", published=start + timedelta(minutes=batch), fetched=start,
                stance="appeal", needs=("water",),
            )
            for number in range(25)
        )
        index.refresh()
        print(batch, flush=True)
        sys.stdin.readline()
"""


def writer(address):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, address], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_reader_sees_whole_batches_of_another_process(address):
    with open_index(address) as index, writer(address) as process:
        for batch in range(12):
            assert process.stdout.readline() == f"{batch}\n"
            page = index.search(Query(text="ماء", sort=Sort.NEWEST, facets=(Field.NEED,)))
            assert page.total == index.count() == (batch + 1) * 25
            assert page.facets[Field.NEED] == (("water", page.total),)
            assert page.hits[0].document.id == f"{batch:02}-00"
            process.stdin.write("\n")
            process.stdin.flush()
    assert process.returncode == 0


def test_two_processes_write_at_once_and_nothing_is_lost(address, make):
    with open_index(address) as index, writer(address) as process:
        process.stdin.write("\n" * 12)
        process.stdin.flush()
        for number in range(20):
            assert index.write([make(f"mine {number}", title="الماء", needs=("water",))]).stored == 1
        process.communicate()
        index.refresh()
        page = index.search(Query(text="ماء", size=0, facets=(Field.NEED,)))
        assert page.total == 12 * 25 + 20
        assert page.facets[Field.NEED] == (("water", page.total),)


def test_clearing_is_seen_by_other_users_of_the_index(address, make):
    with open_index(address) as mine, open_index(address) as other:
        mine.write([make("a", title="الماء", needs=("water",))])
        mine.refresh()
        assert other.search(Query(text="ماء")).total == 1
        mine.clear()
        mine.write([make("b", title="الكهرباء", needs=("electricity",))])
        mine.refresh()
        page = other.search(Query(facets=(Field.NEED,)))
        assert (page.total, page.facets[Field.NEED]) == (1, (("electricity", 1),))
        assert other.search(Query(text="ماء")).total == 0


def test_threads_share_one_object(index, make):
    faults = []

    def work(number):
        try:
            for step in range(8):
                index.write([make(f"{number}-{step}", title="الماء")])
                index.refresh()
                page = index.search(Query(text="ماء", facets=(Field.OUTLET,)))
                assert page.facets[Field.OUTLET] == (("ina", page.total),)
                assert page.total > step
        except BaseException as fault:  # noqa: BLE001 - told to the test, which fails with it
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert index.count() == 48


def test_an_index_opened_again_holds_what_was_written(address, make):
    with open_index(address) as index:
        index.write([make("a", title="الماء")])
    with open_index(address) as index:
        assert index.search(Query(text="ماء")).total == 1
