"""Saved searches: a list's query under a name; each belongs to a user, who may let all others see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.cells import plain
from service.database.engine import insert_new, serialise
from service.database.tables import audit, saved_searches, users
from service.errors import SearchRefused

if TYPE_CHECKING:
    from datetime import datetime

MOST = 100
"""Searches a user: more than anybody looks through."""

LONGEST_NAME = 80
"""Characters."""

DELETED = "search_deleted"
"""The action of the audit log that holds a deleted search, so that it can be put back."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search. `query` is of the list's URL, without "?", item, page and language; `owner_name` its user's."""

    id: int
    owner: int
    owner_name: str
    name: str
    query: str
    shared: bool
    created: datetime


def subject(id: int) -> str:  # noqa: A002 - the column's name
    """Return what the audit log calls a search."""
    return f"search:{id}"


def clean_name(name: str) -> str:
    """Return a name as it is kept. Raises SearchRefused for an empty or too long one."""
    kept = " ".join(plain(name).split())
    if not kept:
        raise SearchRefused("saved_no_name", "a saved search needs a name")
    if len(kept) > LONGEST_NAME:
        raise SearchRefused("saved_long_name", f"a name has at most {LONGEST_NAME} characters")
    return kept


def add(
    connection: sa.Connection,
    owner: int,
    name: str,
    query: str,
    now: datetime,
    *,
    shared: bool = False,
    number: int | None = None,
) -> int:
    """Save a search and return its number: the one given, where it is free.

    Raises SearchRefused for a bad or taken name, and where there are `MOST`.
    """
    kept = clean_name(name)
    serialise(connection, f"searches of {owner}")
    held = sa.select(sa.func.count()).select_from(saved_searches).where(saved_searches.c.owner == owner)
    if (connection.scalar(held) or 0) >= MOST:
        raise SearchRefused("saved_too_many", f"there are {MOST} saved searches already")
    values = {"owner": owner, "name": kept, "query": query, "shared": shared, "created": now}
    if number is not None and not connection.scalar(sa.select(sa.exists().where(saved_searches.c.id == number))):
        values["id"] = number
    if not insert_new(connection, saved_searches, **values):
        raise _taken(kept)
    given: int = connection.execute(
        sa.select(saved_searches.c.id).where(saved_searches.c.owner == owner, saved_searches.c.name == kept)
    ).scalar_one()
    return given


def find(connection: sa.Connection, id: int, user: int) -> SavedSearch | None:  # noqa: A002 - the column's name
    """Return a search that the user may see, or None."""
    row = connection.execute(_SEARCHES.where(saved_searches.c.id == id, _visible(user))).first()
    return None if row is None else SavedSearch(*tuple(row))


def visible(connection: sa.Connection, user: int) -> list[SavedSearch]:
    """Return the user's own searches by name, then those that others share."""
    rows = connection.execute(
        _SEARCHES.where(_visible(user)).order_by(
            saved_searches.c.owner != user, saved_searches.c.name, saved_searches.c.id
        )
    )
    return [SavedSearch(*tuple(row)) for row in rows]


def rename(connection: sa.Connection, search: SavedSearch, name: str) -> None:
    """Give a search another name. Raises SearchRefused for a bad name, or one that its owner has given before."""
    kept = clean_name(name)
    serialise(connection, f"searches of {search.owner}")
    other = sa.select(saved_searches.c.id).where(
        saved_searches.c.owner == search.owner, saved_searches.c.name == kept, saved_searches.c.id != search.id
    )
    if connection.execute(other).first() is not None:
        raise _taken(kept)
    connection.execute(saved_searches.update().where(saved_searches.c.id == search.id).values(name=kept))


def share(connection: sa.Connection, id: int, *, shared: bool) -> None:  # noqa: A002 - the column's name
    """Let all users see a search, or its owner alone."""
    connection.execute(saved_searches.update().where(saved_searches.c.id == id).values(shared=shared))


def delete(connection: sa.Connection, id: int) -> None:  # noqa: A002 - the column's name
    """Delete a search; the caller writes it into the audit log as `DELETED` with `told`, from where it comes back."""
    connection.execute(saved_searches.delete().where(saved_searches.c.id == id))


def told(search: SavedSearch) -> dict[str, Any]:
    """Return what the audit log keeps of a deleted search."""
    return {
        "owner": search.owner,
        "name": search.name,
        "query": search.query,
        "shared": search.shared,
        "created": search.created.isoformat(),
    }


def deleted_by(connection: sa.Connection, id: int, actor: str) -> dict[str, Any] | None:  # noqa: A002 - as above
    """Return what was `told` of the search of this number that `actor` deleted last, or None."""
    detail: dict[str, Any] | None = connection.scalar(
        sa.select(audit.c.detail)
        .where(audit.c.subject == subject(id), audit.c.action == DELETED, audit.c.actor == actor)
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    return detail


def _visible(user: int) -> sa.ColumnElement[bool]:
    return sa.or_(saved_searches.c.owner == user, saved_searches.c.shared)


def _taken(name: str) -> SearchRefused:
    return SearchRefused("saved_taken", f"there is a saved search {name!r} already")


_SEARCHES = sa.select(
    saved_searches.c.id,
    saved_searches.c.owner,
    users.c.name.label("owner_name"),
    saved_searches.c.name,
    saved_searches.c.query,
    saved_searches.c.shared,
    saved_searches.c.created,
).join(users, users.c.id == saved_searches.c.owner)
