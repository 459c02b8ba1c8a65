"""Subscriptions: a search with the kinds of facts that are told, its recipients and its schedule."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from starlette.datastructures import QueryParams

from index.protocol import Field, Query
from service.alerts.schedule import Cadence, Schedule, read_time
from service.cells import plain
from service.database import changes
from service.database.engine import serialise
from service.database.outbox import LEFT
from service.database.tables import alerts, articles, outbox, recipients, subscriptions, told
from service.database.tables import changes as changes_
from service.desk.address import Address
from service.errors import SubscriptionRefused
from service.masking import askable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from service.labels import Language

DIGEST = "digest"
"""What those name to `serialise` who decide who is told what: two subscriptions may tell one address of one case."""

MOST_RECIPIENTS = 50
"""Recipients of one subscription: who has more keeps a mailing list."""

_NEAR = frozenset(
    {
        *("json", "jsons", "xml", "xmls", "form", "forms", "syslog", "rsyslog", "file"),
        *("dbus", "qt", "kde", "glib", "gnome", "windows", "macosx"),
    }
)
"""What apprise does to this machine or to any host, which a webhook does with a signature and not to private hosts."""

MAIL_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}")


class Tells(StrEnum):
    """The kinds of facts that a subscription may tell."""

    NEW = "new"  # a case, or an item of no case, that the search finds for the first time
    URGENCY = "urgency"  # a case that became more urgent
    PLACE = "place"  # another town of a case
    OUTLETS = "outlets"  # a case that more outlets took up
    OVERDUE = "overdue"  # a case that nobody answered in time


USUALLY = (Tells.NEW, Tells.URGENCY, Tells.PLACE)
"""What is told where nothing else is chosen."""


class Channel(StrEnum):
    """How a recipient is reached."""

    MAIL = "mail"
    WEBHOOK = "webhook"  # an HTTPS address that gets signed JSON
    APPRISE = "apprise"  # any service that apprise knows, as tgram://…


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told; `user` is whose role says whether private data is masked, None: it is."""

    channel: Channel
    address: str
    user: int | None = None
    id: int = 0
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A saved search with recipients and a cadence; `query` is of the list's URL, `since` when it began to listen."""

    name: str
    query: str
    recipients: tuple[Recipient, ...]
    tells: tuple[Tells, ...] = USUALLY
    schedule: Schedule = field(default_factory=Schedule)
    language: Language = "ar"
    owner: int | None = None
    id: int = 0
    since: datetime | None = None
    paused: datetime | None = None
    told: datetime | None = None
    fault: str = ""


def search_of(query: str) -> Query:
    """Return what a subscription searches for; the list's page, order and days are left out, and private numbers.

    Days bound what was published, and what comes late is not to be missed. Nobody is watched for by a number.
    """
    address = Address.read(QueryParams(query))
    filters = {**address.filters, Field.DAY: ()}
    return askable(Query(text=address.text, filters=filters))


def checked(subscription: Subscription) -> Subscription:
    """Return a subscription as it is kept. Raises SubscriptionRefused for one that cannot be."""
    name = " ".join(plain(subscription.name).split())[:120]
    if not name:
        raise SubscriptionRefused("name", "a subscription has a name")
    if not subscription.tells:
        raise SubscriptionRefused("tells", "a subscription tells at least one kind of fact")
    if not 0 < len(subscription.recipients) <= MOST_RECIPIENTS:
        raise SubscriptionRefused("recipients", f"a subscription has 1 to {MOST_RECIPIENTS} recipients")
    cleaned = Address.read(QueryParams(subscription.query)).first_page()
    query = cleaned.in_language("ar").query().removeprefix("?")
    found = tuple(dict.fromkeys(_checked(recipient) for recipient in subscription.recipients))
    return replace(subscription, name=name, query=query, recipients=found)


def _checked(recipient: Recipient) -> Recipient:
    address = recipient.address.strip()
    if recipient.channel is Channel.MAIL and not MAIL_ADDRESS.fullmatch(address):
        raise SubscriptionRefused("address", f"{address!r} is not a mail address")
    if recipient.channel is Channel.WEBHOOK:
        if not _is_web_address(address):
            raise SubscriptionRefused("webhook", f"{address!r} is not an https address")
        return replace(recipient, address=address, secret=recipient.secret or secrets.token_urlsafe(32))
    scheme, separator, _ = address.partition("://")
    if recipient.channel is Channel.APPRISE and (not separator or scheme.lower() in _NEAR):
        raise SubscriptionRefused("apprise", f"{address!r} is not an apprise address, as tgram://token/chat")
    return replace(recipient, address=address)


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:  # a port beyond 65535, a bracket that nobody closed
        return False


