"""Who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request

from service.api.shapes import Told
from service.desk.access import allow, viewer_of
from service.roles import Role

if TYPE_CHECKING:
    from service.desk.parts import Desk


class Me(Told):
    """The account that asks, and whether by a token or by the session of a browser."""

    name: str
    role: Role
    by: Literal["token", "session"]


def add(router: APIRouter, _desk: Desk) -> None:
    """Add the operation."""

    @router.get("/me", tags=["account"])
    @allow(Role.READER)
    def tell_who_asks(request: Request) -> Me:
        """Tell whose the token or the session is, and what it may do."""
        viewer = viewer_of(request)
        return Me(name=viewer.name, role=viewer.role, by="session" if viewer.csrf else "token")
