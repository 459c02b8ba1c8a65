"""What is asked of the list of Cases, as conditions, orders and cursors of SQL."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.cases import OPEN_STATES, listable
from service.database.tables import Moment, case_labels, cases
from service.errors import BadCursor
from service.labels import BAGHDAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.database.case_reading import CaseRow

ROWS = 30
"""Cases a page."""

_FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for no due time, so that Cases without one come last."""

_FOLDED = (("أ", "ا"), ("إ", "ا"), ("آ", "ا"), ("ٱ", "ا"), ("ى", "ي"), ("ة", "ه"), ("ـ", ""))
"""Letters that people write one for the other; `index.arabic` folds more, which a LIKE need not."""


class CaseSort(StrEnum):
    """Orders of the list."""

    DUE = "due"  # overdue first, then what is due soonest, then the most urgent
    URGENCY = "urgency"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What is asked for; values of one filter widen it, filters narrow each other, () asks for everything.

    Attributes:
        states: by default those in which a Case waits for somebody.
        governorates: ISO 3166-2 codes.
        needs: see `shared/domain`.
        urgencies: critical, high, normal.
        outlets: ids.
        assignees: names of users; "" for nobody.
        due: "overdue", "today" (still to come, until midnight in Baghdad) or "".
        text: words that stand in title, summary or facility.
        sort: order of the list.
        after: `CasePage.next` of the page before, "" for the first.
        size: Cases a page.

    """

    states: tuple[str, ...] = OPEN_STATES
    governorates: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    due: str = ""
    text: str = ""
    sort: CaseSort = CaseSort.DUE
    after: str = ""
    size: int = ROWS


def conditions(query: CaseQuery, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of the Cases that are asked for, without their order and page."""
    kept = [listable()]
    for column, values in (
        (cases.c.state, query.states),
        (cases.c.urgency, query.urgencies),
        (cases.c.assignee, query.assignees),
    ):
        if values:
            kept.append(column.in_(values))
    for kind, labels in (("governorate", query.governorates), ("need", query.needs), ("outlet", query.outlets)):
        if labels:
            kept.append(labelled(kind, labels))
    if query.due:
        kept.append(is_due(query.due, now))
    kept += [_says(word) for word in query.text.split()]
    return kept


def labelled(kind: str, values: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Return the condition of Cases that bear one of these labels."""
    of_kind = sa.and_(case_labels.c.kind == kind, case_labels.c.value.in_(values))
    return cases.c.id.in_(sa.select(case_labels.c.case).where(of_kind))


def is_due(due: str, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition of open Cases that are overdue, or due by midnight in Baghdad."""
    if due == "overdue":
        return sa.and_(cases.c.due < now, cases.c.state.in_(OPEN_STATES))
    midnight = datetime.combine(now.astimezone(BAGHDAD).date() + timedelta(days=1), time(), BAGHDAD)
    return sa.and_(cases.c.due >= now, cases.c.due < midnight, cases.c.state.in_(OPEN_STATES))


def _says(word: str) -> sa.ColumnElement[bool]:
    text: sa.ColumnElement[str] = sa.func.lower(cases.c.title + " " + cases.c.summary + " " + cases.c.facility)
    word = word.lower()
    for letter, plain in _FOLDED:
        text = sa.func.replace(text, letter, plain)
        word = word.replace(letter, plain)
    return text.contains(word, autoescape=True)


_Key = tuple[sa.ColumnElement[Any], bool, "Callable[[CaseRow], Any]"]
"""An expression, whether it runs downwards, and its value for a Case."""

_SEEN: _Key = (sa.func.coalesce(cases.c.last_seen, cases.c.opened), True, lambda row: row.last_seen or row.opened)
_RANK: _Key = (cases.c.urgency_rank, False, lambda row: row.urgency_rank)
_DUE: _Key = (sa.func.coalesce(cases.c.due, sa.literal(_FAR, Moment())), False, lambda row: row.due or _FAR)
_ID: _Key = (cases.c.id, False, lambda row: row.id)

_ORDERS: Mapping[CaseSort, tuple[_Key, ...]] = {
    CaseSort.DUE: (_DUE, _RANK, _ID),
    CaseSort.URGENCY: (_RANK, _SEEN, _ID),
    CaseSort.NEWEST: (_SEEN, _ID),
    CaseSort.OLDEST: ((_SEEN[0], False, _SEEN[2]), _ID),
}


def ordered(selected: sa.Select[Any], query: CaseQuery) -> sa.Select[Any]:
    """Put a selection of Cases into the order asked for, from the cursor on. Raises BadCursor."""
    keys = _ORDERS[query.sort]
    selected = selected.order_by(*(column.desc() if falls else column.asc() for column, falls, _ in keys))
    return selected.where(_beyond(query.sort, query.after)) if query.after else selected


def cursor_of(sort: CaseSort, row: CaseRow) -> str:
    """Return the cursor of the page that begins after this Case."""
    values = [of(row) for _, _, of in _ORDERS[sort]]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([sort.value, *plain]).encode()).decode().rstrip("=")


def _beyond(sort: CaseSort, cursor: str) -> sa.ColumnElement[bool]:
    """Return the condition of the Cases that come after a cursor."""
    keys = _ORDERS[sort]
    try:
        given = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(given, list) or given[:1] != [sort.value] or len(given) != len(keys) + 1:
            raise BadCursor(cursor)
        values = [_value(column, value) for (column, _, _), value in zip(keys, given[1:], strict=True)]
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadCursor(cursor) from error
    beyond: list[sa.ColumnElement[bool]] = []
    for place, (column, falls, _) in enumerate(keys):
        same = [before == value for (before, _, _), value in zip(keys[:place], values[:place], strict=True)]
        beyond.append(sa.and_(*same, column < values[place] if falls else column > values[place]))
    return sa.or_(*beyond)


def _value(column: sa.ColumnElement[Any], given: object) -> object:
    if isinstance(column.type, Moment):
        moment = datetime.fromisoformat(str(given))
        if moment.tzinfo is None:
            raise ValueError(given)
        return moment.astimezone(UTC)
    wanted = int if isinstance(column.type, sa.Integer) else str
    if type(given) is not wanted or (isinstance(given, int) and not 0 <= given < 100):
        raise ValueError(given)
    if isinstance(given, str) and not given.isprintable():
        raise ValueError(given)
    return given
