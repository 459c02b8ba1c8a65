"""Logins: sessions, API tokens, and whose a name and a password are.

Session and token secrets, which nobody can guess, are kept by their SHA-256 only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service import throttle
from service.accounts import User, as_user, note, possible_name
from service.database.tables import api_tokens, sessions, users
from service.errors import AccountRefused, LoginRefused
from service.passwords import fits

if TYPE_CHECKING:
    from datetime import datetime

    from service.database.engine import Database

SESSION = timedelta(days=14)
"""How long a login lasts that is not used; each use renews it."""

RENEWED = timedelta(minutes=5)
"""How much of a session may pass before its last use is written down again: not every page writes."""

MOST_TOKENS = 50
"""API tokens that one user may have at a time."""

LONGEST_TOKEN_NAME = 80


@dataclass(frozen=True, slots=True)
class Login:
    """A session that just began: the secret goes into the cookie and is nowhere else."""

    user: User
    secret: str


@dataclass(frozen=True, slots=True)
class Session:
    """A login that still holds; `id` is the hash of its secret, `agent` the browser as it calls itself."""

    id: str
    created: datetime
    seen: datetime
    agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """An API token that is not revoked; `used` and `expires` are None for never."""

    id: int
    name: str
    created: datetime
    used: datetime | None
    expires: datetime | None


def prove(database: Database, name: str, password: str, *, address: str, now: datetime) -> User:
    """Return the user whose name and password these are.

    Raises LoginRefused with the time to wait, where there were too many wrong ones, or with none. Which of name and
    password was wrong is not told, and the same time is taken for both. No transaction is open while the password is
    looked at, which takes long on purpose. A wrong one stands in the audit log.
    """
    kept = possible_name(name)
    with database.write() as connection:
        throttle.attempt(connection, kept, address, now)
    with database.read() as connection:
        row = connection.execute(sa.select(users).where(users.c.name == kept)).first()
    if not fits(None if row is None else row.password, password) or row is None or row.disabled is not None:
        # of an unknown name too, or the time that it takes would tell; but not what was typed: it may be a password
        known = "" if row is None else row.name
        with database.write() as connection:
            note(connection, known, "login_failed", f"user:{known}", now, address=address)
        raise LoginRefused(timedelta(0))
    with database.write() as connection:
        throttle.succeeded(connection, kept, address, now)
    return as_user(row)


def log_in(database: Database, name: str, password: str, *, address: str, agent: str, now: datetime) -> Login:
    """Check a name and a password and begin a session. Raises what `prove` does."""
    user = prove(database, name, password, address=address, now=now)
    with database.write() as connection:
        connection.execute(sessions.delete().where(sessions.c.expires <= now))
        secret = begin(connection, user.id, agent=agent, now=now)
        note(connection, user.name, "login", f"user:{user.name}", now)
    return Login(user, secret)


def begin(connection: sa.Connection, user: int, *, agent: str, now: datetime) -> str:
    """Begin a session of a user and return its secret."""
    secret = secrets.token_urlsafe(32)
    named = agent.replace("\0", "")[:200]
    connection.execute(
        sessions.insert().values(
            id=digest(secret), user=user, created=now, seen=now, expires=now + SESSION, agent=named
        )
    )
    return secret


def of_session(connection: sa.Connection, secret: str, now: datetime) -> tuple[User, datetime] | None:
    """Return whose session it is and when it was seen last, or None where it ended or never was."""
    row = connection.execute(
        sa.select(users, sessions.c.seen)
        .join(sessions, sessions.c.user == users.c.id)
        .where(sessions.c.id == digest(secret), sessions.c.expires > now, users.c.disabled.is_(None))
    ).first()
    return None if row is None else (as_user(row), row.seen)


def renew(connection: sa.Connection, secret: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(sessions.update().where(sessions.c.id == digest(secret)).values(seen=now, expires=now + SESSION))


def end(connection: sa.Connection, secret: str) -> None:
    """End a session."""
    connection.execute(sessions.delete().where(sessions.c.id == digest(secret)))


def sessions_of(connection: sa.Connection, user: int, now: datetime) -> list[Session]:
    """Return a user's sessions, the one used last first."""
    rows = connection.execute(
        sa.select(sessions)
        .where(sessions.c.user == user, sessions.c.expires > now)
        .order_by(sessions.c.seen.desc(), sessions.c.created.desc())
    )
    return [Session(row.id, row.created, row.seen, row.agent) for row in rows]


