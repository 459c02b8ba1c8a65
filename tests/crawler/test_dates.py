from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates import BAGHDAD, read_date

NOW = datetime(2024, 5, 21, 9, 0, tzinfo=UTC)
EVENING = "2024-05-20T17:59"
DAY = "2024-05-19T21:00"


@pytest.mark.parametrize(
    ("raw", "utc"),
    [
        ("20-05-2024, 20:59", EVENING),
        ("20 مايو 2024 08:59 مساءً", EVENING),
        ("20 أيار 2024 | 8:59 م", EVENING),
        ("٢٠-٠٥-٢٠٢٤، ٢٠:٥٩", EVENING),
        ("2024/05/20 - 20:59", EVENING),
        ("2024-05-20 08:59 PM", EVENING),
        ("08:59 مساءً - الاثنين 20 أيار/مايو 2024", EVENING),
        ("Mon, 20 May 2024 20:59:00 +0300", EVENING),
        ("Mon, 20 May 2024 17:59:00 GMT", EVENING),
        ("Mon, 20 May 2024 20:59:00", EVENING),
        ("2024-05-20T17:59:00Z", EVENING),
        ("2024-05-20T20:59:00+03:00", EVENING),
        ("2024-05-20T20:59:00", EVENING),
        ("الأربعاء، 20 أيار/مايو 2024، آخر تحديث 21:59 (GMT+0400)", EVENING),
        ("الاثنين 20 أيار 2024", DAY),
        ("الإثنين , 20 مايو , 2024", DAY),
        ("٢٠ أيّار ٢٠٢٤", DAY),
        ("20/5/2024", DAY),
        ("20.05.2024", DAY),
        ("May 20, 2024", DAY),
        ("مايو 20, 2024", DAY),
        ("نشر في 20 من أيار 2024", DAY),
        ("20/5/2024 12:05 ص", "2024-05-19T21:05"),
        ("20/5/2024 12:05 ظهراً", "2024-05-20T09:05"),
        ("20/5/2024 11:30 ليلاً", "2024-05-20T20:30"),
        ("5 كانون الثاني 2024", "2024-01-04T21:00"),
        ("20 شباط 2024", "2024-02-19T21:00"),
        ("20 تشرين الأول 2023", "2023-10-19T21:00"),
        ("20 تشرين الثاني 2023", "2023-11-19T21:00"),
        ("3 كانون الأول 2023", "2023-12-02T21:00"),
        ("20 آب 2023", "2023-08-19T21:00"),
        ("منذ 3 ساعات", "2024-05-21T06:00"),
        ("أمس", "2024-05-20T09:00"),
    ],
)
def test_what_iraqi_outlets_write_is_read(raw, utc):
    read = read_date(raw, now=NOW)
    assert read.moment is not None
    assert read.moment.strftime("%Y-%m-%dT%H:%M") == utc
    assert read.raw == raw


@pytest.mark.parametrize(
    "raw", ["2099-01-01", "1439-07-04T12:23:48Z", "01-01-1970 03:00", "31-02-2024", "خبر عاجل", "", "12:30", "١٢٣٤٥"]
)
def test_absurd_and_unreadable_dates_are_dropped_and_their_words_kept(raw):
    assert read_date(raw, now=NOW) == type(read_date(""))(None, raw)


def test_tomorrow_is_allowed_for_a_fast_clock_and_no_later():
    assert read_date((NOW + timedelta(hours=23)).isoformat(), now=NOW).moment
    assert read_date((NOW + timedelta(hours=25)).isoformat(), now=NOW).moment is None


def test_summer_time_of_the_years_that_had_it_is_known():
    moment = read_date("20-07-2006, 12:00").moment
    assert moment is not None
    assert moment.hour == 8


@given(st.datetimes(datetime(1996, 1, 1), datetime(2024, 5, 20)))  # noqa: DTZ001 - a wall clock in Baghdad
def test_every_wall_time_comes_back(wall):
    wall = wall.replace(second=0, microsecond=0)
    moment = read_date(wall.strftime("%d-%m-%Y, %H:%M"), now=NOW).moment
    assert moment == wall.replace(tzinfo=BAGHDAD).astimezone(UTC)


@given(st.text(max_size=80))
def test_no_text_makes_it_fail(raw):
    read_date(raw, now=NOW)
