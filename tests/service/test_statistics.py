from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service.database import intake, openings, statistics
from service.database.cases import MACHINE, URGENCIES
from service.database.changes import INDEXER, Cursor, advance, announce
from service.database.engine import Database
from service.database.statistics import Period, Tally, Waits
from service.database.tables import articles, case_events, case_labels, cases, rejections, sources

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _case(connection: sa.Connection, name: str, opened: datetime, *, labels: str = "", **values: Any) -> None:
    kept = {"state": "new", "opened": opened, "documents": 1, "urgency": "normal"} | values
    kept["urgency_rank"] = URGENCIES.index(kept["urgency"]) if kept["urgency"] else len(URGENCIES)
    connection.execute(cases.insert().values(id=name, **kept))
    for label in labels.split():
        kind, value = label.split(":")
        connection.execute(case_labels.insert().values(case=name, kind=kind, value=value))


def _event(connection: sa.Connection, case: str, at: datetime, kind: str = "state", **values: Any) -> int:
    told = {"actor": "sara", "reason": ""} | values
    added = case_events.insert().values(case=case, at=at, kind=kind, **told).returning(case_events.c.id)
    return int(connection.execute(added).scalar_one())


def _moved(connection: sa.Connection, case: str, at: datetime, before: str, after: str, **values: Any) -> None:
    _event(connection, case, at, detail={"before": {"state": before}, "after": {"state": after}}, **values)


def _article(connection: sa.Connection, number: int, fetched: datetime, **values: Any) -> None:
    kept = {"outlet": "nabd", "version": 1, "state": "analysed"} | values
    connection.execute(
        articles.insert().values(
            document=f"{number:064}",
            url=f"https://nabd.example/{number}",
            title="",
            body="",
            content="",
            published_raw="",
            published_from="feed",
            fetched=fetched,
            language="ar",
            source=f"{kept['outlet']}-feed",
            **kept,
        )
    )


def test_a_period_begins_at_midnight_in_baghdad() -> None:
    period = Period.of(7, datetime(2026, 7, 14, 21, 30, tzinfo=UTC))
    assert (period.first, period.last) == (date(2026, 7, 9), date(2026, 7, 15))
    assert period.since == datetime(2026, 7, 8, 21, tzinfo=UTC)
    assert len(period.days()) == 7


@pytest.fixture
def held(database: Database) -> Database:
    with database.write() as c:
        _case(c, "a", NOW, labels="need:water need:health governorate:IQ-BA outlet:nabd", urgency="critical")
        # 23:30 and 00:30 in Baghdad
        _case(c, "b", datetime(2026, 7, 13, 20, 30, tzinfo=UTC), labels="need:water governorate:IQ-BA", urgency="high")
        _case(c, "c", datetime(2026, 7, 13, 21, 30, tzinfo=UTC), labels="need:water governorate:IQ-MU", urgency="")
        _case(c, "d", NOW - 6 * DAY, state="answered")
        _case(c, "before", NOW - 8 * DAY, labels="need:water", due=NOW - DAY)
        _case(c, "merged", NOW, labels="need:water governorate:IQ-BA", merged_into="a")
        _case(c, "untold", NOW, labels="need:water governorate:IQ-BA", documents=0)
    return database


def test_cases_are_counted_by_day_in_baghdad_and_urgency(held: Database) -> None:
    with held.read() as connection:
        days = statistics.opened_by_day(connection, Period.of(7, NOW))
    assert list(days) == [date(2026, 7, day) for day in range(8, 15)]
    assert days[date(2026, 7, 14)] == Tally(critical=1, other=1)
    assert days[date(2026, 7, 13)] == Tally(high=1)
    assert days[date(2026, 7, 8)] == Tally(other=1)
    assert days[date(2026, 7, 10)] == Tally()
    assert sum(tally.total for tally in days.values()) == 4


def test_cases_are_counted_by_need_and_governorate(held: Database) -> None:
    with held.read() as connection:
        found = statistics.opened_by_label(connection, Period.of(7, NOW))
    assert found["need"] == {"water": Tally(1, 1, 1), "health": Tally(critical=1)}
    assert found["governorate"] == {"IQ-BA": Tally(1, 1), "IQ-MU": Tally(other=1)}


def test_the_standing_of_all_cases_tells_what_is_overdue(held: Database) -> None:
    with held.read() as connection:
        found = {(one.state, one.urgency): one for one in statistics.standings(connection, NOW)}
    assert found["new", "normal"].overdue == 1
    assert found["new", "critical"].overdue == 0
    assert {key: one.count for key, one in found.items()} == {
        ("new", "critical"): 1,
        ("new", "high"): 1,
        ("new", ""): 1,
        ("new", "normal"): 1,
        ("answered", "normal"): 1,
    }


