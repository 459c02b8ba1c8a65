"""Subscriptions: searches that are told of, to whom and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from starlette.datastructures import QueryParams

from service.accounts import note, user_of
from service.alerts import owning, subscriptions
from service.alerts.preview import preview
from service.alerts.schedule import Cadence
from service.alerts.subscriptions import MAIL_ADDRESS, Channel, Subscription, Tells
from service.api.answers import UNFIT, fails, tagged
from service.api.deciding import decided
from service.api.problems import PREFIX, Problem
from service.api.shapes import Given, Number, Text, Told
from service.api.tags import IfMatch, IfNoneMatch, refuse_unless_seen
from service.api.tags import tagged as answer
from service.desk.access import Viewer, allow, viewer_of
from service.desk.address import Address
from service.desk.alert_form import LONGEST_NAME, shown_address
from service.desk.saved import stored
from service.labels import Language
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.accounts import User
    from service.desk.parts import Desk

Clock = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="In Baghdad.")]
Silence = Annotated[str, Field(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9])?$", description='In Baghdad; "" for none.')]


RecipientAddress = Annotated[
    Text, Field(max_length=1000, pattern=f"^({MAIL_ADDRESS.pattern}|[A-Za-z][A-Za-z0-9+.-]*://.+)$")
]


class GivenSubscription(Given):
    """A search that is to be told of: `query` is that of its address in the desk."""

    name: Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME)]
    query: Annotated[str, Field(max_length=20_000)] = ""
    tells: list[Tells] = Field(list(subscriptions.USUALLY), min_length=1, max_length=len(Tells))
    recipients: list[RecipientAddress] = Field(
        min_length=1,
        max_length=subscriptions.MOST_RECIPIENTS,
        description="Mail addresses, https addresses that take JSON, or addresses of services as tgram://…; "
        "a reader's the account's own alone.",
    )
    cadence: Cadence = Cadence.AT_ONCE
    at: Clock = "08:00"
    weekday: int = Field(6, ge=0, le=6, description="0 Monday to 6 Sunday, for weekly.")
    quiet_from: Silence = ""
    quiet_to: Silence = ""
    quiet_but_critical: bool = True
    language: Language = "ar"


class RecipientTold(Told):
    """Who is told. `own` is the owner's address; `secret` signs what a webhook gets, and only the owner sees it."""

    channel: Channel
    address: str
    own: bool
    secret: str | None


class SubscriptionTold(Told):
    """A subscription; `owner` is null for that of the setting alert_to, `items` is where the API gives its list.

    `told` is when its last message was written, `fault` why the last one did not arrive.
    """

    id: int
    owner: str | None
    name: str
    query: str
    tells: list[Tells]
    recipients: list[RecipientTold]
    cadence: Cadence
    at: str
    weekday: int
    quiet_from: str
    quiet_to: str
    quiet_but_critical: bool
    language: Language
    paused: datetime | None
    told: datetime | None
    fault: str
    items: str


class Subscriptions(Told):
    """One's own, the oldest first; for administrators all."""

    subscriptions: list[SubscriptionTold]


class Day(Told):
    """A day in Baghdad and how many items were found on it."""

    day: str
    items: int


class PreviewTold(Told):
    """What a search found in the last seven days. `more`: there are more cases than `cases`; `broad`: too many."""

    items: int
    cases: int
    more: bool
    broad: bool
    days: list[Day]
    first: list[str] = Field(description="Ids of the newest item of each of the first cases.")


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations on subscriptions."""
    _add_reading(router, desk)
    _add_states(router, desk)
    _add_making(router, desk)
    _add_changing(router, desk)


def _add_reading(router: APIRouter, desk: Desk) -> None:
    base = desk.pages.links.base

    @router.get("/subscriptions", tags=["alerts"])
    @allow(Role.READER)
    def list_subscriptions(request: Request) -> Subscriptions:
        """List one's own subscriptions; for administrators all."""
        viewer = viewer_of(request)
        with desk.database.read() as connection:
            held = owning.visible(connection, viewer.id, everything=viewer.administers)
            return Subscriptions(subscriptions=[_told(connection, one, viewer, base) for one in held])

    @router.get("/subscriptions/{subscription}/preview", tags=["alerts"], responses=fails(404))
    @allow(Role.READER)
    def preview_subscription(request: Request, subscription: Annotated[Number, Path()]) -> PreviewTold:
        """Tell what the search of a subscription found in the last seven days."""
        with desk.database.read() as connection:
            held = _found(connection, subscription, viewer_of(request))
        week = preview(desk.readable(request), held.query, desk.clock())
        return PreviewTold(
            items=week.items,
            cases=week.cases,
            more=week.more,
            broad=week.broad,
            days=[Day(day=day, items=count) for day, count in week.days],
            first=[hit.document.id for hit in week.rows],
        )


