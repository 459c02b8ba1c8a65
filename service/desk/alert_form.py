"""The form of a subscription: what stands in it, what is read from it, and a subscription told in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from service.alerts import owning
from service.alerts.schedule import Cadence
from service.alerts.subscriptions import Channel, Subscription
from service.cells import plain
from service.errors import SubscriptionRefused

if TYPE_CHECKING:
    from service.accounts import User
    from service.alerts.schedule import Schedule
    from service.alerts.subscriptions import Recipient
    from service.labels import Labels
    from service.roles import Role

LONGEST_NAME = 80


class Filled(BaseModel):
    """The form as it was filled in; `own` is whether the owner's own address is told, `others` has one a line."""

    name: str = ""
    query: Annotated[str, Field(max_length=20_000)] = ""
    tells: list[str] = Field(default_factory=list, max_length=100)
    own: bool = False
    others: Annotated[str, Field(max_length=50_000)] = ""
    cadence: str = Cadence.AT_ONCE.value
    at: str = "08:00"
    weekday: str = "6"
    quiet_from: str = ""
    quiet_to: str = ""
    but_critical: bool = False
    language: str = "ar"

    def schedule(self) -> Schedule:
        """Return when messages are written. Raises SubscriptionRefused for what is no time or cadence."""
        weekday = int(self.weekday) if self.weekday.isascii() and self.weekday.isdigit() else -1
        quiet = (self.quiet_from, self.quiet_to)
        return owning.schedule(self.cadence, self.at, min(weekday, 9), quiet, but_critical=self.but_critical)


def read(given: Filled, owner: User, by: Role) -> Subscription:
    """Return the subscription that a form asks for. Raises SubscriptionRefused, its key names what is wrong."""
    name = " ".join(plain(given.name).split())
    if len(name) > LONGEST_NAME:
        raise SubscriptionRefused("long_name", f"a name has at most {LONGEST_NAME} characters")
    if given.own and not owner.email:
        raise SubscriptionRefused("no_email", "the account has no mail address")
    if given.language not in {"ar", "en"}:
        raise SubscriptionRefused("language", "a subscription is told in ar or en")
    addresses = [*([owner.email] if given.own else []), *given.others.splitlines()]
    return Subscription(
        name=name,
        query=plain(given.query.removeprefix("?")),
        recipients=owning.recipients(addresses, owner, by),
        tells=owning.tells(given.tells),
        schedule=given.schedule(),
        language=cast("Literal['ar', 'en']", given.language),
        owner=owner.id,
    )


def filled(held: Subscription) -> Filled:
    """Return the form of a subscription that there is."""
    plan = held.schedule
    return Filled(
        name=held.name,
        query=held.query,
        tells=[kind.value for kind in held.tells],
        own=any(one.user is not None for one in held.recipients),
        others="\n".join(one.address for one in held.recipients if one.user is None),
        cadence=plan.cadence.value,
        at=plan.at.strftime("%H:%M"),
        weekday=str(plan.weekday),
        quiet_from=plan.quiet_from.strftime("%H:%M") if plan.quiet_from else "",
        quiet_to=plan.quiet_to.strftime("%H:%M") if plan.quiet_to else "",
        but_critical=plan.but_critical,
        language=held.language,
    )


@dataclass(frozen=True, slots=True)
class Described:
    """A subscription in words: when it tells, when it is silent ("" for never), what it tells, to whom."""

    when: str
    quiet: str
    what: str
    to: tuple[tuple[str, str], ...]


def described(held: Subscription, words: Labels, *, whole: bool) -> Described:
    """Return a subscription in words; without `whole` addresses are shown without what is secret in them."""
    plan = held.schedule
    when = words.name("cadence", plan.cadence.value)
    if plan.cadence is Cadence.WEEKLY:
        day = words.name("weekday", str(plan.weekday))
        when = words.text("alert_weekly_at", day=day, time=words.written(f"{plan.at:%H:%M}"))
    elif plan.cadence is Cadence.DAILY:
        when = words.text("alert_daily_at", time=words.written(f"{plan.at:%H:%M}"))
    quiet = ""
    if plan.quiet_from and plan.quiet_to and plan.quiet_from != plan.quiet_to:
        bounds = {"first": words.written(f"{plan.quiet_from:%H:%M}"), "last": words.written(f"{plan.quiet_to:%H:%M}")}
        quiet = words.text("alert_quiet_but" if plan.but_critical else "alert_quiet_all", **bounds)
    to = tuple((words.name("channel", one.channel.value), shown_address(one, whole=whole)) for one in held.recipients)
    return Described(when, quiet, words.listed("tells", tuple(kind.value for kind in held.tells)), to)


def shown_address(recipient: Recipient, *, whole: bool) -> str:
    """Return an address as it may be seen: tokens stand in those of services, and in paths of webhooks."""
    return recipient.address if whole else hidden_address(recipient.channel.value, recipient.address)


def hidden_address(channel: str, address: str) -> str:
    """Return a mail address as it is, of any other its kind and host alone."""
    if channel == Channel.MAIL.value:
        return address
    if channel == Channel.WEBHOOK.value:
        return f"https://{urlsplit(address).hostname or ''}/…"
    return f"{address.partition('://')[0]}://…"
