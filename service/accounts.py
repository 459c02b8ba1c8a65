"""Accounts: who may use the desk, with what role, and the log of what they did."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service import throttle
from service.database.engine import insert_new, serialise
from service.database.tables import audit, sessions, subscriptions, users
from service.errors import AccountRefused
from service.passwords import hashed
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_NAME = re.compile(r"[\w][\w.\-]{1,39}")

_LONGEST_NAME = 200
"""Characters of what was given as a name that are looked at."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: int
    name: str
    role: Role
    disabled: bool
    preferences: Mapping[str, Any]
    created: datetime
    email: str = ""


def fold_name(name: str) -> str:
    """Return a name as it is kept: one form of every letter, in lower case."""
    return unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).strip().casefold()


def possible_name(name: str) -> str:
    """Return a name as it is kept, or "" for what can be no user's name."""
    kept = fold_name(name)
    return kept if _NAME.fullmatch(kept) and len(name) <= _LONGEST_NAME else ""


def add_user(connection: sa.Connection, name: str, password: str, role: Role, now: datetime) -> int:
    """Add an account and return its number. Raises AccountRefused for a taken or odd name or an unfit password."""
    kept = possible_name(name)
    if not kept:
        raise AccountRefused("bad_name", f"{name[:40]!r} is no user name: 2 to 40 letters, digits, and . - _ within")
    values: dict[str, Any] = {
        "role": role.value,
        "password": hashed(password),
        "created": now,
        "preferences": {},
    }
    if not insert_new(connection, users, name=kept, **values):
        raise AccountRefused("name_taken", f"there is a user {kept} already")
    number: int = connection.execute(sa.select(users.c.id).where(users.c.name == kept)).scalar_one()
    return number


def set_password(connection: sa.Connection, user: int, password: str) -> None:
    """Change a password, and end every session that was begun with the old one. Raises AccountRefused for an unfit one.

    Failed attempts are forgotten: who was locked out may come in with the new one.
    """
    kept = hashed(password)
    name = connection.execute(
        users.update().where(users.c.id == user).values(password=kept).returning(users.c.name)
    ).scalar_one()
    throttle.forget(connection, name)
    connection.execute(sessions.delete().where(sessions.c.user == user))


def find_user(connection: sa.Connection, name: str) -> User | None:
    """Return the user of this name, or None."""
    row = connection.execute(sa.select(users).where(users.c.name == possible_name(name))).first()
    return None if row is None else as_user(row)


def user_of(connection: sa.Connection, number: int) -> User | None:
    """Return the user of this number, or None."""
    row = connection.execute(sa.select(users).where(users.c.id == number)).first()
    return None if row is None else as_user(row)


def every_user(connection: sa.Connection) -> list[User]:
    """Return all users by name."""
    return [as_user(row) for row in connection.execute(sa.select(users).order_by(users.c.name))]


def change_user(
    connection: sa.Connection,
    user: int,
    now: datetime,
    *,
    role: Role | None = None,
    disabled: bool | None = None,
    preferences: Mapping[str, Any] | None = None,
) -> None:
    """Change what is given of a user; a disabled one's sessions end, and the subscriptions pause.

    Raises AccountRefused where nobody would be left to look after the users.
    """
    if disabled or (role is not None and role is not Role.ADMINISTRATOR):
        _keep_an_administrator(connection, user)
    values: dict[str, Any] = {}
    if role is not None:
        values["role"] = role.value
    if disabled is not None:
        values["disabled"] = now if disabled else None
    if preferences is not None:
        values["preferences"] = dict(preferences)
    if values:
        connection.execute(users.update().where(users.c.id == user).values(values))
    if disabled:
        connection.execute(sessions.delete().where(sessions.c.user == user))
        connection.execute(
            subscriptions.update()
            .where(subscriptions.c.owner == user, subscriptions.c.paused.is_(None))
            .values(paused=now)
        )


def count_administrators(connection: sa.Connection, *, but: int | None = None) -> int:
    """Return how many administrators may log in, but for one user."""
    chosen = [users.c.role == Role.ADMINISTRATOR.value, users.c.disabled.is_(None)]
    chosen += [users.c.id != but] if but is not None else []
    return connection.scalar(sa.select(sa.func.count()).select_from(users).where(*chosen)) or 0


def _keep_an_administrator(connection: sa.Connection, user: int) -> None:
    serialise(connection, "administrators")  # two of them may be demoting each other
    if not count_administrators(connection, but=user) and count_administrators(connection):
        raise AccountRefused("last_administrator", "the last administrator must stay one: make another one first")


def note(connection: sa.Connection, actor: str, action: str, subject: str, now: datetime, **detail: object) -> None:
    """Write into the audit log who did what to what, in the transaction that does it."""
    connection.execute(audit.insert().values(at=now, actor=actor, action=action, subject=subject, detail=detail))


def as_user(row: Any) -> User:
    """Return a row of the table as a User."""
    disabled = row.disabled is not None
    return User(row.id, row.name, Role(row.role), disabled, row.preferences or {}, row.created, row.email)
