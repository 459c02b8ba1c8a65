"""What every page of the desk needs: the parts that it is made over, and the drawing of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse, RedirectResponse

from service.database.cases import Dues
from service.desk.access import viewer_of, way_back
from service.desk.address import Address, language_of
from service.desk.sections import Counter, sections
from service.labels import Digits, labels
from service.masking import MaskedIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import Request
    from starlette.responses import Response

    from index.protocol import Index
    from service.database.engine import Database
    from service.desk.access import Viewer
    from service.desk.pages import Pages
    from service.labels import Labels
    from service.masking import Readable


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of a desk.

    Attributes:
        index: what is searched; asked from several threads at once.
        database: what is decided and looked up.
        pages: draws templates.
        counter: counts what the navigation shows.
        outlets: names of the outlets by id.
        clock: gives the present time, aware.
        dues: how soon a case must be answered.
        secure: whether the desk is reached by https, so that cookies go no other way.

    """

    index: Index
    database: Database
    pages: Pages
    counter: Counter
    outlets: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = _now
    dues: Dues = field(default_factory=Dues)
    secure: bool = False

    def readable(self, request: Request) -> Readable:
        """Return the index as who asks may read it: below editor private data is masked."""
        return self.index if viewer_of(request).edits else MaskedIndex(self.index)

    def words(self, request: Request) -> Labels:
        """Return the words in which the page is written."""
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        digits = "arab" if viewer is not None and viewer.preferences.get("digits") == "arab" else "latn"
        return labels(language_of(request.query_params), cast("Digits", digits))

    def draw(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return a page, or a fragment where the template is one.

        Beside `values` a template knows `words`, `links`, `now`, `viewer`, `address` (of the list, unless given),
        `entries` (of the navigation), `path` of the page, and `asked_by_script`.
        """
        words = self.words(request)
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        now = self.clock()
        # a page that tells of a failure counts nothing: the counting may be what failed
        counts = self.counter.counts(now) if viewer is not None and status < 500 else {}
        entries = sections(counts, request, words.language, viewer) if viewer is not None else ()
        known: dict[str, object] = {
            "words": words,
            "now": now,
            "viewer": viewer,
            "address": Address(language=words.language),
            "entries": entries,
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "translated_query": self._translated(request),
            "asked_by_script": by_script(request),
        }
        return HTMLResponse(self.pages.draw(template, known | values), status_code=status)

    def go(self, request: Request, path: str) -> Response:
        """Send a browser on to a page of ours after a form; `path` is without the base address."""
        target = f"{self.pages.links.base}{way_back(path)}"
        if by_script(request):
            return HTMLResponse("", headers={"HX-Redirect": target})
        return RedirectResponse(target, status_code=303)

    @staticmethod
    def _translated(request: Request) -> str:
        """Return the query of this page in the other language, with its "?"."""
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        if language_of(request.query_params) != "en":
            kept.append(("lang", "en"))
        return f"?{urlencode(kept, errors='replace')}" if kept else ""


def by_script(request: Request) -> bool:
    """Return whether htmx asks, which wants a fragment and no whole page."""
    return request.headers.get("hx-request") == "true"


def fills_list(request: Request) -> bool:
    """Return whether a script asks for the list alone, as it does while one types."""
    return by_script(request) and request.headers.get("hx-target") == "list"
