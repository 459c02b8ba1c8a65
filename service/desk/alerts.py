"""The subscriptions of who looks, or of all: listed, made, changed, paused, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from index.protocol import Field
from service.accounts import every_user, note, user_of
from service.alerts import owning, subscriptions
from service.alerts.links import Signer
from service.alerts.preview import preview
from service.alerts.subscriptions import Subscription, Tells
from service.desk.access import Viewer, allow, viewer_of
from service.desk.address import Address, language_of
from service.desk.alert_form import LONGEST_NAME, Filled, described, filled, read
from service.desk.incoming import Namer
from service.desk.parts import by_script
from service.desk.saved import stored, told
from service.errors import SubscriptionRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from service.accounts import User
    from service.desk.alert_form import Described
    from service.desk.parts import Desk

Number = Annotated[int, Path(ge=1, lt=2**63)]
_LONGEST_SEALED = 200_000
"""Characters of what brings a removed subscription back."""


@dataclass(frozen=True, slots=True)
class Row:
    """One subscription on the page; `told` is its search in words, `owner` the name of whose it is where it is another.

    `whole` is whether who looks may see addresses and secrets in full, `changeable` whether it may be changed here.
    """

    subscription: Subscription
    address: Address
    told: tuple[tuple[str, str], ...]
    plan: Described
    owner: str
    whole: bool
    changeable: bool


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the subscriptions."""
    router = APIRouter()
    _add_list(router, desk)
    _add_form(router, desk)
    _add_states(router, desk)
    _add_removing(router, desk)
    return router


def _add_list(router: APIRouter, desk: Desk) -> None:
    @router.get("/alerts", response_class=HTMLResponse)
    @allow(Role.READER)
    def show(request: Request, done: str = "") -> HTMLResponse:
        return _page(desk, request, done=done if done in {"made", "changed"} else "")


def _add_form(router: APIRouter, desk: Desk) -> None:
    @router.get("/alerts/new", response_class=HTMLResponse)
    @allow(Role.READER)
    def ask(request: Request) -> HTMLResponse:
        viewer = viewer_of(request)
        address = Address.read(request.query_params)
        with desk.database.read() as connection:
            owner = _user(connection, viewer.id)
        begun = Filled(
            name=_suggested(desk, request, address),
            query=stored(address),
            tells=[kind.value for kind in subscriptions.USUALLY],
            own=bool(owner.email),
            but_critical=True,
            language=address.language,
        )
        return _form(desk, request, begun, owner)

    @router.post("/alerts/new", response_class=HTMLResponse)
    @allow(Role.READER)
    def make(request: Request, given: Annotated[Filled, Form()]) -> Response:
        viewer = viewer_of(request)
        with desk.database.read() as connection:
            owner = _user(connection, viewer.id)
        try:
            made = read(given, owner, viewer.role)
            with desk.database.write() as connection:
                number = owning.add(connection, made, desk.clock())
                _note(desk, request, connection, number, "subscription_made", name=made.name, query=made.query)
        except SubscriptionRefused as error:
            return _form(desk, request, given, owner, refused=error.key, status=422)
        return desk.go(request, _home(desk, request, done="made"))

    @router.post("/alerts/preview", response_class=HTMLResponse)
    @allow(Role.READER)
    def look(request: Request, given: Annotated[Filled, Form()]) -> Response:
        if by_script(request):
            return desk.draw(request, "alert_preview.html", status=200, **_previewed(desk, request, given))
        with desk.database.read() as connection:
            owner = _user(connection, viewer_of(request).id)
        return _form(desk, request, given, owner)

    @router.get("/alerts/{subscription}", response_class=HTMLResponse)
    @allow(Role.READER)
    def edit(request: Request, subscription: Number) -> HTMLResponse:
        with desk.database.read() as connection:
            held, owner = _changeable(connection, request, subscription)
        return _form(desk, request, filled(held), owner, held=held)

    @router.post("/alerts/{subscription}", response_class=HTMLResponse)
    @allow(Role.READER)
    def change(request: Request, subscription: Number, given: Annotated[Filled, Form()]) -> Response:
        with desk.database.read() as connection:
            held, owner = _changeable(connection, request, subscription)
        try:
            made = read(given, owner, viewer_of(request).role)
            with desk.database.write() as connection:
                _changeable(connection, request, subscription)
                subscriptions.change(connection, subscription, made)
                _note(desk, request, connection, subscription, "subscription_changed", name=made.name, query=made.query)
        except SubscriptionRefused as error:
            return _form(desk, request, given, owner, held=held, refused=error.key, status=422)
        return desk.go(request, _home(desk, request, done="changed"))


