"""The overview: where appeals come from, what they ask for, and how long people wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from index.protocol import Field, Query
from service.database import intake, statistics
from service.database.cases import OPEN_STATES, STATES, URGENCIES
from service.database.statistics import Period, Tally
from service.desk import charts
from service.desk.access import allow
from service.desk.lately import Lately
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.database.intake import OutletIntake
    from service.database.statistics import Standing, Waits
    from service.desk.parts import Desk

PERIODS = (7, 30, 90)
"""Days that may be looked at, today among them."""

USUAL = 30

COVERED = timedelta(days=7)
"""How long a governorate may go unnamed in the news before that is told."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page tells of a period, as it was at one moment.

    `covered` counts the articles of the last days by the governorates that they name.
    """

    at: datetime
    period: Period
    by_day: Mapping[date, Tally]
    by_label: Mapping[str, Mapping[str, Tally]]
    standings: tuple[Standing, ...]
    looked: Waits
    answered: Waits
    silent: tuple[OutletIntake, ...]
    covered: Mapping[str, int]

    @property
    def opened(self) -> Tally:
        """All Cases opened in the period."""
        days = self.by_day.values()
        return Tally(sum(day.critical for day in days), sum(day.high for day in days), sum(day.other for day in days))

    @property
    def open(self) -> int:
        """Cases that wait for somebody now."""
        return sum(one.count for one in self.standings if one.state in OPEN_STATES)

    def overdue(self, urgency: str = "") -> int:
        """Return how many of them should have been answered, of all urgencies or of one."""
        return sum(one.overdue for one in self.standings if urgency in ("", one.urgency))

    def in_state(self, state: str) -> int:
        """Return how many Cases are in a state now."""
        return sum(one.count for one in self.standings if one.state == state)


def routes(desk: Desk) -> APIRouter:
    """Return the route of the overview."""
    router = APIRouter()
    lately: Lately[int, Figures] = Lately(lambda days, now: _figures(desk, days, now))

    @router.get("/overview", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_overview(request: Request) -> HTMLResponse:
        asked = request.query_params.get("days", "")
        days = next((days for days in PERIODS if str(days) == asked), USUAL)
        now, words = desk.clock(), desk.words(request)
        told = lately.get(days, now)
        by_label = told.by_label
        return desk.draw(
            request,
            "overview.html",
            days=days,
            periods=PERIODS,
            told=told,
            states=STATES,
            urgencies=URGENCIES,
            outlines=charts.iraq(),
            shades=charts.shades(by_label["governorate"], words, Tally()),
            legend=charts.legend(by_label["governorate"]),
            bars=charts.by_day(told.by_day, words, lambda day: words.day(day.isoformat(), now)),
            needs=charts.shares(by_label["need"], lambda need: words.name("need", need)),
            lasting=lambda time: charts.lasting(words, time),
            outlet_names=desk.outlets,
        )

    return router


def _figures(desk: Desk, days: int, now: datetime) -> Figures:
    """Count everything. Raises what `Index.search` raises."""
    period = Period.of(days, now)
    with desk.database.read() as connection:
        looked, answered = statistics.responses(connection, period)
        outlets = intake.intake(connection, now)
        return Figures(
            at=now,
            period=period,
            by_day=statistics.opened_by_day(connection, period),
            by_label=statistics.opened_by_label(connection, period),
            standings=statistics.standings(connection, now),
            looked=looked,
            answered=answered,
            silent=tuple(sorted((one for one in outlets if one.silent(now)), key=lambda one: one.last or now)),
            covered=_covered(desk, now),
        )


def _covered(desk: Desk, now: datetime) -> dict[str, int]:
    page = desk.index.search(Query(since=now - COVERED, size=0, facets=(Field.GOVERNORATE,), facet_size=50))
    named = dict(page.facets.get(Field.GOVERNORATE, ()))
    return {one.code: named.get(one.code, 0) for one in charts.iraq().governorates}