def add(connection: sa.Connection, subscription: Subscription, now: datetime, number: int | None = None) -> int:
    """Store a subscription and return its number; it begins with what is on its way now. Raises SubscriptionRefused.

    `number` is that of one which was removed and comes back.
    """
    kept = checked(subscription)
    since = _on_its_way(connection) or now
    values = _values(kept) | ({} if number is None else {"id": number})
    row = connection.execute(subscriptions.insert().values(created=now, since=min(since, now), **values))
    assert row.inserted_primary_key is not None  # noqa: S101 - SQLAlchemy gives it for every single-row insert
    stored: int = row.inserted_primary_key[0]
    put_recipients(connection, stored, kept.recipients)
    return stored


def _on_its_way(connection: sa.Connection) -> datetime | None:
    """Return when the oldest text came that has not been matched yet, None where nothing waits."""
    unread = sa.select(sa.func.min(articles.c.fetched)).where(articles.c.state.in_(("spooled", "claimed")))
    unmatched = (
        sa.select(sa.func.min(articles.c.fetched))
        .join(changes_, changes_.c.document == articles.c.document)
        .where(changes_.c.number > changes.position(connection, changes.MATCHER))
    )
    return min((found for query in (unread, unmatched) if (found := connection.scalar(query))), default=None)


def change(connection: sa.Connection, number: int, subscription: Subscription) -> None:
    """Put another subscription in the place of one; who was told of what stays. Raises SubscriptionRefused."""
    kept = checked(subscription)
    connection.execute(subscriptions.update().where(subscriptions.c.id == number).values(**_values(kept), fault=""))
    put_recipients(connection, number, kept.recipients)


def pause(connection: sa.Connection, number: int, now: datetime | None) -> None:
    """Stop a subscription, or let it go on for None: what came meanwhile is not told then."""
    values: dict[str, Any] = {"paused": now}
    connection.execute(subscriptions.update().where(subscriptions.c.id == number).values(values))


def resume(connection: sa.Connection, number: int, now: datetime) -> None:
    """Let a paused subscription go on from now."""
    connection.execute(subscriptions.update().where(subscriptions.c.id == number).values(paused=None, since=now))


def remove(connection: sa.Connection, number: int) -> None:
    """Remove a subscription with what it is owed; messages that are written already are sent."""
    connection.execute(alerts.delete().where(alerts.c.subscription == number))
    connection.execute(recipients.delete().where(recipients.c.subscription == number))
    connection.execute(subscriptions.delete().where(subscriptions.c.id == number))


def leave(connection: sa.Connection, recipient: int, now: datetime) -> bool:
    """Take a recipient out of its subscription, and say whether it was still in.

    What waited for it there is not sent; the other subscriptions by which the address is told of the same owe it anew.
    """
    serialise(connection, DIGEST)
    left = connection.execute(
        recipients.update().where(recipients.c.id == recipient, recipients.c.left.is_(None)).values(left=now)
    )
    dropped = connection.scalars(
        outbox.update()
        .where(outbox.c.target == recipient, outbox.c.state == "pending")
        .values(
            state="dead",
            detail=LEFT,
            # the same, told by another subscription, is the same message
            message_id=outbox.c.message_id + "/" + sa.cast(outbox.c.id, sa.Text),
        )
        .returning(outbox.c.id)
    ).all()
    _owe_elsewhere(connection, dropped)
    return left.rowcount > 0


def _owe_elsewhere(connection: sa.Connection, messages: Sequence[int]) -> None:
    """Forget that messages told anything, and let the other subscriptions of their recipient tell it.

    Each tells it with what it tells next; who was told already is not told again.
    """
    untold = connection.execute(told.delete().where(told.c.message.in_(messages)).returning(told)).all()
    addresses = {row.recipient for row in untold}
    theirs = sa.select(recipients.c.subscription).where(
        recipients.c.address.in_(addresses), recipients.c.left.is_(None)
    )
    others = _read(connection, subscriptions.c.id.in_(theirs)) if untold else []
    for row in untold:
        # a fact that a subscription does not tell is kept there as told in silence
        telling = [one.id for one in others if Tells(row.fact.partition(":")[0]) in one.tells]
        connection.execute(
            alerts.update()
            .where(alerts.c.subscription.in_(telling), alerts.c.subject == row.subject, alerts.c.fact == row.fact)
            .values(written=None)
        )


def find(connection: sa.Connection, number: int) -> Subscription | None:
    """Return a subscription, or None."""
    return next(iter(_read(connection, subscriptions.c.id == number)), None)


def owned(connection: sa.Connection, owner: int) -> list[Subscription]:
    """Return the subscriptions of a user, the oldest first."""
    return _read(connection, subscriptions.c.owner == owner)