def test_waits_end_with_the_first_decision_of_a_person_that_stands(database: Database) -> None:
    opened = NOW - 3 * DAY
    with database.write() as c:
        for number in range(10):
            _case(c, f"case-{number}", opened)
            _moved(c, f"case-{number}", opened + (number + 1) * HOUR, "new", "verified")
            _moved(c, f"case-{number}", opened + 30 * HOUR, "verified", "referred")
        _moved(c, "case-0", opened + 2 * HOUR, "verified", "answered", undone=NOW)
        _moved(c, "case-0", opened + 4 * HOUR, "verified", "resolved")
        _moved(c, "case-0", opened + 9 * HOUR, "resolved", "answered")
        _case(c, "proposed", opened)
        _event(c, "proposed", opened + HOUR, "proposed", actor=MACHINE, detail={"before": {"state": "new"}})
        _event(c, "proposed", opened + HOUR, "assigned", detail={"before": {}, "after": {}})
        _case(c, "before", NOW - 40 * DAY)
        _moved(c, "before", NOW, "new", "answered")
    with database.read() as connection:
        looked, answered = statistics.responses(connection, Period.of(30, NOW))
        assert looked == Waits(10, 5 * HOUR, 9 * HOUR)
        assert answered == Waits(1, 4 * HOUR, 4 * HOUR)
        assert statistics.responses(connection, Period.of(7, NOW - 90 * DAY))[1].count == 2


def test_nobody_waited_where_nothing_was_opened(database: Database) -> None:
    with database.read() as connection:
        assert statistics.responses(connection, Period.of(30, NOW)) == (Waits(), Waits())
        assert statistics.standings(connection, NOW) == ()


def test_an_outlet_is_silent_after_four_of_its_usual_gaps_and_a_day(database: Database) -> None:
    with database.write() as c:
        for number in range(60):  # two a day, the last 25 hours ago
            _article(c, number, NOW - 25 * HOUR - number * 12 * HOUR, outlet="usual")
        for number in range(60, 360):  # ten a day, the last 25 hours ago
            _article(c, number, NOW - 25 * HOUR - (number - 60) * 2.4 * HOUR, outlet="busy")
        _article(c, 360, NOW - 40 * DAY, outlet="gone")
    with database.read() as connection:
        found = {outlet.id: outlet for outlet in intake.intake(connection, NOW)}
    assert {name: outlet.silent(NOW) for name, outlet in found.items()} == {"usual": False, "busy": True, "gone": True}
    assert found["busy"].usual_a_day(NOW) == "10"
    assert found["gone"].usual_a_day(NOW) == "0.0"
    assert found["usual"].silent(NOW + 2 * DAY)


def test_what_a_source_gave_is_told_with_what_was_rejected_and_its_last_crawl(database: Database) -> None:
    with database.write() as c:
        _article(c, 1, NOW - HOUR)
        _article(c, 2, NOW - 3 * DAY)
        _article(c, 3, NOW - 20 * DAY)
        _article(c, 1, NOW, version=2)  # a changed text is no new Article
        _article(c, 4, NOW - 2 * DAY, state="rejected")
        for number, (reason, seen) in enumerate([("no_text", NOW), ("no_text", NOW), ("robots", NOW - 9 * DAY)]):
            c.execute(
                rejections.insert().values(
                    url=f"https://nabd.example/{number}",
                    reason=reason,
                    outlet="nabd",
                    source="nabd-feed",
                    detail="",
                    first_seen=seen,
                    last_seen=seen,
                    times=1,
                )
            )
        report = {"listed": 20, "known": 18, "accepted": 2, "rejected": {}, "unchanged": False}
        c.execute(sources.insert().values(id="nabd-feed", finished=NOW, failures=2, report=report))
        c.execute(sources.insert().values(id="never-crawled"))
    with database.read() as connection:
        nobody, nabd = intake.intake(connection, NOW)
    assert (nobody.id, [source.id for source in nobody.sources]) == ("", ["never-crawled"])
    assert not nobody.silent(NOW)
    (source,) = nabd.sources
    assert (source.day, source.week, source.usual) == (1, 3, 4)
    assert (source.first, source.last) == (NOW - 20 * DAY, NOW - HOUR)
    assert source.rejected == {"no_text": 2, "language": 1}
    assert (source.finished, source.failures, source.report) == (NOW, 2, report)
    assert nabd.failing


def test_an_opening_can_be_searched_once_the_indexer_has_done_its_change(database: Database) -> None:
    with database.write() as c:
        _case(c, "first", NOW, urgency="critical")
        first = _event(c, "first", NOW, "opened", actor=MACHINE)
        announce(c, ["d1"], NOW)
        assert openings.searchable(c) == 0
        advance(c, INDEXER, 1, since=Cursor())
        assert openings.searchable(c) == first
        later = NOW + HOUR
        _case(c, "second", later)
        _event(c, "second", later, "opened", actor=MACHINE)
        announce(c, ["d2"], later)
        assert openings.searchable(c) == first
        # an older Document that changes again takes nothing back
        advance(c, INDEXER, 2, since=Cursor(1))
        announce(c, ["d1"], later + HOUR)
        second = openings.searchable(c)
        assert second > first
        _case(c, "merged", later, merged_into="second")
        merged = _event(c, "merged", later, "opened", actor=MACHINE)
        new = openings.opened(c, 0, merged, 10)
    assert [(one.number, one.critical) for one in new] == [(second, False), (first, True)]
