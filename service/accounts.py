"""Accounts: who may use the desk. Passwords, sessions, API tokens, and the brake on guessing.

Secrets are kept as hashes only: passwords by argon2id (RFC 9106, its second recommended option, as argon2-cffi sets
it), session and token secrets, which nobody can guess, by SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database.engine import insert_new
from service.database.tables import api_tokens, audit, login_failures, sessions, users
from service.errors import AccountRefused, LoginRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from argon2 import PasswordHasher

SESSION = timedelta(days=14)
"""How long a login lasts that is not used; each use renews it."""

RENEWED = timedelta(minutes=5)
"""How much of a session may pass before its last use is written down again: not every page writes."""

SHORTEST_PASSWORD = 10
"""Characters; length is what counts (NIST SP 800-63B, 5.1.1.2)."""

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(minutes=15)
"""After so many wrong passwords in a row, for a name or from an address, each further one doubles the wait from one
second on, up to the longest."""

_NAME = re.compile(r"[\w][\w.\-]{1,39}")


class Role(StrEnum):
    """What somebody may do; each role may all that the one before may."""

    READER = "reader"  # reads, with private data masked
    EDITOR = "editor"  # reads everything, corrects, triages, exports
    ADMINISTRATOR = "administrator"  # looks after users

    def may(self, wanted: Role) -> bool:
        """Tell whether who has this role may do what asks for `wanted`."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: int
    name: str
    role: Role
    disabled: bool
    preferences: Mapping[str, Any]
    created: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """A session that just began: the secret goes into the cookie and is nowhere else."""

    user: User
    secret: str


def fold_name(name: str) -> str:
    """Return a name as it is kept: one form of every letter, in lower case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def add_user(connection: sa.Connection, name: str, password: str, role: Role, now: datetime) -> int:
    """Add an account and return its number. Raises AccountRefused for a taken or odd name or a short password."""
    kept = fold_name(name)
    if not _NAME.fullmatch(kept):
        raise AccountRefused(f"{name!r} is no user name: 2 to 40 letters, digits, and . - _ within")
    values: dict[str, Any] = {
        "role": role.value,
        "password": hashed(password),
        "created": now,
        "preferences": {},
    }
    if not insert_new(connection, users, name=kept, **values):
        raise AccountRefused(f"there is a user {kept} already")
    number: int = connection.execute(sa.select(users.c.id).where(users.c.name == kept)).scalar_one()
    return number


def hashed(password: str) -> str:
    """Return what is kept of a password. Raises AccountRefused for one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _hasher().hash(unicodedata.normalize("NFKC", password))


def set_password(connection: sa.Connection, user: int, password: str) -> None:
    """Change a password, and end every session that was begun with the old one."""
    connection.execute(users.update().where(users.c.id == user).values(password=hashed(password)))
    connection.execute(sessions.delete().where(sessions.c.user == user))


def find_user(connection: sa.Connection, name: str) -> User | None:
    """Return the user of this name, or None."""
    row = connection.execute(sa.select(users).where(users.c.name == fold_name(name))).first()
    return None if row is None else _user(row)


def every_user(connection: sa.Connection) -> list[User]:
    """Return all users by name."""
    return [_user(row) for row in connection.execute(sa.select(users).order_by(users.c.name))]


def change_user(
    connection: sa.Connection,
    user: int,
    now: datetime,
    *,
    role: Role | None = None,
    disabled: bool | None = None,
    preferences: Mapping[str, Any] | None = None,
) -> None:
    """Change what is given of a user; a disabled one's sessions end."""
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


def begin(connection: sa.Connection, name: str, password: str, *, address: str, agent: str, now: datetime) -> Login:
    """Check a name and password and begin a session.

    Raises LoginRefused with the seconds to wait, where there were too many wrong ones, or with none. Which of name
    and password was wrong is not told, and the same time is taken for both. The caller commits in both cases: the
    failure is counted in this transaction.
    """
    keys = (f"name:{fold_name(name)[:80]}", f"address:{address}")
    wait = max(_wait(connection, key, now) for key in keys)
    if wait > timedelta(0):
        raise LoginRefused(wait)
    row = connection.execute(sa.select(users).where(users.c.name == fold_name(name))).first()
    fits = _fits(row.password if row is not None else _nobody(), password)
    if row is None or not fits or row.disabled is not None:
        for key in keys:
            _count(connection, key, now)
        raise LoginRefused(timedelta(0))
    connection.execute(login_failures.delete().where(login_failures.c.key.in_(keys)))
    secret = secrets.token_urlsafe(32)
    connection.execute(sessions.delete().where(sessions.c.expires < now))
    connection.execute(
        sessions.insert().values(
            id=digest(secret), user=row.id, created=now, seen=now, expires=now + SESSION, agent=agent[:200]
        )
    )
    return Login(_user(row), secret)