def last_seen(connection: sa.Connection) -> dict[int, datetime]:
    """Return when each user who has a session used the desk last."""
    chosen = sa.select(sessions.c.user, sa.func.max(sessions.c.seen)).group_by(sessions.c.user)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def end_session(connection: sa.Connection, user: int, session: str) -> bool:
    """End one session of a user by its id, and say whether there was one."""
    ended = connection.execute(
        sessions.delete().where(sessions.c.user == user, sessions.c.id == session).returning(sessions.c.id)
    )
    return ended.first() is not None


def end_others(connection: sa.Connection, user: int, secret: str) -> int:
    """End every session of a user but the one of this secret, and return how many those were."""
    ended = connection.execute(
        sessions.delete().where(sessions.c.user == user, sessions.c.id != digest(secret)).returning(sessions.c.id)
    )
    return len(ended.all())


def make_token(connection: sa.Connection, user: int, name: str, now: datetime, expires: datetime | None = None) -> str:
    """Make an API token of a user and return its secret, which is told this once.

    Raises AccountRefused for a token without a name, or one too many.
    """
    named = name.replace("\0", "").strip()
    if not named:
        raise AccountRefused("unnamed_token", "a token has a name, so that one knows later what it is for")
    if len(tokens_of(connection, user, now)) >= MOST_TOKENS:
        raise AccountRefused("many_tokens", f"there are {MOST_TOKENS} tokens: revoke one that is not used")
    secret = f"rasid_{secrets.token_urlsafe(32)}"
    values = {"name": named[:LONGEST_TOKEN_NAME], "secret": digest(secret), "created": now, "expires": expires}
    connection.execute(api_tokens.insert().values(user=user, **values))
    return secret


def _holds(now: datetime) -> sa.ColumnElement[bool]:
    unexpired = sa.or_(api_tokens.c.expires.is_(None), api_tokens.c.expires > now)
    return sa.and_(api_tokens.c.revoked.is_(None), unexpired)


def tokens_of(connection: sa.Connection, user: int, now: datetime) -> list[Token]:
    """Return a user's tokens that still hold, the newest first."""
    chosen = sa.select(api_tokens).where(api_tokens.c.user == user, _holds(now)).order_by(api_tokens.c.id.desc())
    return [Token(row.id, row.name, row.created, row.used, row.expires) for row in connection.execute(chosen)]


def revoke_token(connection: sa.Connection, user: int, token: int, now: datetime) -> str | None:
    """Revoke a user's token and return its name, or None where there was none that held."""
    name: str | None = connection.scalar(
        api_tokens.update()
        .where(api_tokens.c.user == user, api_tokens.c.id == token, api_tokens.c.revoked.is_(None))
        .values(revoked=now)
        .returning(api_tokens.c.name)
    )
    return name


def of_token(connection: sa.Connection, secret: str, now: datetime) -> tuple[User, int, datetime | None] | None:
    """Return whose API token it is, its number and when it was used last, or None where it is revoked or unknown."""
    row = connection.execute(
        sa.select(users, api_tokens.c.id.label("token"), api_tokens.c.used)
        .join(api_tokens, api_tokens.c.user == users.c.id)
        .where(
            api_tokens.c.secret == digest(secret),
            _holds(now),
            users.c.disabled.is_(None),
        )
    ).first()
    return None if row is None else (as_user(row), row.token, row.used)


def use_token(connection: sa.Connection, token: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(api_tokens.update().where(api_tokens.c.id == token).values(used=now))


def csrf(secret: str) -> str:
    """Return the token that a session's forms carry: no other site can know it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def digest(secret: str) -> str:
    """Return what is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
