"""The page behind the link that stands in every mail: it takes the recipient out, without a login.

Looking at it changes nothing, because mail scanners follow links; its button does, and so does a mail program's
one-click request (RFC 8058), which brings neither cookie nor form token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.accounts import note
from service.alerts import owning, subscriptions
from service.alerts.links import Signer
from service.desk.access import allow

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.alerts.subscriptions import Recipient, Subscription
    from service.desk.parts import Desk

Token = Annotated[str, Query(max_length=500)]

ACTOR = "recipient"
"""Who the audit log says it was: nobody with an account."""


def routes(desk: Desk) -> APIRouter:
    """Return the routes of unsubscribing."""
    router = APIRouter()

    @router.get("/unsubscribe", response_class=HTMLResponse)
    @allow(None)
    def ask(request: Request, token: Token = "") -> HTMLResponse:
        with desk.database.read() as connection:
            number = _recipient(connection, token)
            found = None if number is None else owning.leaving(connection, number)
        if number is None:
            return _page(desk, request, "forged", status=404)
        return _page(desk, request, "ask" if found else "out", token=token, found=found)

    @router.post("/unsubscribe", response_class=HTMLResponse)
    @allow(None)
    def leave(request: Request, token: Token = "") -> HTMLResponse:
        now = desk.clock()
        with desk.database.write() as connection:
            number = _recipient(connection, token)
            found = None if number is None else owning.leaving(connection, number)
            if number is not None and found is not None and subscriptions.leave(connection, number, now):
                subscription, recipient = found
                told = {"name": subscription.name, "to": recipient.address}
                note(connection, ACTOR, "unsubscribed", owning.subject(subscription.id), now, **told)
        if number is None:
            return _page(desk, request, "forged", status=404)
        return _page(desk, request, "left", found=found)

    return router


def _recipient(connection: sa.Connection, token: str) -> int | None:
    signer = Signer.held(connection)
    return None if signer is None else signer.read(token, owning.LINK_LIVES)


def _page(
    desk: Desk,
    request: Request,
    state: str,
    *,
    status: int = 200,
    token: str = "",
    found: tuple[Subscription, Recipient] | None = None,
) -> HTMLResponse:
    name = found[0].name if found is not None and found[0].owner is not None else ""
    address = found[1].address if found is not None else ""
    values = {"state": state, "token": token, "name": name, "told": address}
    answer = desk.draw(request, "unsubscribe.html", status=status, **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer
