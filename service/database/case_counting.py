"""Counts the list of Cases by what its filters could choose."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from service.database.case_query import CaseQuery, conditions, is_due
from service.database.cases import STATES, URGENCIES
from service.database.tables import case_labels, cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Facet = Literal["state", "governorate", "need", "urgency", "assignee", "due"]
Counts = tuple[tuple[str, int], ...]


def facets(connection: sa.Connection, query: CaseQuery, now: datetime) -> dict[Facet, Counts]:
    """Return for each value how many Cases the list would hold with it alone in its filter."""
    counts = _counted_together(connection, query, now)
    if query.governorates or query.needs:
        for facet, without in (("governorate", {"governorates": ()}), ("need", {"needs": ()})):
            counts |= _counted_labels(connection, replace(query, **without), now, (facet,))  # type: ignore[arg-type]  # names of fields
    else:
        counts |= _counted_labels(connection, query, now, ("governorate", "need"))
    return counts


def _counted_together(connection: sa.Connection, query: CaseQuery, now: datetime) -> dict[Facet, Counts]:
    """Count states, urgencies, assignees and due times in one pass over the Cases; each leaves out its own filter."""
    base = replace(query, states=(), urgencies=(), assignees=(), due="")
    columns = (cases.c.state, cases.c.urgency, cases.c.assignee)
    of_due: list[sa.ColumnElement[Any]] = [
        sa.func.count(sa.case((is_due(due, now), 1))).label(due) for due in ("overdue", "today")
    ]
    rows = connection.execute(
        sa.select(*columns, sa.func.count().label("every"), *of_due).where(*conditions(base, now)).group_by(*columns)
    ).all()
    chosen = {"state": query.states, "urgency": query.urgencies, "assignee": query.assignees}
    counted: dict[Facet, Counter[str]] = {
        "state": Counter(),
        "urgency": Counter(),
        "assignee": Counter(),
        "due": Counter(),
    }
    for row in rows:
        values = {"state": row.state, "urgency": row.urgency, "assignee": row.assignee}
        fits = {name: not chosen[name] or value in chosen[name] for name, value in values.items()}
        number = row._mapping[query.due or "every"]  # noqa: SLF001 - see _with_labels
        for name in ("state", "urgency", "assignee"):
            if all(fit for other, fit in fits.items() if other != name):
                counted[name][values[name]] += number
        if all(fits.values()):
            counted["due"] += Counter(overdue=row.overdue, today=row.today)
    by_place: dict[Facet, Callable[[str], int]] = {"state": _place_in(STATES), "urgency": _place_in(URGENCIES)}
    return {
        facet: tuple(
            (value, number)
            for value, number in sorted(
                counts.items(), key=lambda pair: (by_place[facet](pair[0]) if facet in by_place else -pair[1], pair[0])
            )
            if number
        )
        for facet, counts in counted.items()
    }


def _place_in(order: tuple[str, ...]) -> Callable[[str], int]:
    return lambda value: order.index(value) if value in order else len(order)


def _counted_labels(
    connection: sa.Connection, query: CaseQuery, now: datetime, kinds: tuple[Facet, ...]
) -> dict[Facet, Counts]:
    kept = sa.select(cases.c.id).where(*conditions(query, now))
    rows = connection.execute(
        sa.select(case_labels.c.kind, case_labels.c.value, sa.func.count().label("number"))
        .where(case_labels.c.kind.in_(kinds), case_labels.c.case.in_(kept))
        .group_by(case_labels.c.kind, case_labels.c.value)
    ).all()
    ordered = sorted(rows, key=lambda row: (-row.number, row.value))
    return {kind: tuple((row.value, row.number) for row in ordered if row.kind == kind) for kind in kinds}