def _add_making(router: APIRouter, desk: Desk) -> None:
    base = desk.pages.links.base

    @router.post(
        "/subscriptions",
        tags=["alerts"],
        status_code=201,
        response_model=SubscriptionTold,
        responses=tagged(201, "Made.") | fails(409) | UNFIT,
    )
    @allow(Role.READER)
    def make_subscription(request: Request, given: GivenSubscription) -> Response:
        """Subscribe to a search; it begins with what is on its way now."""
        viewer = viewer_of(request)
        with desk.database.write() as connection, decided():
            made = _read(given, _user(connection, viewer.id), viewer)
            number = owning.add(connection, made, desk.clock())
            _note(desk, connection, viewer, number, "subscription_made", name=made.name, query=made.query)
            told = _told(connection, _found(connection, number, viewer), viewer, base)
        return answer(told, status=201, location=f"{base}{PREFIX}/subscriptions/{number}")


def _add_changing(router: APIRouter, desk: Desk) -> None:
    base = desk.pages.links.base

    @router.get(
        "/subscriptions/{subscription}",
        tags=["alerts"],
        response_model=SubscriptionTold,
        responses=tagged() | {304: {"description": "It is as it was."}} | fails(404),
    )
    @allow(Role.READER)
    def read_subscription(
        request: Request, subscription: Annotated[Number, Path()], if_none_match: IfNoneMatch = None
    ) -> Response:
        """Read a subscription."""
        viewer = viewer_of(request)
        with desk.database.read() as connection:
            told = _told(connection, _found(connection, subscription, viewer), viewer, base)
        return answer(told, held=if_none_match)

    @router.put(
        "/subscriptions/{subscription}",
        tags=["alerts"],
        response_model=SubscriptionTold,
        responses=tagged() | fails(404, 409, 412) | UNFIT,
    )
    @allow(Role.READER)
    def replace_subscription(
        request: Request, subscription: Annotated[Number, Path()], given: GivenSubscription, if_match: IfMatch = None
    ) -> Response:
        """Put another subscription in the place of one; with If-Match only where it is as it was seen."""
        viewer = viewer_of(request)
        with desk.database.write() as connection, decided():
            held = _as_seen(connection, subscription, viewer, base, if_match)
            made = _read(given, owning.owner_of(connection, held), viewer)
            subscriptions.change(connection, subscription, made)
            _note(desk, connection, viewer, subscription, "subscription_changed", name=made.name, query=made.query)
            told = _told(connection, _found(connection, subscription, viewer), viewer, base)
        return answer(told)

    @router.delete("/subscriptions/{subscription}", tags=["alerts"], status_code=204, responses=fails(404, 409, 412))
    @allow(Role.READER)
    def remove_subscription(
        request: Request, subscription: Annotated[Number, Path()], if_match: IfMatch = None
    ) -> None:
        """Remove a subscription with what it is owed; with If-Match only where it is as it was seen."""
        viewer = viewer_of(request)
        with desk.database.write() as connection, decided():
            held = _as_seen(connection, subscription, viewer, base, if_match)
            owning.owner_of(connection, held)
            subscriptions.remove(connection, subscription)
            _note(desk, connection, viewer, subscription, "subscription_removed", name=held.name, query=held.query)


