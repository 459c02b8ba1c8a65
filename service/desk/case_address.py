"""The URL of the list of Cases: it holds the whole state, as `desk.address` does for items."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import QueryParams

from service.database.case_query import CaseQuery, CaseSort
from service.database.case_reading import Facet
from service.database.cases import OPEN_STATES
from service.desk.address import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.labels import Language

ANY = "any"
"""The value of `state` in a URL for a list of every state."""

ME = "me"
"""The value of `assignee` in a URL for who looks, whoever that is."""

NOBODY = "-"
"""The value of `assignee` in a URL for nobody; no user can have that name."""

FILTERS: tuple[Facet | str, ...] = ("state", "due", "urgency", "need", "governorate", "assignee", "outlet")
"""The filters by their names in a URL, in the order in which they are shown."""

DUES = ("overdue", "today")

_MOST_PAIRS = 64
_LONGEST_VALUE = 200
_LONGEST_TEXT = 200
"""Bounds of what is read of a URL, as in `desk.address`."""

_SORTS = {sort.value: sort for sort in CaseSort}


@dataclass(frozen=True, slots=True)
class CaseAddress:
    """What the list of Cases shows.

    Attributes:
        text: words that stand in title, summary or facility.
        filters: chosen values by name; the state is always there, () for every state.
        sort: order of the list.
        after: cursor of the page, "" for the first.
        case: id of the open Case, or "".
        language: of the interface.

    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"state": OPEN_STATES})
    sort: CaseSort = CaseSort.DUE
    after: str = ""
    case: str = ""
    language: Language = "ar"

    @classmethod
    def read(cls, params: QueryParams) -> CaseAddress:
        """Return the state that a URL's query holds; what is not understood, or too much, is left out."""
        filters: dict[str, tuple[str, ...]] = {}
        for name, value in dict.fromkeys(params.multi_items()[:_MOST_PAIRS]):
            known = name in FILTERS and 0 < len(value) <= _LONGEST_VALUE and value.isprintable()
            if known and (name != "due" or value in DUES):
                filters[name] = (value,) if name == "due" else (*filters.get(name, ()), value)
        states = filters.get("state", OPEN_STATES)
        filters["state"] = () if ANY in states else states
        text = "".join(letter if letter.isprintable() else " " for letter in params.get("q", "")[:_LONGEST_TEXT])
        return cls(
            text=" ".join(text.split()),
            filters=filters,
            sort=_SORTS.get(params.get("sort", ""), CaseSort.DUE),
            after=params.get("after", ""),
            case=params.get("case", "")[:_LONGEST_VALUE],
            language=language_of(params),
        )

    @classmethod
    def of_path(cls, path: str) -> CaseAddress | None:
        """Return the state of the list at a path of ours, or None where that is another page."""
        parts = urlsplit(path)
        return cls.read(QueryParams(parts.query)) if parts.path == "/cases" else None

    def query_of(self, viewer: str) -> CaseQuery:
        """Return what is asked of the database, for who looks."""
        people = {ME: viewer, NOBODY: ""}
        return CaseQuery(
            states=self.filters["state"],
            governorates=self.filters.get("governorate", ()),
            needs=self.filters.get("need", ()),
            urgencies=self.filters.get("urgency", ()),
            outlets=self.filters.get("outlet", ()),
            assignees=tuple(people.get(name, name) for name in self.filters.get("assignee", ())),
            due=next(iter(self.filters.get("due", ())), ""),
            text=self.text,
            sort=self.sort,
            after=self.after,
        )

    def pairs(self, *, text: bool = True) -> list[tuple[str, str]]:
        """Return names and values of the URL's query; without the text for a form that asks for it."""
        pairs = [("q", self.text)] if text and self.text else []
        for name, values in self.filters.items():
            if name != "state":
                pairs += [(name, value) for value in values]
            elif values != OPEN_STATES:
                pairs += [(name, value) for value in values or (ANY,)]
        if self.sort is not CaseSort.DUE:
            pairs.append(("sort", self.sort.value))
        if self.language != "ar":
            pairs.append(("lang", self.language))
        return pairs

    def path(self) -> str:
        """Return the path of the list with its query, without the address under which the desk is served."""
        pairs = self.pairs()
        pairs += [(name, value) for name, value in (("after", self.after), ("case", self.case)) if value]
        return "/cases" + ("?" + urlencode(pairs, errors="replace") if pairs else "")

    def first_page(self) -> CaseAddress:
        """Return the start of the same list, nothing open."""
        return replace(self, after="", case="")

    def next_page(self, cursor: str) -> CaseAddress:
        """Return the page that begins at the cursor, nothing open."""
        return replace(self, after=cursor, case="")

    def opened(self, case: str) -> CaseAddress:
        """Return the same page with a Case open, or with none for ""."""
        return replace(self, case=case)

    def sorted_by(self, sort: CaseSort) -> CaseAddress:
        """Return the same list in another order."""
        return replace(self.first_page(), sort=sort)

    def searched(self, text: str) -> CaseAddress:
        """Return the list of other words."""
        return replace(self.first_page(), text=text)

    def has(self, name: str, value: str) -> bool:
        """Return whether the value is chosen."""
        return value in self.filters.get(name, ())

    def toggled(self, name: str, value: str) -> CaseAddress:
        """Return the list with the value chosen, or no longer chosen; of due times there is one at most."""
        now = () if name == "due" and not self.has(name, value) else self.filters.get(name, ())
        values = tuple(v for v in now if v != value) if value in now else (*now, value)
        return self.with_values(name, values)

    def with_values(self, name: str, values: tuple[str, ...]) -> CaseAddress:
        """Return the list with other values of one filter, () for all."""
        filters = {f: v for f, v in {**self.filters, name: values}.items() if v or f == "state"}
        return replace(self.first_page(), filters=filters)

    def home(self) -> CaseAddress:
        """Return the list as it opens, in the same language."""
        return CaseAddress(language=self.language)
