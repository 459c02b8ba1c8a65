"""Takes decisions on Cases and answers who took them: by htmx with the pane anew, else by sending them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from service.database import case_reading
from service.database.cases import MACHINE
from service.desk.access import allow, viewer_of, way_back
from service.desk.address import language_of
from service.desk.case_address import CaseAddress
from service.desk.case_card import card
from service.desk.case_deeds import DEEDS, Deed, Sent, undoing
from service.desk.case_history import lines, mentioned
from service.desk.case_list import Facets, Teller, row_of
from service.desk.parts import by_script
from service.errors import Conflict, DecisionRefused
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.desk.parts import Desk
    from service.labels import Labels


def add(router: APIRouter, desk: Desk, facets: Facets) -> None:
    """Add the routes of decisions."""
    answer = _Answers(desk, facets)
    for name, make in DEEDS.items():
        _add(router, desk, answer, name, make)

    @router.post("/cases/events/{event}/undo", response_class=HTMLResponse)
    @allow(Role.EDITOR)
    def undo(request: Request, event: Annotated[int, Path(ge=1, lt=2**63)], sent: Annotated[Sent, Form()]) -> Response:
        with desk.database.read() as connection:
            found = case_reading.event(connection, event)
        if found is None:
            raise HTTPException(404, "case_not_found")
        return answer(request, undoing(desk, desk.words(request), found.case, event, sent))


def _add(
    router: APIRouter,
    desk: Desk,
    answer: _Answers,
    name: str,
    make: Callable[[Desk, Labels, str, Sent], Deed],
) -> None:
    @router.post(f"/cases/{{case}}/{name}", response_class=HTMLResponse, name=f"case_{name}")
    @allow(Role.EDITOR)
    def decide(request: Request, case: str, sent: Annotated[Sent, Form()]) -> Response:
        return answer(request, make(desk, desk.words(request), case, sent))


def teller_of(desk: Desk, request: Request) -> Teller:
    """Return who tells Cases to who asks."""
    return Teller(desk.words(request), desk.outlets, desk.clock(), viewer_of(request))


@dataclass(frozen=True, slots=True)
class _Answers:
    """Takes a decision and draws what came of it."""

    desk: Desk
    facets: Facets

    def __call__(self, request: Request, deed: Deed) -> Response:
        desk = self.desk
        viewer, now = viewer_of(request), desk.clock()
        with desk.database.read() as connection:
            known = case_reading.find(connection, deed.case) is not None
        if not known:
            raise HTTPException(404, "case_not_found")
        try:
            with desk.database.write() as connection:
                decision = deed.take(connection, viewer.name, now)
        except Conflict as conflict:
            return self._conflict(request, deed, conflict)
        except DecisionRefused as refused:
            words = desk.words(request)
            key = f"decision_{refused.key}"
            return self._draw(
                request, deed, deed.case, 422, refused=words.text(key) if key in words.texts else str(refused)
            )
        desk.counter.forget()
        self.facets.forget()
        shown = decision.case if deed.follows else deed.case
        if not by_script(request):
            return desk.go(request, self._target(deed, shown))
        event = decision.event if self._undoable(request, decision.event) else None
        return self._draw(request, deed, shown, 200, done=deed.done, event=event)

    def _undoable(self, request: Request, event: int) -> bool:
        with self.desk.database.read() as connection:
            found = case_reading.event(connection, event)
        return found is not None and lines([found], {}, self.desk.words(request))[0].undoable

    @staticmethod
    def _target(deed: Deed, shown: str) -> str:
        back = way_back(deed.sent.back)
        place = CaseAddress.of_path(back)
        if place is not None:
            return place.opened(shown).path()
        return back if shown == deed.case or not back.startswith("/cases/") else f"/cases/{shown}"

    def _draw(
        self,
        request: Request,
        deed: Deed,
        shown: str,
        status: int,
        *,
        refused: str = "",
        done: str = "",
        event: int | None = None,
    ) -> Response:
        """Draw the Case as it is now: the whole page, or what htmx swaps."""
        desk = self.desk
        language = language_of(request.query_params)
        teller = teller_of(desk, request)
        with desk.database.read() as connection:
            drawn = card(connection, shown, teller)
        if drawn is None:
            raise HTTPException(404, "case_not_found")
        target = self._target(deed, shown)
        place = CaseAddress.of_path(target)
        to_list = place.opened("").path() if place is not None else CaseAddress(language=language).path()
        values: dict[str, Any] = {
            "card": drawn,
            "teller": teller,
            "states": case_reading.STATES,
            "refused": refused,
            "back": target,
            "to_list": f"{desk.pages.links.base}{to_list}#r-{shown}",
        }
        if not by_script(request):
            return desk.draw(request, "case.html", status=status, place=place, **values)
        values |= {
            "conflicting": False,
            "view": deed.sent.view,
            "row": row_of(drawn.case, place, teller) if place is not None else None,
            "gone": deed.case if shown != deed.case else "",
            "done": done,
            "event": event,
        }
        answer = desk.draw(request, "case_fragment.html", status=status, **values)
        if shown != deed.case and deed.sent.view != "strip":
            answer.headers["HX-Replace-Url"] = f"{desk.pages.links.base}{target}"
        return answer

    def _conflict(self, request: Request, deed: Deed, conflict: Conflict) -> Response:
        """Say who decided what meanwhile, and what was wanted; nothing was written."""
        desk = self.desk
        teller = teller_of(desk, request)
        with desk.database.read() as connection:
            decided = [
                event
                for event in case_reading.events(connection, deed.case)
                if event.actor != MACHINE or event.kind == "proposed"  # what makes the revision grow
            ]
            decided = decided[: max(1, conflict.held - conflict.seen)]
            titles = case_reading.titles(connection, mentioned(decided))
        values: dict[str, Any] = {
            "card": None,
            "teller": teller,
            "states": case_reading.STATES,
            "meanwhile": lines(decided, titles, teller.words),
            "wanted": deed.wanted,
            "written": deed.written,
            "reload": self._target(deed, deed.case),
            "back": way_back(deed.sent.back),
            "to_list": "",
            "refused": "",
        }
        if by_script(request):
            return desk.draw(request, "case_fragment.html", status=409, conflicting=True, view=deed.sent.view, **values)
        return desk.draw(request, "case.html", status=409, **values)
