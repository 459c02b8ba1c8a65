"""What people may do with subscriptions: how many each may have, whom they may name, what the audit log calls it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from service.accounts import User, user_of
from service.alerts import subscriptions
from service.alerts.schedule import Cadence, Schedule, read_time
from service.alerts.subscriptions import MAIL_ADDRESS, Channel, Recipient, Subscription, Tells
from service.cells import plain
from service.database.engine import serialise
from service.database.tables import recipients as recipients_
from service.database.tables import subscriptions as subscriptions_
from service.database.tables import users
from service.errors import AccountRefused, SubscriptionRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from service.labels import Language

MOST = 100
"""Subscriptions a user."""

UNDONE_WITHIN = timedelta(days=1)
"""How long a removed subscription can be brought back."""

LINK_LIVES = timedelta(days=400)
"""How long the link of a mail takes its recipient out."""


def subject(number: int) -> str:
    """Return what the audit log calls a subscription."""
    return f"subscription:{number}"


def channel_of(address: str) -> Channel:
    """Return how an address is reached, by its form: a mail address, a web address, or one that apprise knows."""
    scheme, separator, _ = address.strip().partition("://")
    if not separator:
        return Channel.MAIL
    return Channel.WEBHOOK if scheme.lower() in {"http", "https"} else Channel.APPRISE


def recipients(addresses: Iterable[str], owner: User, by: Role) -> tuple[Recipient, ...]:
    """Return the recipients at these addresses; the owner's own is told as the owner's role may read.

    Raises SubscriptionRefused where who names them is a reader and names another address than the owner's own.
    """
    own = owner.email.casefold()
    named = [plain(address).strip() for address in addresses]
    found = []
    for address in (address for address in named if address):
        channel = channel_of(address)
        mine = channel is Channel.MAIL and bool(own) and address.casefold() == own
        if not mine and not by.may(Role.EDITOR):
            raise SubscriptionRefused("foreign", "readers are told at the address of their own account alone")
        found.append(Recipient(channel, owner.email if mine else address, owner.id if mine else None))
    return tuple(found)


def schedule(
    cadence: str, at: str = "08:00", weekday: int = 6, quiet: tuple[str, str] = ("", ""), *, but_critical: bool = True
) -> Schedule:
    """Return a schedule from what was written. Raises SubscriptionRefused for what is none."""
    if cadence not in list(Cadence):
        raise SubscriptionRefused("cadence", f"{cadence!r} is none of {', '.join(Cadence)}")
    if not 0 <= weekday <= 6:
        raise SubscriptionRefused("weekday", "a weekday is 0 (Monday) to 6 (Sunday)")
    if bool(quiet[0]) != bool(quiet[1]):
        raise SubscriptionRefused("quiet", "quiet hours have a beginning and an end")
    try:
        hour, quiet_from, quiet_to = (read_time(text) for text in (at or "08:00", *quiet))
    except ValueError as error:
        raise SubscriptionRefused("time", "a time of the day is written as 08:00") from error
    made = Schedule(Cadence(cadence), weekday=weekday, quiet_from=quiet_from, quiet_to=quiet_to)
    return replace(made, at=hour or made.at, but_critical=but_critical)


def tells(given: Iterable[str]) -> tuple[Tells, ...]:
    """Return the kinds of facts of these names. Raises SubscriptionRefused for an unknown one."""
    named = set(given)
    if unknown := named - set(Tells):
        raise SubscriptionRefused("tells", f"{', '.join(sorted(unknown))}: none of {', '.join(Tells)}")
    return tuple(kind for kind in Tells if kind in named)


def add(connection: sa.Connection, subscription: Subscription, now: datetime, number: int | None = None) -> int:
    """Store a user's subscription and return its number. Raises SubscriptionRefused, for the one above `MOST` too."""
    serialise(connection, f"subscriptions of {subscription.owner}")
    held = sa.select(sa.func.count()).select_from(subscriptions_).where(subscriptions_.c.owner == subscription.owner)
    if (connection.scalar(held) or 0) >= MOST:
        raise SubscriptionRefused("many", f"there are {MOST} subscriptions already")
    if number is not None and subscriptions.find(connection, number) is not None:
        raise SubscriptionRefused("back", f"subscription {number} is there again")
    return subscriptions.add(connection, subscription, now, number)