def _add_states(router: APIRouter, desk: Desk) -> None:
    def turned(request: Request, number: int, *, on: bool) -> Response:
        viewer, now = viewer_of(request), desk.clock()
        with desk.database.write() as connection:
            held = _found(connection, number, viewer)
            if on:
                subscriptions.resume(connection, number, now)
            else:
                subscriptions.pause(connection, number, now)
            action = "subscription_resumed" if on else "subscription_paused"
            _note(desk, connection, viewer, number, action, name=held.name)
            found = _found(connection, number, viewer)
            told = _told(connection, found, viewer, desk.pages.links.base)
        return answer(told)

    @router.post(
        "/subscriptions/{subscription}/pause",
        tags=["alerts"],
        response_model=SubscriptionTold,
        responses=tagged() | fails(404),
    )
    @allow(Role.READER)
    def pause_subscription(request: Request, subscription: Annotated[Number, Path()]) -> Response:
        """Stop a subscription until it is resumed."""
        return turned(request, subscription, on=False)

    @router.post(
        "/subscriptions/{subscription}/resume",
        tags=["alerts"],
        response_model=SubscriptionTold,
        responses=tagged() | fails(404),
    )
    @allow(Role.READER)
    def resume_subscription(request: Request, subscription: Annotated[Number, Path()]) -> Response:
        """Let a paused subscription go on from now; what came meanwhile is not told."""
        return turned(request, subscription, on=True)


def _read(given: GivenSubscription, owner: User, viewer: Viewer) -> Subscription:
    """Return the subscription that is asked for. Raises SubscriptionRefused."""
    return Subscription(
        name=given.name,
        query=stored(Address.read(QueryParams(given.query.removeprefix("?")))),
        recipients=owning.recipients(given.recipients, owner, viewer.role),
        tells=owning.tells(given.tells),
        schedule=owning.schedule(
            given.cadence,
            given.at,
            given.weekday,
            (given.quiet_from, given.quiet_to),
            but_critical=given.quiet_but_critical,
        ),
        language=given.language,
        owner=owner.id,
    )


def _told(connection: sa.Connection, held: Subscription, viewer: Viewer, base: str) -> SubscriptionTold:
    plain: dict[str, Any] = owning.as_kept(held, secrets=False)
    owner = user_of(connection, held.owner) if held.owner is not None else None
    mine = held.owner == viewer.id
    address = Address.read(QueryParams(held.query))
    pairs = [("q", address.text)] if address.text else []
    pairs += [(name.value, value) for name, values in address.filters.items() for value in values]
    return SubscriptionTold(
        id=held.id,
        owner=owner.name if owner else None,
        name=held.name,
        query=held.query,
        tells=list(held.tells),
        recipients=[
            RecipientTold(
                channel=one.channel,
                address=shown_address(one, whole=mine),
                own=one.user is not None,
                secret=(one.secret or None) if mine else None,
            )
            for one in held.recipients
        ],
        cadence=held.schedule.cadence,
        at=plain["at"],
        weekday=held.schedule.weekday,
        quiet_from=plain["quiet"][0],
        quiet_to=plain["quiet"][1],
        quiet_but_critical=held.schedule.but_critical,
        language=held.language,
        paused=held.paused,
        told=held.told,
        fault=held.fault,
        items=f"{base}{PREFIX}/items?{urlencode(pairs, errors='replace')}",
    )


def _user(connection: sa.Connection, number: int) -> User:
    user = user_of(connection, number)
    if user is None:
        raise Problem(403, "The account is gone.")
    return user


def _found(connection: sa.Connection, number: int, viewer: Viewer) -> Subscription:
    held = owning.find(connection, number, viewer.id, everything=viewer.administers)
    if held is None:
        raise Problem(404, "There is no such subscription, or it is somebody else's.")
    return held


def _as_seen(connection: sa.Connection, number: int, viewer: Viewer, base: str, if_match: str | None) -> Subscription:
    """Return a subscription as it was seen. Raises Problem 404 or 412."""
    held = _found(connection, number, viewer)
    refuse_unless_seen(if_match, _told(connection, held, viewer, base), "subscription")
    return held


def _note(desk: Desk, connection: sa.Connection, viewer: Viewer, number: int, action: str, **detail: object) -> None:
    note(connection, viewer.name, action, owning.subject(number), desk.clock(), **detail)
