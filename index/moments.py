"""Moments as whole numbers, and the days of Iraq in which they fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EARLIEST = datetime(1800, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Published times outside of EARLIEST to LATEST are faults of a page and refused."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC, exactly; a moment without a zone is read as UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def baghdad_day(micros: int) -> str:
    """Return the day, as YYYY-MM-DD in Asia/Baghdad, in which a moment falls; EARLIEST and LATEST bound it."""
    bounded = min(max(micros, to_micros(EARLIEST)), to_micros(LATEST))
    return from_micros(bounded).astimezone(ZoneInfo("Asia/Baghdad")).date().isoformat()
