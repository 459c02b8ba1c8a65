from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from index import Document, Index, open_index
from service.alerts.preview import ROWS, TOO_BROAD, preview
from service.alerts.schedule import Cadence, Schedule

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)


def told(number: int, *, ago: timedelta = timedelta(hours=1), **changed: Any) -> Document:
    values: dict[str, Any] = {
        "id": sha256(str(number).encode()).hexdigest(),
        "version": 1,
        "url": f"https://agency.example/{number}",
        "title": f"أهالي حي الزهور يناشدون إعادة الماء {number}",
        "body": "نص",
        "outlet": "agency",
        "outlet_name": "وكالة",
        "published": NOW - ago,
        "fetched": NOW - ago,
        "stance": "appeal",
        "urgency": "high",
        "needs": ("water",),
        "governorates": ("IQ-BA",),
        "primary": ("IQ-BA",),
        "facility_types": (),
        "case": f"case-{number}",
        "case_state": "new",
        "group": str(number),
        "analysis": {},
    }
    return Document(**(values | changed))


@pytest.fixture
def index(tmp_path: Path) -> Any:
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        yield index


def put(index: Index, *documents: Document) -> None:
    assert index.write(documents).stored == len(documents)
    index.refresh()


def test_a_case_of_several_outlets_counts_once_and_an_item_of_none_for_itself(index: Index) -> None:
    put(
        index,
        told(1),
        told(2, case="case-1", ago=timedelta(hours=2)),
        told(3, case="", ago=timedelta(days=2)),
        told(4, ago=timedelta(days=8)),
        told(5, primary=("IQ-WA",)),
    )
    week = preview(index, "primary=IQ-BA", NOW)
    assert (week.items, week.cases, week.more, week.broad, week.empty) == (3, 2, False, False, False)
    assert [hit.document.url[-1] for hit in week.rows] == ["1", "3"]
    assert len(week.days) == 7
    assert (week.days[0][0], week.days[-1]) == ("2026-07-08", ("2026-07-14", 2))
    assert sum(count for _, count in week.days) == 3


def test_what_is_too_much_is_said_so_and_only_the_first_are_shown(index: Index) -> None:
    put(index, *(told(number, ago=timedelta(minutes=number)) for number in range(TOO_BROAD * 7)))
    assert not preview(index, "", NOW).broad
    put(index, told(1000))
    week = preview(index, "", NOW)
    assert week.broad
    assert len(week.rows) == ROWS


def test_very_many_cases_are_not_counted_to_the_end(index: Index) -> None:
    put(index, *(told(number, ago=timedelta(minutes=number)) for number in range(510)))
    week = preview(index, "", NOW)
    assert (week.items, week.cases, week.more, week.broad) == (510, 500, True, True)
    assert week.messages(Schedule()) == 510


def test_days_of_the_list_and_its_order_do_not_count_and_a_case_alone_can_be_followed(index: Index) -> None:
    put(index, told(1), told(2), told(3, case="case-2"))
    assert preview(index, "since=2026-01-01&until=2026-01-02&sort=oldest", NOW).items == 3
    followed = preview(index, "case=case-2&stance=any", NOW)
    assert (followed.items, followed.cases) == (2, 1)


def test_a_search_that_finds_nothing_is_empty(index: Index) -> None:
    week = preview(index, "q=سبيكة", NOW)
    assert (week.empty, week.cases, week.messages(Schedule())) == (True, 0, 0)


@pytest.mark.parametrize(
    ("cadence", "most"), [(Cadence.AT_ONCE, 40), (Cadence.HOURLY, 40), (Cadence.DAILY, 2), (Cadence.WEEKLY, 1)]
)
def test_the_cadence_bounds_how_many_messages_there_are(index: Index, cadence: Cadence, most: int) -> None:
    put(index, *(told(number, ago=timedelta(days=number % 2)) for number in range(40)))
    assert preview(index, "", NOW).messages(Schedule(cadence, time(8))) == most
