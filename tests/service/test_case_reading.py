from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service.database import case_reading, cases
from service.database.case_query import CaseQuery, CaseSort
from service.database.engine import Database
from service.database.tables import analyses, articles, case_events, case_labels, documents
from service.database.tables import cases as cases_table
from service.errors import BadCursor

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _case(connection: sa.Connection, name: str, *, labels: str = "", **values: Any) -> None:
    seen = values.pop("seen", NOW - HOUR)
    kept = {
        "state": "new",
        "opened": seen,
        "first_seen": seen,
        "last_seen": seen,
        "documents": 1,
        "outlets": 1,
        "urgency": "normal",
        "title": f"title of {name}",
    } | values
    kept["urgency_rank"] = cases.URGENCIES.index(kept["urgency"])
    connection.execute(cases_table.insert().values(id=f"case-{name}", **kept))
    for label in labels.split():
        kind, value = label.split(":")
        connection.execute(case_labels.insert().values(case=f"case-{name}", kind=kind, value=value))


def _names(page: case_reading.CasePage) -> list[str]:
    return [row.id.removeprefix("case-") for row in page.rows]


def _listed(database: Database, **asked: Any) -> list[str]:
    with database.read() as connection:
        return _names(case_reading.listed(connection, CaseQuery(**asked), NOW))


@pytest.fixture
def held(database: Database) -> Database:
    """A handful of cases."""
    with database.write() as c:
        _case(
            c,
            "water",
            labels="governorate:IQ-BA need:water need:health outlet:nabd outlet:shatt facility_type:water",
            urgency="critical",
            due=NOW - 3 * HOUR,
            title="أهالي السيبة يناشدون",
            assignee="sara",
        )
        _case(c, "power", labels="governorate:IQ-MA need:electricity outlet:shatt", due=NOW + 2 * HOUR, urgency="high")
        _case(c, "river", labels="governorate:IQ-BA need:water outlet:furat", state="verified", due=NOW + 40 * HOUR)
        _case(c, "blood", labels="governorate:IQ-BA need:health outlet:nabd", state="resolved", seen=NOW - 9 * HOUR)
        _case(c, "gone", labels="governorate:IQ-BA need:water", documents=0)
        _case(c, "merged", labels="governorate:IQ-BA need:water", merged_into="case-water")
        _case(c, "plain", labels="need:water", assignee="ali", state="referred", seen=NOW - 2 * HOUR)
    return database


def test_a_case_is_found_with_all_that_is_kept_of_it(held: Database) -> None:
    with held.read() as connection:
        row = case_reading.find(connection, "case-water")
        merged = case_reading.find(connection, "case-merged")
        assert case_reading.find(connection, "case-nothing") is None
    assert row is not None
    assert row.governorates == ("IQ-BA",)
    assert row.needs == ("health", "water")
    assert row.outlets == ("nabd", "shatt")
    assert row.facility_types == ("water",)
    assert (row.assignee, row.revision, row.urgency) == ("sara", 1, "critical")
    assert row.due == NOW - 3 * HOUR
    assert row.late(NOW)
    assert not replace(row, state="answered").late(NOW)
    assert merged is not None
    assert merged.merged_into == "case-water"


def test_the_list_opens_on_what_waits_overdue_first(held: Database) -> None:
    assert _listed(held) == ["water", "power", "river", "plain"]


def test_cases_without_documents_and_merged_ones_are_not_listed(held: Database) -> None:
    assert set(_listed(held, states=())) == {"water", "power", "river", "plain", "blood"}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"states": ("resolved",)}, ["blood"]),
        ({"states": ("resolved", "referred")}, ["blood", "plain"]),
        ({"governorates": ("IQ-BA",)}, ["water", "river"]),
        ({"governorates": ("IQ-BA", "IQ-MA")}, ["water", "power", "river"]),
        ({"governorates": ("IQ-BA",), "needs": ("health",)}, ["water"]),
        ({"needs": ("water",)}, ["water", "river", "plain"]),
        ({"urgencies": ("critical", "high")}, ["water", "power"]),
        ({"outlets": ("shatt",)}, ["water", "power"]),
        ({"assignees": ("sara",)}, ["water"]),
        ({"assignees": ("",)}, ["power", "river"]),
        ({"assignees": ("", "ali")}, ["power", "river", "plain"]),
        ({"due": "overdue"}, ["water"]),
        ({"due": "today"}, ["power"]),
        ({"text": "اهالى السيبه"}, ["water"]),
        ({"text": "title power"}, ["power"]),
        ({"text": "100%"}, []),
        ({"text": "title_of"}, []),
    ],
)
def test_filters_narrow_the_list(held: Database, asked: dict[str, Any], names: list[str]) -> None:
    found = _listed(held, **asked)
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (CaseSort.DUE, ["water", "power", "river", "blood", "plain"]),
        (CaseSort.URGENCY, ["water", "power", "river", "plain", "blood"]),
        (CaseSort.NEWEST, ["power", "river", "water", "plain", "blood"]),
        (CaseSort.OLDEST, ["blood", "plain", "power", "river", "water"]),
    ],
)
def test_orders(held: Database, sort: CaseSort, names: list[str]) -> None:
    assert _listed(held, states=(), sort=sort) == names


