"""Messages: what was sent of one's subscriptions, waits, or is dead, with reasons."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import APIRouter, Path, Query, Request, Response

from service.accounts import note
from service.alerts.subscriptions import Channel
from service.api.answers import fails, paged
from service.api.items import next_link
from service.api.problems import PREFIX, Problem
from service.api.shapes import Number, Told
from service.database import messages
from service.desk.access import Viewer, allow, viewer_of
from service.desk.alert_form import hidden_address
from service.desk.alert_messages import owner_for
from service.roles import Role

if TYPE_CHECKING:
    from service.desk.parts import Desk

State = Literal["pending", "sending", "sent", "dead"]


class MessageTold(Told):
    """A message, without what it says. `detail` is what was answered last: of a dead letter, why it is one."""

    id: int
    subscription: int | None
    recipient: str
    channel: Channel
    subject: str
    state: State
    attempts: int
    created: datetime
    due: datetime
    sent: datetime | None
    detail: str


class MessagePage(Told):
    """One page of messages, the latest first; `next` is the `after` of the next one, null on the last."""

    messages: list[MessageTold]
    next: int | None


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations on messages."""

    @router.get("/messages", tags=["alerts"], responses=paged() | fails(400))
    @allow(Role.READER)
    def list_messages(
        request: Request,
        response: Response,
        state: Annotated[list[State] | None, Query(max_length=4)] = None,
        after: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None,
        size: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> MessagePage:
        """List the messages of one's own subscriptions; for administrators all."""
        viewer = viewer_of(request)
        with desk.database.read() as connection:
            found, following = messages.listed(
                connection, owner=owner_for(viewer), states=tuple(state or ()), before=after, size=size
            )
        if following:
            path = f"{PREFIX}/messages"
            response.headers["Link"] = next_link(desk.pages.links.base, path, request, str(following))
        return MessagePage(messages=[_told(letter, viewer) for letter in found], next=following)

    @router.post("/messages/{message}/retry", tags=["alerts"], responses=fails(404, 409))
    @allow(Role.READER)
    def retry_message(request: Request, message: Annotated[Number, Path()]) -> MessageTold:
        """Send a dead letter once more."""
        viewer, now = viewer_of(request), desk.clock()
        with desk.database.write() as connection:
            letter = messages.find(connection, message, owner=owner_for(viewer))
            if letter is None:
                raise Problem(404, "There is no such message, or it is of somebody else's subscription.")
            if not messages.retry(connection, message, now):
                reason = "not_dead" if letter.state != "dead" else "left"
                raise Problem(409, "It is not dead, or its recipient was taken out.", kind="refused", reason=reason)
            note(connection, viewer.name, "message_retried", f"message:{message}", now, reason=letter.detail)
            again = messages.find(connection, message) or letter
        return _told(again, viewer)


def _told(letter: messages.Letter, viewer: Viewer) -> MessageTold:
    whole = letter.owner == viewer.id
    return MessageTold(
        id=letter.id,
        subscription=letter.subscription,
        recipient=letter.recipient if whole else hidden_address(letter.channel, letter.recipient),
        channel=Channel(letter.channel),
        subject=letter.subject,
        state=cast("State", letter.state),
        attempts=letter.attempts,
        created=letter.created,
        due=letter.due,
        sent=letter.sent,
        detail=letter.detail,
    )