def visible(connection: sa.Connection, user: int, *, everything: bool) -> list[Subscription]:
    """Return the subscriptions that a user looks after: the own ones, for administrators all."""
    return subscriptions.every(connection) if everything else subscriptions.owned(connection, user)


def find(connection: sa.Connection, number: int, user: int, *, everything: bool) -> Subscription | None:
    """Return a subscription that the user looks after, or None."""
    found = subscriptions.find(connection, number)
    return found if found is not None and (everything or found.owner == user) else None


def owner_of(connection: sa.Connection, subscription: Subscription) -> User:
    """Return whose it is. Raises SubscriptionRefused for that of the setting `alert_to`, which nobody changes here."""
    owner = None if subscription.owner is None else user_of(connection, subscription.owner)
    if owner is None:
        raise SubscriptionRefused("setting", "this subscription is made by the setting alert_to: change it there")
    return owner


def as_kept(subscription: Subscription, *, secrets: bool) -> dict[str, Any]:
    """Return a subscription as plain values, from which `from_kept` makes it again."""
    plan = subscription.schedule
    return {
        "id": subscription.id,
        "owner": subscription.owner,
        "name": subscription.name,
        "query": subscription.query,
        "recipients": [
            [one.channel.value, one.address, one.user, one.secret if secrets else ""] for one in subscription.recipients
        ],
        "tells": [kind.value for kind in subscription.tells],
        "cadence": plan.cadence.value,
        "at": plan.at.strftime("%H:%M"),
        "weekday": plan.weekday,
        "quiet": [moment.strftime("%H:%M") if moment else "" for moment in (plan.quiet_from, plan.quiet_to)],
        "but_critical": plan.but_critical,
        "language": subscription.language,
    }


def from_kept(kept: Mapping[str, Any]) -> Subscription:
    """Return what `as_kept` was given; it listens from when it is added."""
    return Subscription(
        name=kept["name"],
        query=kept["query"],
        recipients=tuple(
            Recipient(Channel(channel), address, user, secret=secret)
            for channel, address, user, secret in kept["recipients"]
        ),
        tells=tells(kept["tells"]),
        schedule=schedule(
            kept["cadence"], kept["at"], kept["weekday"], tuple(kept["quiet"]), but_critical=kept["but_critical"]
        ),
        language=cast("Language", kept["language"]),
        owner=kept["owner"],
    )


def change_email(connection: sa.Connection, user: User, email: str) -> str:
    """Give a user another mail address, or none for "", and return it as it is kept; the own subscriptions follow.

    Raises AccountRefused for what is no mail address.
    """
    kept = plain(email).strip()
    if kept and not MAIL_ADDRESS.fullmatch(kept):
        raise AccountRefused("bad_email", f"{kept[:80]!r} is no mail address")
    connection.execute(users.update().where(users.c.id == user.id).values(email=kept))
    for held in subscriptions.owned(connection, user.id):
        others = [one for one in held.recipients if one.user != user.id]
        if len(others) == len(held.recipients):
            continue
        own = [Recipient(Channel.MAIL, kept, user.id)] if kept else []
        kept_ones = [one for one in others if one.address.casefold() != kept.casefold()]
        subscriptions.put_recipients(connection, held.id, [*own, *kept_ones])
    return kept


def leaving(connection: sa.Connection, recipient: int) -> tuple[Subscription, Recipient] | None:
    """Return whose subscription a recipient is in, and as whom, or None where it is in none any more."""
    number = connection.scalar(sa.select(recipients_.c.subscription).where(recipients_.c.id == recipient))
    subscription = None if number is None else subscriptions.find(connection, number)
    if subscription is None:
        return None
    return next(((subscription, one) for one in subscription.recipients if one.id == recipient), None)
