"""The sources: what each outlet gives, what was rejected and why, and what one may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from index.protocol import Field
from service.database import intake
from service.database.intake import OutletIntake, SourceIntake
from service.desk.access import allow
from service.desk.address import Address
from service.desk.lately import Lately
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from service.desk.parts import Desk

STATES = ("failing", "silent", "unheard", "fine")
"""Of outlets, what asks for a look first."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A Source; `reasons` are the reasons why addresses were rejected in the last 7 days, the commonest first."""

    source: SourceIntake
    state: str
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OutletRow:
    """An Outlet; `items` is the list of its items, None for Sources that never said whose they are."""

    outlet: OutletIntake
    name: str
    state: str
    usual: str
    sources: tuple[SourceRow, ...]
    items: Address | None


def routes(desk: Desk) -> APIRouter:
    """Return the route of the sources."""
    router = APIRouter()
    lately: Lately[None, tuple[OutletIntake, ...]] = Lately(lambda _, now: _intake(desk, now))

    @router.get("/sources", response_class=HTMLResponse)
    @allow(Role.READER)
    def show_sources(request: Request) -> HTMLResponse:
        now = desk.clock()
        home = Address(language=desk.words(request).language)
        rows = outlet_rows(lately.get(None, now), desk.outlets, home, now)
        counts = {state: sum(row.state == state for row in rows) for state in STATES}
        given = {reason for row in rows for source in row.sources for reason, _ in source.reasons}
        return desk.draw(request, "sources.html", rows=rows, counts=counts, states=STATES, reasons=sorted(given))

    return router


def _intake(desk: Desk, now: datetime) -> tuple[OutletIntake, ...]:
    with desk.database.read() as connection:
        return intake.intake(connection, now)


def outlet_rows(
    known: Iterable[OutletIntake], names: Mapping[str, str], home: Address, now: datetime
) -> tuple[OutletRow, ...]:
    """Return all outlets that gave anything or stand in the registry, what asks for a look first."""
    given = {outlet.id: outlet for outlet in known}
    given |= {id_: OutletIntake(id_) for id_ in names if id_ not in given}
    rows = [
        OutletRow(
            outlet=outlet,
            name=names.get(outlet.id, outlet.id),
            state=_state(outlet, now),
            usual=outlet.usual_a_day(now),
            sources=tuple(_source(source) for source in outlet.sources),
            items=home.only({Field.OUTLET: (outlet.id,)}) if outlet.id else None,
        )
        for outlet in given.values()
    ]
    return tuple(sorted(rows, key=lambda row: (STATES.index(row.state), not row.outlet.id, row.name)))


def _state(outlet: OutletIntake, now: datetime) -> str:
    if outlet.failing:
        return "failing"
    if outlet.last is None:
        return "unheard"
    return "silent" if outlet.silent(now) else "fine"


def _source(source: SourceIntake) -> SourceRow:
    state = "failing" if source.failures else "uncrawled" if source.finished is None else "fine"
    reasons = tuple(sorted(source.rejected.items(), key=lambda item: (-item[1], item[0])))
    return SourceRow(source, state, reasons)