def of_session(connection: sa.Connection, secret: str, now: datetime) -> tuple[User, datetime] | None:
    """Return whose session it is and when it was seen last, or None where it ended or never was."""
    row = connection.execute(
        sa.select(users, sessions.c.seen)
        .join(sessions, sessions.c.user == users.c.id)
        .where(sessions.c.id == digest(secret), sessions.c.expires > now, users.c.disabled.is_(None))
    ).first()
    return None if row is None else (_user(row), row.seen)


def renew(connection: sa.Connection, secret: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(sessions.update().where(sessions.c.id == digest(secret)).values(seen=now, expires=now + SESSION))


def end(connection: sa.Connection, secret: str) -> None:
    """End a session."""
    connection.execute(sessions.delete().where(sessions.c.id == digest(secret)))


def make_token(connection: sa.Connection, user: int, name: str, now: datetime, expires: datetime | None = None) -> str:
    """Make an API token of a user and return its secret, which is told this once."""
    secret = f"rasid_{secrets.token_urlsafe(32)}"
    connection.execute(
        api_tokens.insert().values(user=user, name=name[:80], secret=digest(secret), created=now, expires=expires)
    )
    return secret


def of_token(connection: sa.Connection, secret: str, now: datetime) -> tuple[User, int, datetime | None] | None:
    """Return whose API token it is, its number and when it was used last, or None where it is revoked or unknown."""
    row = connection.execute(
        sa.select(users, api_tokens.c.id.label("token"), api_tokens.c.used)
        .join(api_tokens, api_tokens.c.user == users.c.id)
        .where(
            api_tokens.c.secret == digest(secret),
            api_tokens.c.revoked.is_(None),
            sa.or_(api_tokens.c.expires.is_(None), api_tokens.c.expires > now),
            users.c.disabled.is_(None),
        )
    ).first()
    return None if row is None else (_user(row), row.token, row.used)


def use_token(connection: sa.Connection, token: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(api_tokens.update().where(api_tokens.c.id == token).values(used=now))


def csrf(secret: str) -> str:
    """Return the token that a session's forms carry: no other site can know it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def digest(secret: str) -> str:
    """Return what is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def note(connection: sa.Connection, actor: str, action: str, subject: str, now: datetime, **detail: object) -> None:
    """Write into the audit log who did what to what, in the transaction that does it."""
    connection.execute(audit.insert().values(at=now, actor=actor, action=action, subject=subject, detail=detail))


def _user(row: Any) -> User:
    return User(row.id, row.name, Role(row.role), row.disabled is not None, row.preferences or {}, row.created)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - commands without accounts start without it

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash that no password fits, so that an unknown name takes as long as a known one."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _fits(kept: str, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 - see _hasher

    try:
        return _hasher().verify(kept, unicodedata.normalize("NFKC", password))
    except (Argon2Error, InvalidHashError):
        return False


def _wait(connection: sa.Connection, key: str, now: datetime) -> timedelta:
    row = connection.execute(sa.select(login_failures).where(login_failures.c.key == key)).first()
    if row is None or row.failures < FREE_FAILURES:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(row.failures - FREE_FAILURES, 20)), LONGEST_WAIT)
    left: timedelta = row.last + pause - now
    return left


def _count(connection: sa.Connection, key: str, now: datetime) -> None:
    if not insert_new(connection, login_failures, key=key, failures=1, last=now):
        row = connection.execute(sa.select(login_failures).where(login_failures.c.key == key)).one()
        failures = 1 if row.last < now - 4 * LONGEST_WAIT else row.failures + 1
        connection.execute(
            login_failures.update().where(login_failures.c.key == key).values(failures=failures, last=now)
        )