def every(connection: sa.Connection) -> list[Subscription]:
    """Return all subscriptions, the oldest first."""
    return _read(connection, sa.true())


def active(connection: sa.Connection) -> list[Subscription]:
    """Return the subscriptions that are not paused and have somebody to tell, the oldest first."""
    return [one for one in _read(connection, subscriptions.c.paused.is_(None)) if one.recipients]


def keep_in_step(connection: sa.Connection, addresses: Sequence[str], language: Language, now: datetime) -> None:
    """Let the subscription of the setting `alert_to` have exactly these recipients; there is none where it is empty.

    Who unsubscribed stays out until the setting has been without the address.
    """
    number = connection.scalar(sa.select(subscriptions.c.id).where(subscriptions.c.owner.is_(None)))
    out = sa.and_(recipients.c.subscription == number, recipients.c.left.is_not(None))
    connection.execute(recipients.delete().where(out, recipients.c.address.not_in(list(addresses))))
    left = set(connection.scalars(sa.select(recipients.c.address).where(out)))
    wanted = tuple(Recipient(Channel.MAIL, address) for address in addresses if address not in left)
    if number is None and wanted:
        add(connection, Subscription(name="alert_to", query="", recipients=wanted, language=language), now)
    elif number is not None and not wanted:
        put_recipients(connection, number, ())
    elif number is not None:
        held = find(connection, number)
        if held is not None and (held.language != language or _who(held.recipients) != _who(wanted)):
            change(connection, number, replace(held, recipients=wanted, language=language))


def _who(given: Iterable[Recipient]) -> set[tuple[Channel, str]]:
    return {(one.channel, one.address) for one in given}


def _values(subscription: Subscription) -> dict[str, Any]:
    schedule = subscription.schedule
    return {
        "owner": subscription.owner,
        "name": subscription.name,
        "query": subscription.query,
        "tells": [kind.value for kind in Tells if kind in subscription.tells],
        "cadence": schedule.cadence.value,
        "at": schedule.at.strftime("%H:%M"),
        "weekday": schedule.weekday,
        "quiet_from": schedule.quiet_from.strftime("%H:%M") if schedule.quiet_from else "",
        "quiet_to": schedule.quiet_to.strftime("%H:%M") if schedule.quiet_to else "",
        "quiet_but_critical": schedule.but_critical,
        "language": subscription.language,
    }


def put_recipients(connection: sa.Connection, number: int, wanted: Iterable[Recipient]) -> None:
    """Let a subscription have these recipients; who unsubscribed and is named again is in again."""
    rows = connection.execute(sa.select(recipients).where(recipients.c.subscription == number)).all()
    held = {(row.channel, row.address): row for row in rows}
    for one in wanted:
        row = held.pop((one.channel.value, one.address), None)
        values: dict[str, Any] = {"user": one.user, "left": None}
        if row is None:
            values |= {"channel": one.channel.value, "address": one.address, "secret": one.secret}
            connection.execute(recipients.insert().values(subscription=number, **values))
        else:
            connection.execute(recipients.update().where(recipients.c.id == row.id).values(values))
    gone = [row.id for row in held.values() if row.left is None]
    connection.execute(recipients.delete().where(recipients.c.id.in_(gone)))


def _read(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Subscription]:
    rows = connection.execute(sa.select(subscriptions).where(wanted).order_by(subscriptions.c.id)).all()
    people: dict[int, list[Recipient]] = {}
    for row in connection.execute(
        sa.select(recipients)
        .join(subscriptions, subscriptions.c.id == recipients.c.subscription)
        .where(wanted, recipients.c.left.is_(None))
        .order_by(recipients.c.id)
    ):
        told = Recipient(Channel(row.channel), row.address, row.user, row.id, row.secret)
        people.setdefault(row.subscription, []).append(told)
    return [_subscription(row, tuple(people.get(row.id, ()))) for row in rows]


def _subscription(row: Any, people: tuple[Recipient, ...]) -> Subscription:
    return Subscription(
        name=row.name,
        query=row.query,
        recipients=people,
        tells=tuple(Tells(kind) for kind in row.tells),
        schedule=Schedule(
            cadence=Cadence(row.cadence),
            at=read_time(row.at) or time(8),
            weekday=row.weekday,
            quiet_from=read_time(row.quiet_from),
            quiet_to=read_time(row.quiet_to),
            but_critical=row.quiet_but_critical,
        ),
        language=cast("Literal['ar', 'en']", row.language),
        owner=row.owner,
        id=row.id,
        since=row.since,
        paused=row.paused,
        told=row.told,
        fault=row.fault,
    )
