"""Who publishes and what of it is crawled: the registry of Outlets and their Sources, kept in a TOML file."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from cssselect import HTMLTranslator, SelectorError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from crawler.errors import OptionsError, RegistryError
from crawler.registry_lines import line_of, table_lines
from crawler.urls import is_http_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# ISO 3166-2:IQ, with IQ-HL for Halabja, made a governorate in 2025.
GOVERNORATES: Final = frozenset(
    f"IQ-{code}"
    for code in (
        "AN",
        "AR",
        "BA",
        "BB",
        "BG",
        "DA",
        "DI",
        "DQ",
        "HL",
        "KA",
        "KI",
        "MA",
        "MU",
        "NA",
        "NI",
        "QA",
        "SD",
        "SU",
        "WA",
    )
)


class Kind(StrEnum):
    """What a Source is."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"


def _http_url(value: str) -> str:
    if not is_http_url(value) or re.search(r"\s", value):
        message = f"not an http(s) address with a host: {value!r}"
        raise ValueError(message)
    if "@" in value.split("/")[2]:
        message = "an address in the registry carries no user or password"
        raise ValueError(message)
    return value


def _governorate(value: str) -> str:
    if value and value not in GOVERNORATES:
        known = ", ".join(sorted(GOVERNORATES))
        message = f'{value!r} is no governorate of Iraq; one of {known}, or "" for a national outlet'
        raise ValueError(message)
    return value


def _selector(value: str) -> str:
    try:
        HTMLTranslator().css_to_xpath(value)
    except SelectorError as error:
        message = f"not a CSS selector: {value!r} ({error})"
        raise ValueError(message) from error
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        message = f"not a regular expression: {value!r} ({error})"
        raise ValueError(message) from error
    return value


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Css = Annotated[str, StringConstraints(min_length=1), AfterValidator(_selector)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Extraction(_Row):
    """CSS selectors for an outlet whose pages the general extraction reads badly; each may be left out.

    `title`, `date`: the first element that fits. `body`: every element that fits, each a paragraph or a block of
    them. `remove`: taken out of the page before anything is read.
    """

    title: Css | None = None
    body: Css | None = None
    date: Css | None = None
    remove: Css | None = None


class Source(_Row):
    """One thing that is crawled.

    `interval` is in minutes. A listing names its items by `items`, a CSS selector of the links or of blocks that hold
    one, or by `pattern`, a regular expression searched in every link of the page; `date` selects the date within an
    item's block.
    """

    id: Identifier
    kind: Annotated[Kind, Field(strict=False)]
    url: HttpUrl
    interval: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 20
    items: Css | None = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    date: Css | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is Kind.LISTING and not (self.items or self.pattern):
            message = f"listing {self.id!r} needs `items` (a CSS selector) or `pattern` (a regular expression)"
            raise ValueError(message)
        if self.kind is not Kind.LISTING and (self.items or self.pattern or self.date):
            message = f"`items`, `pattern` and `date` are for a listing, {self.id!r} is a {self.kind}"
            raise ValueError(message)
        return self


class Outlet(_Row):
    """Who publishes. `home` is the governorate it reports from, "" where it is national."""

    id: Identifier
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    url: HttpUrl
    home: Annotated[str, AfterValidator(_governorate)] = ""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] = "ar"
    verified: bool = False
    extraction: Extraction = Extraction()
    sources: Annotated[tuple[Source, ...], Field(alias="source", strict=False)] = ()


class Registry(_Row):
    """All Outlets of one file, in its order. Ids are unique over all outlets, and over all sources."""

    outlets: Annotated[tuple[Outlet, ...], Field(alias="outlet", strict=False)] = ()

    def outlet(self, identifier: str) -> Outlet | None:
        """Return the Outlet of this id, or None."""
        return next((outlet for outlet in self.outlets if outlet.id == identifier), None)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every Source, in the order of the file."""
        return tuple(source for outlet in self.outlets for source in outlet.sources)

    def select(self, ids: Sequence[str]) -> list[Outlet]:
        """Return the Outlets of these ids, of outlets or of sources, each with the chosen of its sources; all for none.

        Raises:
            OptionsError: an id is in the registry neither as an outlet nor as a source.

        """
        known = {outlet.id for outlet in self.outlets} | {source.id for source in self.sources}
        if unknown := [identifier for identifier in ids if identifier not in known]:
            message = f"neither an outlet nor a source: {', '.join(unknown)}"
            raise OptionsError(message)
        chosen: list[Outlet] = []
        for outlet in self.outlets:
            sources = tuple(source for source in outlet.sources if not ids or outlet.id in ids or source.id in ids)
            if sources:
                chosen.append(outlet.model_copy(update={"sources": sources}))
        return chosen


def load_registry(path: Path | str) -> Registry:
    """Read and check a registry file.

    Raises:
        RegistryError: the file cannot be read, is not TOML, or breaks the schema; with the line of the fault.

    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(path, 0, f"cannot be read: {error}") from error
    return parse_registry(text, path)


def bundled_registry() -> Registry:
    """Return the registry that ships with Rasid."""
    return parse_registry(bundled_registry_text(), Path("crawler/data/sources.toml"))


def bundled_registry_text() -> str:
    """Return the TOML of the registry that ships with Rasid, with its comments: what a new installation starts from."""
    return (resources.files("crawler") / "data" / "sources.toml").read_text(encoding="utf-8")


def parse_registry(text: str, path: Path) -> Registry:
    """Read and check the text of a registry; `path` is named in errors.

    Raises:
        RegistryError: as `load_registry`.

    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise RegistryError(path, line, f"not TOML: {error}") from error
    lines = table_lines(text)
    try:
        registry = Registry.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RegistryError(path, line_of(lines, first["loc"]), _fault(first)) from error
    for loc, fault in _duplicates(data):
        raise RegistryError(path, line_of(lines, loc), fault)
    return registry


def _fault(error: Mapping[str, Any]) -> str:
    *_, last = error["loc"] or ("",)
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key {last!r}"
        case "missing":
            return f"{last!r} is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return f"{last!r}: {error['msg']}, found {str(error['input'])[:80]!r}"


def _duplicates(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    outlets: set[str] = set()
    sources: set[str] = set()
    for i, outlet in enumerate(data.get("outlet", ())):
        if outlet["id"] in outlets:
            yield ("outlet", i, "id"), f"a second outlet with the id {outlet['id']!r}"
        outlets.add(outlet["id"])
        for j, source in enumerate(outlet.get("source", ())):
            if source["id"] in sources:
                yield ("outlet", i, "source", j, "id"), f"a second source with the id {source['id']!r}"
            sources.add(source["id"])
