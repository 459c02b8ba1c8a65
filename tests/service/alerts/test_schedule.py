from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.alerts.schedule import Cadence, Schedule, read_time
from service.labels import BAGHDAD

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn
TIMES = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
SCHEDULES = st.builds(
    Schedule,
    cadence=st.sampled_from(Cadence),
    at=TIMES,
    weekday=st.integers(0, 6),
    quiet_from=st.none() | TIMES,
    quiet_to=st.none() | TIMES,
    but_critical=st.booleans(),
)


def _baghdad(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BAGHDAD)


@pytest.mark.parametrize(
    ("schedule", "came", "due"),
    [
        (Schedule(), "2026-11-26T10:20", "2026-11-26T10:20"),
        (Schedule(Cadence.HOURLY), "2026-11-26T10:20", "2026-11-26T11:00"),
        (Schedule(Cadence.HOURLY), "2026-11-26T23:59", "2026-11-27T00:00"),
        (Schedule(Cadence.DAILY, at=time(8)), "2026-11-26T07:59", "2026-11-26T08:00"),
        (Schedule(Cadence.DAILY, at=time(8)), "2026-11-26T08:01", "2026-11-27T08:00"),
        (Schedule(Cadence.WEEKLY, at=time(8), weekday=6), "2026-11-26T10:20", "2026-11-29T08:00"),  # Thursday to Sunday
        (Schedule(Cadence.WEEKLY, at=time(8), weekday=3), "2026-11-26T10:20", "2026-12-03T08:00"),
        (Schedule(Cadence.WEEKLY, at=time(12), weekday=3), "2026-11-26T10:20", "2026-11-26T12:00"),
    ],
)
def test_what_came_is_due_at_the_next_time_of_the_cadence(schedule: Schedule, came: str, due: str) -> None:
    assert schedule.after(_baghdad(came)) == _baghdad(due)
    assert schedule.due(_baghdad(came), _baghdad(due), critical=False)
    if came != due:
        assert not schedule.due(_baghdad(came), _baghdad(due) - timedelta(seconds=1), critical=True)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("21:59", False), ("22:00", True), ("23:30", True), ("00:10", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_may_pass_midnight(clock: str, quiet: bool) -> None:
    schedule = Schedule(quiet_from=time(22), quiet_to=time(7))
    now = _baghdad(f"2026-11-26T{clock}")
    assert schedule.quiet(now) is quiet
    assert schedule.due(now, now, critical=False) is not quiet


def test_something_critical_breaks_the_quiet_unless_it_may_not() -> None:
    night = _baghdad("2026-11-26T23:30")
    quiet = Schedule(quiet_from=time(22), quiet_to=time(7))
    assert quiet.due(night, night, critical=True)
    strict = Schedule(quiet_from=time(22), quiet_to=time(7), but_critical=False)
    assert not strict.due(night, night, critical=True)


def test_the_critical_exception_does_not_break_the_cadence() -> None:
    daily = Schedule(Cadence.DAILY, at=time(8), quiet_from=time(22), quiet_to=time(7))
    came = _baghdad("2026-11-26T10:00")
    assert not daily.due(came, _baghdad("2026-11-26T23:30"), critical=True)


@given(SCHEDULES, MOMENTS, st.timedeltas(timedelta(), timedelta(days=30)))
def test_a_machine_that_was_off_catches_up_and_nothing_waits_longer_than_its_cadence(
    schedule: Schedule, came: datetime, off: timedelta
) -> None:
    due = schedule.after(came)
    longest = {"at_once": 0, "hourly": 1, "daily": 24, "weekly": 168}[schedule.cadence.value]
    assert timedelta(0) <= due - came <= timedelta(hours=longest)
    back = due + off
    assert schedule.due(came, back, critical=False) or schedule.quiet(back)


@given(SCHEDULES, MOMENTS)
def test_nothing_is_due_before_its_time(schedule: Schedule, came: datetime) -> None:
    due = schedule.after(came)
    if due > came:
        assert not schedule.due(came, due - timedelta(microseconds=1), critical=True)


def test_times_of_the_day_are_read_strictly() -> None:
    assert read_time("") is None
    assert read_time("07:30") == time(7, 30)
    for wrong in ("7", "25:00", "07:60", "07:30:00"):
        with pytest.raises(ValueError, match=r"time data|unconverted"):
            read_time(wrong)
