"""The messages that were sent, wait or are dead: those of one's own subscriptions, for administrators all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from service.accounts import note
from service.database import messages
from service.desk.access import allow, viewer_of
from service.desk.alert_form import hidden_address
from service.desk.parts import by_script
from service.roles import Role

if TYPE_CHECKING:
    from service.database.messages import Letter
    from service.desk.access import Viewer
    from service.desk.parts import Desk

PAGE = 50

CHOICES = {"": (), "waiting": ("pending", "sending"), "sent": ("sent",), "dead": ("dead",)}
"""What of the messages can be chosen, with the states that it has."""

Number = Annotated[int, Path(ge=1, lt=2**63)]


@dataclass(frozen=True, slots=True)
class Row:
    """A message on the page, its address as who looks may see it."""

    letter: Letter
    address: str


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the messages; they stand before those of the subscriptions, whose paths begin alike."""
    router = APIRouter()

    @router.get("/alerts/messages", response_class=HTMLResponse)
    @allow(Role.READER)
    def show(
        request: Request, state: str = "", before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
    ) -> HTMLResponse:
        viewer = viewer_of(request)
        chosen = state if state in CHOICES else ""
        with desk.database.read() as connection:
            found, following = messages.listed(
                connection, owner=owner_for(viewer), states=CHOICES[chosen], before=before, size=PAGE
            )
        return desk.draw(
            request,
            "alert_messages.html",
            rows=[_row(letter, viewer) for letter in found],
            following=following,
            before=before,
            chosen=chosen,
            choices=tuple(CHOICES),
        )

    @router.post("/alerts/messages/{message}/retry", response_class=HTMLResponse)
    @allow(Role.READER)
    def retry(request: Request, message: Number) -> Response:
        viewer = viewer_of(request)
        with desk.database.write() as connection:
            letter = messages.find(connection, message, owner=owner_for(viewer))
            if letter is None:
                raise HTTPException(404, "message_not_found")
            if not messages.retry(connection, message, desk.clock()):
                raise HTTPException(409, "message_not_dead")
            note(connection, viewer.name, "message_retried", f"message:{message}", desk.clock(), reason=letter.detail)
            letter = messages.find(connection, message) or letter
        if by_script(request):
            return desk.draw(request, "alert_message.html", row=_row(letter, viewer))
        link = desk.pages.links.page("/alerts/messages", desk.words(request).language)
        return desk.go(request, link.removeprefix(desk.pages.links.base))

    return router


def owner_for(viewer: Viewer) -> int | None:
    """Return whose messages somebody sees; None for all."""
    return None if viewer.administers else viewer.id


def _row(letter: Letter, viewer: Viewer) -> Row:
    whole = letter.owner == viewer.id
    return Row(letter, letter.recipient if whole else hidden_address(letter.channel, letter.recipient))
