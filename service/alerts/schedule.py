"""When a subscription's message is due: its cadence and its quiet hours, in Baghdad's time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from service.labels import BAGHDAD


class Cadence(StrEnum):
    """How what is owed is gathered."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When messages may be written.

    Attributes:
        cadence: at once, at each full hour, each day or each week.
        at: time of the day in Baghdad, for daily and weekly.
        weekday: 0 Monday to 6 Sunday, for weekly.
        quiet_from, quiet_to: hours in Baghdad in which nothing is sent; None for none. They may pass midnight.
        but_critical: whether something critical is sent all the same.

    """

    cadence: Cadence = Cadence.AT_ONCE
    at: time = time(8)
    weekday: int = 6
    quiet_from: time | None = None
    quiet_to: time | None = None
    but_critical: bool = True

    def due(self, oldest: datetime, now: datetime, *, critical: bool) -> bool:
        """Return whether what has been owed since `oldest` is to be written now; both aware.

        What waits is due at the first time of its cadence after it came; a machine that was off then catches up.
        """
        if self.quiet(now) and not (critical and self.but_critical):
            return False
        return self.after(oldest) <= now

    def after(self, moment: datetime) -> datetime:
        """Return the first time of the cadence at or after a moment; quiet hours are not heeded."""
        here = moment.astimezone(BAGHDAD)
        if self.cadence is Cadence.AT_ONCE:
            return moment
        if self.cadence is Cadence.HOURLY:
            hour = here.replace(minute=0, second=0, microsecond=0)
            return hour if hour == here else hour + timedelta(hours=1)
        days = 0 if self.cadence is Cadence.DAILY else (self.weekday - here.weekday()) % 7
        found = datetime.combine(here.date() + timedelta(days=days), self.at, BAGHDAD)
        return found if found >= here else found + timedelta(days=1 if self.cadence is Cadence.DAILY else 7)

    def quiet(self, now: datetime) -> bool:
        """Return whether a moment lies in the quiet hours; from and to being equal means none."""
        start, end = self.quiet_from, self.quiet_to
        if start is None or end is None or start == end:
            return False
        clock = now.astimezone(BAGHDAD).time()
        return start <= clock < end if start < end else clock >= start or clock < end


def read_time(text: str) -> time | None:
    """Return a time of the day written as HH:MM, None for "". Raises ValueError for anything else."""
    return None if not text else datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of the day has no date
