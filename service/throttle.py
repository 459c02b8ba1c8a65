"""The brake on guessing passwords: who fails often waits longer and longer before the next one is even looked at."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database.engine import insert_new, serialise
from service.database.tables import login_failures
from service.errors import LoginRefused

if TYPE_CHECKING:
    from datetime import datetime

OF_NAME = 5
OF_ADDRESS = 50
"""Failures in a row that cost nothing, for a name and from an address: a whole office may share one address."""

LONGEST_WAIT = timedelta(minutes=15)
"""Each further failure doubles the wait from one second on, up to this."""

FORGOTTEN = timedelta(hours=1)
"""After so long without a failure the count of a name begins anew."""

FORGIVEN = timedelta(minutes=1)
"""In so long an address is forgiven one failure, so that an office's slips of a day do not add up."""

_LONGEST_KEY = 80

_ONE_BY_ONE = "login attempts"


def attempt(connection: sa.Connection, name: str, address: str, now: datetime) -> None:
    """Count an attempt as failed, before the password is looked at: `succeeded` takes it back.

    So a hundred guesses at the same moment are a hundred failures, not one. `name` is "" where it can be nobody's.
    Raises LoginRefused with the time to wait, and counts nothing then.
    """
    keys = _keys(name, address)
    serialise(connection, _ONE_BY_ONE)
    wait = max(_wait(connection, key, free, now) for key, free in keys.items())
    if wait > timedelta(0):
        raise LoginRefused(wait)
    for key in keys:
        _count(connection, key, now)


def succeeded(connection: sa.Connection, name: str, address: str, now: datetime) -> None:
    """Forget the failures of a name, and of its address this attempt only: others may be guessing from there."""
    serialise(connection, _ONE_BY_ONE)
    forget(connection, name)
    key = _address_key(address)
    connection.execute(
        login_failures.update()
        .where(login_failures.c.key == key, login_failures.c.failures > 0)
        .values(failures=login_failures.c.failures - 1)
    )
    connection.execute(login_failures.delete().where(login_failures.c.last < now - FORGOTTEN))


def forget(connection: sa.Connection, name: str) -> None:
    """Forget the failures of a name."""
    connection.execute(login_failures.delete().where(login_failures.c.key == _name_key(name)))


def _keys(name: str, address: str) -> dict[str, int]:
    keys = {_address_key(address): OF_ADDRESS}
    return keys | {_name_key(name): OF_NAME} if name else keys


def _name_key(name: str) -> str:
    return f"name:{name}"[:_LONGEST_KEY]


def _address_key(address: str) -> str:
    """Return the key of an address; of IPv6 the first half, which is what one subscriber is given (RFC 6177)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return f"address:{address}".replace("\0", "")[:_LONGEST_KEY]
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64)
    return f"address:{parsed}"


def _wait(connection: sa.Connection, key: str, free: int, now: datetime) -> timedelta:
    row = connection.execute(sa.select(login_failures).where(login_failures.c.key == key)).first()
    failures = 0 if row is None else _held(key, row.failures, row.last, now)
    if row is None or failures < free:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(failures - free, 20)), LONGEST_WAIT)
    left: timedelta = row.last + pause - now
    return left


def _held(key: str, failures: int, last: datetime, now: datetime) -> int:
    """Return how many failures still count."""
    if key.startswith("address:"):
        return max(0, failures - max(now - last, timedelta(0)) // FORGIVEN)
    return 0 if last < now - FORGOTTEN else failures


def _count(connection: sa.Connection, key: str, now: datetime) -> None:
    if insert_new(connection, login_failures, key=key, failures=1, last=now):
        return
    row = connection.execute(sa.select(login_failures).where(login_failures.c.key == key)).one()
    failures = _held(key, row.failures, row.last, now) + 1
    connection.execute(login_failures.update().where(login_failures.c.key == key).values(failures=failures, last=now))
