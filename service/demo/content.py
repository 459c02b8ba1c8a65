"""The outlets of the sample newsroom and their items, as the TOML files of `content/` hold them."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from crawler.article import Reason
from nlp.analysis import ALERTABLE, Stance
from service.demo.errors import ContentError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

BAGHDAD = ZoneInfo("Asia/Baghdad")

Governorate = Annotated[str, Field(pattern=r"^IQ-[A-Z]{2}$")]
PLANNED = (Reason.NOT_FOUND, Reason.REDIRECT_LOOP, Reason.ROBOTS, Reason.NOT_HTML, Reason.TOO_LARGE)
"""The reasons for which the newsroom can serve a page that must be rejected."""


def _paragraphs(text: object) -> object:
    """Take a text as an editor writes it, one paragraph a line, and drop the empty lines."""
    if isinstance(text, str):
        return "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return text


Body = Annotated[str, BeforeValidator(_paragraphs), Field(min_length=1)]
Path = Annotated[str, Field(pattern=r"^/\S*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edited(_Strict):
    """The second edition of an Item: what the page says after `updated` (Asia/Baghdad)."""

    title: str
    updated: datetime
    body: Body


class Entry(_Strict):
    """What a list shows of an item, be it a good one or one that must be rejected.

    `published` is Asia/Baghdad without an offset; a bare date where the outlet gives no time of day.
    """

    id: str
    path: Path
    title: str = Field(min_length=1)
    published: datetime | date
    section: str

    @property
    def published_utc(self) -> datetime:
        """The published time in UTC; midnight in Baghdad stands for a bare date."""
        return _utc(self.published)

    @property
    def listed_path(self) -> str:
        """The address under which lists show the item."""
        return self.path


class Item(Entry):
    """One item of an outlet with its labels (as docs/nlp.md defines them).

    Attributes:
        old_path: a former address, still listed, which redirects to `path`; "" where there is none.
        tracked: whether lists add tracking parameters to the address.
        serve: how the page is mistreated: "broken" (unclosed tags, stray bytes), "lying_charset" (the header names
            another charset than the bytes have), or "well".
        story: joins the items that are one case: the same need of the same people.
        dispatch: joins the items that are one text, lightly edited.
        edited: the second edition, where there is one.

    """

    body: Body
    language: Literal["ar", "ckb", "fa"] = "ar"
    stance: Stance
    needs: tuple[str, ...] = ()
    primary: tuple[Governorate, ...]
    story: str = ""
    dispatch: str = ""
    old_path: Path | Literal[""] = ""
    tracked: bool = False
    serve: Literal["well", "broken", "lying_charset"] = "well"
    edited: Edited | None = None

    @property
    def listed_path(self) -> str:
        """The address under which lists show the item: the old one, or one with tracking parameters, or `path`."""
        if self.tracked:
            return f"{self.path}?utm_source=feed&utm_medium=rss"
        return self.old_path or self.path

    def text(self, edition: int) -> tuple[str, str]:
        """Return title and body as the given edition of the newsroom shows them."""
        shown = self.edited if edition > 1 and self.edited else self
        return shown.title, shown.body

    def updated_utc(self, edition: int) -> datetime:
        """Return when the item was last changed, in UTC, as the given edition shows it."""
        return _utc(self.edited.updated) if edition > 1 and self.edited else self.published_utc

    @model_validator(mode="after")
    def _labels_agree(self) -> Self:
        asked = self.stance in ALERTABLE
        if asked != bool(self.needs) or asked != bool(self.story):
            raise ValueError("an appeal or complaint has needs and a story, any other item has neither")
        if self.dispatch not in {"", self.story}:
            raise ValueError("a dispatch carries the name of its story")
        return self


class Reject(Entry):
    """A listed address that gives no Article, and why; `loop` is the other half of a redirect loop."""

    reason: Reason
    loop: Path | Literal[""] = ""

    @model_validator(mode="after")
    def _can_be_served(self) -> Self:
        if self.reason not in PLANNED:
            raise ValueError(f"reason must be one of {', '.join(PLANNED)}")
        if bool(self.loop) != (self.reason is Reason.REDIRECT_LOOP):
            raise ValueError("a redirect loop, and nothing else, needs its other half in `loop`")
        return self


class SourceList(_Strict):
    """A list of an outlet's items that is crawled: a feed, a news sitemap, or a listing page with further pages.

    `page_path` has "{page}" for the number of a further page; `section` keeps the items of one section only.
    """

    id: str
    kind: Literal["feed", "sitemap", "listing"]
    path: Path
    template: str
    section: str = ""
    page_path: str = ""
    page_size: int = Field(50, ge=1)


class _Facts(_Strict):
    id: str
    name: str
    host: str = Field(pattern=r"^[a-z-]+\.localhost$")
    home: Governorate | Literal[""]
    tagline: str
    encoding: Literal["utf-8", "windows-1256"]
    disallow: tuple[str, ...]


class Outlet(_Strict):
    """One invented outlet: its facts, the address of each section, its lists, its items and planned rejections."""

    outlet: _Facts
    sections: dict[str, Path]
    lists: tuple[SourceList, ...] = Field(min_length=1)
    items: tuple[Item, ...] = Field(min_length=1)
    rejects: tuple[Reject, ...] = ()

    @property
    def id(self) -> str:
        """The outlet's id in the registry."""
        return self.outlet.id

    @property
    def entries(self) -> tuple[Item | Reject, ...]:
        """All that the outlet lists, the newest first."""
        entries: list[Item | Reject] = [*self.items, *self.rejects]
        return tuple(sorted(entries, key=lambda entry: (entry.published_utc, entry.id), reverse=True))

    @model_validator(mode="after")
    def _addresses_are_distinct(self) -> Self:
        paths = [entry.path for entry in self.entries] + [item.old_path for item in self.items if item.old_path]
        repeated = [path for path, count in Counter([*paths, *self.sections.values()]).items() if count > 1]
        if repeated:
            raise ValueError(f"several pages at {', '.join(repeated)}")
        unknown = sorted({entry.section for entry in self.entries} - set(self.sections))
        if unknown:
            raise ValueError(f"no such section: {', '.join(unknown)}")
        return self


def load_outlets() -> tuple[Outlet, ...]:
    """Read every outlet of the sample newsroom, in the order of their ids. Raises ContentError."""
    folder = files("service.demo") / "content"
    sheets = sorted((sheet for sheet in folder.iterdir() if sheet.name.endswith(".toml")), key=lambda sheet: sheet.name)
    return tuple(_read(sheet) for sheet in sheets)


def _read(sheet: Traversable) -> Outlet:
    try:
        return Outlet.model_validate(tomllib.loads(sheet.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ContentError(f"{sheet.name}: {fault}") from fault
    except ValidationError as fault:
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in fault.errors())
        raise ContentError(f"{sheet.name}: {places}") from fault


def _utc(moment: datetime | date) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.replace(tzinfo=BAGHDAD).astimezone(UTC)
