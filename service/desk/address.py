"""The URL of the list: it holds the whole state of the desk, so that what is seen can be sent to a colleague."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from index.protocol import Field, Query, Sort
from service.labels import BAGHDAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams

    from service.labels import Language

INCOMING = ("appeal", "complaint")
"""The stances that the list shows where the URL names none."""

ANY = "any"
"""The value of `stance` in a URL for a list of every stance."""

DEFAULT_SORT = Sort.NEWEST

_MOST_PAIRS = 64
"""Most pairs of a query that are read. Every link of a page repeats the query, so without a bound a long one makes a
page that grows with its square; a person chooses a handful."""

_LONGEST_VALUE = 200
"""Characters of the longest value of a filter: an id or a code, never a text."""

_LONGEST_TEXT = 1000
"""Characters of what is searched for that are kept."""

_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)

_FIELDS = {field.value: field for field in Field}

_SORTS = {sort.value: sort for sort in Sort}


def language_of(params: QueryParams) -> Language:
    """Return the language that the URL asks for; Arabic where it asks for none or for one that we have not."""
    return "en" if params.get("lang") == "en" else "ar"


@dataclass(frozen=True, slots=True)
class Address:
    """What the list shows.

    Attributes:
        text: the words searched for.
        typing: whether the last word may be the beginning of one, as it was when the list came while it was typed.
        filters: chosen values by field; the stance is always there, () for every stance.
        since, until: first and last day in Baghdad, as YYYY-MM-DD, or "".
        sort: order of the list.
        after: cursor of the page, "" for the first.
        item: id of the open Document, or "".
        language: of the interface.

    """

    text: str = ""
    typing: bool = False
    filters: Mapping[Field, tuple[str, ...]] = field(default_factory=lambda: {Field.STANCE: INCOMING})
    since: str = ""
    until: str = ""
    sort: Sort = DEFAULT_SORT
    after: str = ""
    item: str = ""
    language: Language = "ar"

    @classmethod
    def read(cls, params: QueryParams) -> Address:
        """Return the state that a URL's query holds; what is not understood, or too much, is left out."""
        filters: dict[Field, tuple[str, ...]] = {}
        for name, value in dict.fromkeys(params.multi_items()[:_MOST_PAIRS]):
            if name in _FIELDS and 0 < len(value) <= _LONGEST_VALUE:
                filters[_FIELDS[name]] = (*filters.get(_FIELDS[name], ()), value)
        stances = filters.get(Field.STANCE, INCOMING)
        filters[Field.STANCE] = () if ANY in stances else stances
        text = params.get("q", "")[:_LONGEST_TEXT]
        return cls(
            text=text.strip(),
            typing=params.get("typing") == "1" and bool(text) and not text[-1].isspace(),
            filters=filters,
            since=_day(params.get("since", "")),
            until=_day(params.get("until", "")),
            sort=_SORTS.get(params.get("sort", ""), DEFAULT_SORT),
            after=params.get("after", ""),
            item=params.get("item", ""),
            language=language_of(params),
        )

    def asks(self, **more: Any) -> Query:
        """Return what the index is asked for at this address; `more` are the other fields of the Query."""
        return Query(
            text=self.text,
            typing=self.typing,
            filters=self.filters,
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until) + timedelta(days=1) if self.until else None,
            sort=self.sort,
            **more,
        )

    def pairs(self, *, text: bool = True, days: bool = True) -> list[tuple[str, str]]:
        """Return names and values of the URL's query; without the text, or first and last day, for a form that asks."""
        pairs = [("q", self.text)] if text and self.text else []
        pairs += [("typing", "1")] if text and self.typing else []
        for name, values in self.filters.items():
            if name is not Field.STANCE:
                pairs += [(name.value, value) for value in values]
            elif values != INCOMING:
                pairs += [(name.value, value) for value in values or (ANY,)]
        if days:
            pairs += [(name, value) for name, value in (("since", self.since), ("until", self.until)) if value]
        if self.sort is not DEFAULT_SORT:
            pairs.append(("sort", self.sort.value))
        if self.language != "ar":
            pairs.append(("lang", self.language))
        return pairs

    def query(self) -> str:
        """Return the URL's query with its "?", or "" for the desk as it opens."""
        pairs = self.pairs()
        pairs += [(name, value) for name, value in (("after", self.after), ("item", self.item)) if value]
        return "?" + urlencode(pairs, errors="replace") if pairs else ""

    def first_page(self) -> Address:
        """Return the start of the same list, nothing open."""
        return replace(self, after="", item="")

    def next_page(self, cursor: str) -> Address:
        """Return the page that begins at the cursor, nothing open."""
        return replace(self, after=cursor, item="")

    def opened(self, item: str) -> Address:
        """Return the same page with an item open, or with none for ""."""
        return replace(self, item=item)

    def in_language(self, language: Language) -> Address:
        """Return the same state in another language."""
        return replace(self, language=language)

    def sorted_by(self, sort: Sort) -> Address:
        """Return the same list in another order."""
        return replace(self.first_page(), sort=sort)

    def searched(self, text: str) -> Address:
        """Return the list of other words."""
        return replace(self.first_page(), text=text, typing=False)

    def settled(self) -> Address:
        """Return the same page of the list in which every word is a whole one."""
        return replace(self, typing=False)

    def between(self, since: str, until: str) -> Address:
        """Return the list of the days from one to another; "" for no bound."""
        return replace(self.first_page(), since=since, until=until)

    def has(self, name: Field, value: str) -> bool:
        """Return whether the value is chosen."""
        return value in self.filters.get(name, ())

    def toggled(self, name: Field, value: str) -> Address:
        """Return the list with the value chosen, or no longer chosen."""
        now = self.filters.get(name, ())
        values = tuple(v for v in now if v != value) if value in now else (*now, value)
        filters = {f: v for f, v in {**self.filters, name: values}.items() if v or f is Field.STANCE}
        return replace(self, filters=filters, after="", item="")

    def only(self, filters: Mapping[Field, tuple[str, ...]]) -> Address:
        """Return a list with these filters alone, in the same language; every stance where none is named."""
        return Address(filters={Field.STANCE: (), **filters}, language=self.language)

    def home(self) -> Address:
        """Return the desk as it opens, in the same language."""
        return Address(language=self.language)

    def of_case(self, case: str) -> Address:
        """Return the list of everything that tells of a case."""
        return self.only({Field.CASE: (case,)})

    def of_group(self, group: str) -> Address:
        """Return the list of the copies of one text."""
        return self.only({Field.GROUP: (group,)})


def _day(value: str) -> str:
    """Return a day given as YYYY-MM-DD, or "" for anything else."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return ""
    return value if _EARLIEST <= day <= _LATEST and value == day.isoformat() else ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), BAGHDAD).astimezone(UTC)