def test_facets_count_what_each_value_would_give_without_its_own_filter(held: Database) -> None:
    with held.read() as connection:
        facets = case_reading.listed(
            connection, CaseQuery(governorates=("IQ-BA",), urgencies=("critical",)), NOW
        ).facets
    assert facets["state"] == (("new", 1),)
    assert facets["governorate"] == (("IQ-BA", 1),)
    assert facets["need"] == (("health", 1), ("water", 1))
    assert facets["urgency"] == (("critical", 1), ("normal", 1))
    assert facets["assignee"] == (("sara", 1),)
    assert facets["due"] == (("overdue", 1),)


def test_facets_of_the_list_as_it_opens(held: Database) -> None:
    with held.read() as connection:
        page = case_reading.listed(connection, CaseQuery(), NOW)
    assert page.total == 4
    assert page.facets["state"] == (("new", 2), ("verified", 1), ("referred", 1), ("resolved", 1))
    assert page.facets["governorate"] == (("IQ-BA", 2), ("IQ-MA", 1))
    assert page.facets["assignee"] == (("", 2), ("ali", 1), ("sara", 1))
    assert dict(page.facets["due"]) == {"overdue": 1, "today": 1}


@pytest.mark.parametrize("sort", list(CaseSort))
def test_pages_hold_every_case_once_even_where_their_keys_are_the_same(database: Database, sort: CaseSort) -> None:
    with database.write() as connection:
        for number in range(47):
            due = NOW + HOUR * (number % 3) if number % 4 else None
            _case(
                connection,
                f"{number:03}",
                due=due,
                urgency=cases.URGENCIES[number % 3],
                seen=NOW - HOUR * (number % 5),
            )
    seen: list[str] = []
    after = ""
    with database.read() as connection:
        while True:
            page = case_reading.listed(connection, CaseQuery(sort=sort, after=after, size=10), NOW, counted=False)
            assert page.total == 47
            seen += _names(page)
            after = page.next
            if not after:
                break
        whole = case_reading.listed(connection, CaseQuery(sort=sort, size=100), NOW)
    assert seen == _names(whole)
    assert len(set(seen)) == 47


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJkdWUiLDEsMiwzXQ", "é", "WyJkdWUiXQ"])
def test_what_is_no_cursor_is_refused(held: Database, cursor: str) -> None:
    with held.read() as connection, pytest.raises(BadCursor):
        case_reading.listed(connection, CaseQuery(after=cursor), NOW)


def test_the_cursor_of_another_order_is_refused(held: Database) -> None:
    with held.read() as connection:
        cursor = case_reading.listed(connection, CaseQuery(size=1), NOW).next
        with pytest.raises(BadCursor):
            case_reading.listed(connection, CaseQuery(size=1, after=cursor, sort=CaseSort.NEWEST), NOW)


def test_similar_cases_share_a_governorate_and_a_need_and_wait(held: Database) -> None:
    with held.read() as connection:
        assert [row.id for row in case_reading.similar(connection, "case-water")] == ["case-river"]
        assert [row.id for row in case_reading.similar(connection, "case-power")] == []
        assert [row.id for row in case_reading.similar(connection, "case-plain")] == []


def test_earlier_referrals_are_offered(held: Database) -> None:
    with held.write() as connection:
        for case, to in (("power", "مديرية الكهرباء"), ("river", "دائرة الماء"), ("plain", "دائرة الماء")):
            connection.execute(cases_table.update().where(cases_table.c.id == f"case-{case}").values(referred_to=to))
        assert case_reading.referrals(connection) == ["دائرة الماء", "مديرية الكهرباء"]


def _document(connection: sa.Connection, id_: str, case: str, ago: int, private: tuple[str, ...] = ()) -> None:
    fetched = NOW - timedelta(minutes=ago)
    connection.execute(
        articles.insert().values(
            document=id_, version=1, url=f"https://a.example/{id_}", outlet="nabd", source="s", title=f"title {id_}",
            body="a body " * 100, content=id_, published=None, published_raw="", published_from="feed",
            fetched=fetched, language="ar", state="analysed",
        )
    )  # fmt: skip
    found = [{"text": name, "start": 0, "end": 1, "kind": "person"} for name in private]
    connection.execute(
        analyses.insert().values(
            document=id_, version=1, analyser="test", at=fetched, analysis={"private": found, "appeals": []}
        )
    )
    connection.execute(
        documents.insert().values(
            id=id_, version=1, revision=1, stance="appeal", group="g", case=case, first_seen=fetched
        )
    )


def test_documents_and_events_of_a_case_come_in_their_order(held: Database) -> None:
    with held.write() as connection:
        _document(connection, "second", "case-water", 10)
        _document(connection, "first", "case-water", 20, private=("حسين علي",))
        _document(connection, "other", "case-river", 5)
        cases.note(connection, "case-water", kind="opened", document="first", reason="the first to tell it", now=NOW)
        connection.execute(
            case_events.insert().values(
                case="case-water", at=NOW, actor="sara", kind="note", reason="called them", detail={"after": {}}
            )
        )
        told = case_reading.told(connection, "case-water")
        history = case_reading.events(connection, "case-water")
        assert case_reading.private(connection, ["case-water", "case-river"]) == {
            "case-water": {"حسين علي"},
            "case-river": set(),
        }
        assert case_reading.titles(connection, ["first", "nothing"]) == {"first": "title first"}
    assert [one.id for one in told] == ["first", "second"]
    assert told[0].opening.startswith("a body")
    assert len(told[0].opening) <= 140
    assert told[0].published is None
    assert [(event.actor, event.kind) for event in history] == [("sara", "note"), (cases.MACHINE, "opened")]
    assert history[1].document == "first"
    assert history[0].detail == {"after": {}}