def _add_states(router: APIRouter, desk: Desk) -> None:
    @router.post("/alerts/{subscription}/pause", response_class=HTMLResponse)
    @allow(Role.READER)
    def pause(request: Request, subscription: Number) -> Response:
        with desk.database.write() as connection:
            held = _found(connection, request, subscription)
            subscriptions.pause(connection, subscription, desk.clock())
            _note(desk, request, connection, subscription, "subscription_paused", name=held.name)
        return _answer(desk, request, subscription)

    @router.post("/alerts/{subscription}/resume", response_class=HTMLResponse)
    @allow(Role.READER)
    def resume(request: Request, subscription: Number) -> Response:
        with desk.database.write() as connection:
            held = _found(connection, request, subscription)
            subscriptions.resume(connection, subscription, desk.clock())
            _note(desk, request, connection, subscription, "subscription_resumed", name=held.name)
        return _answer(desk, request, subscription)


def _add_removing(router: APIRouter, desk: Desk) -> None:
    @router.post("/alerts/{subscription}/delete", response_class=HTMLResponse)
    @allow(Role.READER)
    def delete(request: Request, subscription: Number) -> Response:
        """Remove it; what brings it back goes into the page, so that no secret of it is kept."""
        with desk.database.write() as connection:
            held, owner = _changeable(connection, request, subscription)
            kept = owning.as_kept(held, secrets=owner.id == viewer_of(request).id)
            sealed = Signer.of(connection).seal(kept)
            subscriptions.remove(connection, subscription)
            _note(desk, request, connection, subscription, "subscription_removed", name=held.name, query=held.query)
        gone = {"id": subscription, "name": held.name, "sealed": sealed}
        if by_script(request):
            return desk.draw(request, "alert_gone.html", gone=gone)
        return _page(desk, request, gone=gone)

    @router.post("/alerts/{subscription}/restore", response_class=HTMLResponse)
    @allow(Role.READER)
    def restore(
        request: Request, subscription: Number, sealed: Annotated[str, Form(max_length=_LONGEST_SEALED)] = ""
    ) -> Response:
        viewer = viewer_of(request)
        try:
            with desk.database.write() as connection:
                kept = Signer.of(connection).unseal(sealed, owning.UNDONE_WITHIN)
                mine = kept is not None and (kept["owner"] == viewer.id or viewer.administers)
                if kept is None or kept["id"] != subscription or not mine:
                    raise HTTPException(404, "alert_not_found")
                owning.add(connection, owning.from_kept(kept), desk.clock(), subscription)
                _note(desk, request, connection, subscription, "subscription_restored", name=kept["name"])
        except SubscriptionRefused as error:
            return _page(desk, request, status=409, refused=error.key)
        return _answer(desk, request, subscription)


def _page(
    desk: Desk,
    request: Request,
    *,
    status: int = 200,
    done: str = "",
    refused: str = "",
    gone: Mapping[str, object] | None = None,
) -> HTMLResponse:
    viewer = viewer_of(request)
    with desk.database.read() as connection:
        held = owning.visible(connection, viewer.id, everything=viewer.administers)
        names = {user.id: user.name for user in every_user(connection)} if viewer.administers else {}
    rows = [_row(desk, request, one, names) for one in held]
    return desk.draw(
        request,
        "alerts.html",
        status=status,
        mine=[row for row in rows if row.whole],
        others=[row for row in rows if not row.whole],
        done=done,
        refused=refused,
        gone=gone,
    )


def _row(desk: Desk, request: Request, held: Subscription, names: Mapping[int, str]) -> Row:
    words, viewer = desk.words(request), viewer_of(request)
    address = Address.read(QueryParams(held.query)).in_language(words.language)
    return Row(
        subscription=held,
        address=address,
        told=told(address, Namer(words, desk.outlets, desk.clock())),
        plan=described(held, words, whole=held.owner == viewer.id),
        owner=names.get(held.owner or 0, ""),
        whole=held.owner == viewer.id,
        changeable=held.owner is not None,
    )


def _answer(desk: Desk, request: Request, number: int) -> Response:
    if not by_script(request):
        return desk.go(request, _home(desk, request))
    with desk.database.read() as connection:
        held = _found(connection, request, number)
        owner = user_of(connection, held.owner) if held.owner else None
    names = {owner.id: owner.name} if owner else {}
    return desk.draw(request, "alert_row.html", row=_row(desk, request, held, names))


def _form(
    desk: Desk,
    request: Request,
    given: Filled,
    owner: User,
    *,
    held: Subscription | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    secrets = held.recipients if held is not None and held.owner == viewer_of(request).id else ()
    return desk.draw(
        request,
        "alert_form.html",
        status=status,
        given=given,
        owner=owner,
        held=held,
        webhooks=[one for one in secrets if one.secret],
        refused=refused,
        tells=tuple(Tells),
        **_previewed(desk, request, given),
    )


def _previewed(desk: Desk, request: Request, given: Filled) -> dict[str, object]:
    """Return what a page shows of the last week, and the search in words."""
    words = desk.words(request)
    address = Address.read(QueryParams(given.query)).first_page().in_language(language_of(request.query_params))
    found = preview(desk.readable(request), given.query, desk.clock())
    try:
        most = found.messages(given.schedule())
    except SubscriptionRefused:
        most = found.cases
    return {
        "searched": address,
        "told": told(address, Namer(words, desk.outlets, desk.clock())),
        "week": found,
        "most": most,
        "tallest": max((count for _, count in found.days), default=0) or 1,
    }


def _suggested(desk: Desk, request: Request, address: Address) -> str:
    """Return a name for an alert on a list: what it is searched for, and the values that it is filtered by."""
    words = desk.words(request)
    namer = Namer(words, desk.outlets, desk.clock())
    chosen = [(field, one) for field, held in address.filters.items() if field is not Field.STANCE for one in held]
    values = [address.text] if address.text else []
    values += [namer.name(field, one) for field, one in chosen]
    return words.text("list_separator").join(values)[:LONGEST_NAME]


def _found(connection: sa.Connection, request: Request, number: int) -> Subscription:
    viewer: Viewer = viewer_of(request)
    held = owning.find(connection, number, viewer.id, everything=viewer.administers)
    if held is None:
        raise HTTPException(404, "alert_not_found")
    return held


def _changeable(connection: sa.Connection, request: Request, number: int) -> tuple[Subscription, User]:
    held = _found(connection, request, number)
    try:
        return held, owning.owner_of(connection, held)
    except SubscriptionRefused as error:
        raise HTTPException(403, "alert_of_setting") from error


def _user(connection: sa.Connection, number: int) -> User:
    user = user_of(connection, number)
    if user is None:
        raise HTTPException(404, "page_not_found")
    return user


def _home(desk: Desk, request: Request, done: str | None = None) -> str:
    link = desk.pages.links.page("/alerts", desk.words(request).language, done=done)
    return link.removeprefix(desk.pages.links.base)


def _note(desk: Desk, request: Request, connection: sa.Connection, number: int, action: str, **detail: object) -> None:
    note(connection, viewer_of(request).name, action, owning.subject(number), desk.clock(), **detail)
