"""Renders the pages, feeds and sitemaps of the outlets from the Jinja2 templates of `templates/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from service.demo.addresses import absolute
from service.demo.content import BAGHDAD, Entry, Item, Outlet, Reject, SourceList

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_RELATED = 4
_TEASER_WORDS = 24


@dataclass(frozen=True, slots=True)
class Card:
    """What a list or a page shows of one entry, in the current edition.

    `url` is the canonical address, `link` the one that lists show. `day` is written out, `clock` may be empty.
    """

    entry: Entry
    url: str
    link: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    updated: datetime
    language: str

    @property
    def teaser(self) -> str:
        """The first words of the text."""
        words = self.paragraphs[0].split() if self.paragraphs else []
        return " ".join(words[:_TEASER_WORDS]) + (" …" if len(words) > _TEASER_WORDS else "")


class Pages:
    """The pages of all outlets, as served on `port`."""

    def __init__(self, outlets: Sequence[Outlet], port: int) -> None:
        self._outlets = outlets
        self._port = port
        self._environment = Environment(
            loader=PackageLoader("service.demo"),
            autoescape=select_autoescape(("html", "xml")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "indic": _indic,
            "day": _day,
            "rfc822": format_datetime,
            "wordpress_slug": _lower_escapes,
        }

    def index(self) -> str:
        """Return the page that links the outlets."""
        links = [(outlet.outlet, self.address(outlet, "/")) for outlet in self._outlets]
        return self._environment.get_template("index.html").render(links=links)

    def address(self, outlet: Outlet, path: str) -> str:
        """Return the absolute URL of a path of an outlet."""
        return absolute(outlet.outlet.host, self._port, path)

    def card(self, outlet: Outlet, entry: Item | Reject, edition: int) -> Card:
        """Return what lists and the page show of an entry."""
        if isinstance(entry, Item):
            title, body = entry.text(edition)
            paragraphs, language, updated = tuple(body.split("\n")), entry.language, entry.updated_utc(edition)
        else:
            title, paragraphs, language, updated = entry.title, (), "ar", entry.published_utc
        return Card(
            entry=entry,
            url=self.address(outlet, entry.path),
            link=self.address(outlet, entry.listed_path),
            title=title,
            paragraphs=paragraphs,
            published=entry.published_utc.astimezone(BAGHDAD),
            updated=updated.astimezone(BAGHDAD),
            language=language,
        )

    def article(self, outlet: Outlet, entry: Item | Reject, edition: int) -> str:
        """Return the page of an entry."""
        card = self.card(outlet, entry, edition)
        others = [self.card(outlet, other, edition) for other in outlet.entries if other.path != entry.path]
        alike = [other for other in others if other.entry.section == entry.section]
        return self._render(outlet, f"{outlet.id}/article.html", card=card, related=alike[:_RELATED], latest=others[:5])

    def source_list(self, outlet: Outlet, source: SourceList, edition: int) -> str:
        """Return a feed or sitemap."""
        entries = [entry for entry in outlet.entries if source.section in {"", entry.section}]
        cards = [self.card(outlet, entry, edition) for entry in entries[: source.page_size]]
        newest = max(card.updated for card in cards)
        return self._render(
            outlet, source.template, cards=cards, newest=newest, self_link=self.address(outlet, source.path)
        )

    def listing(self, outlet: Outlet, edition: int, *, page: int = 1, section: str = "") -> str | None:
        """Return a listing page: of the whole outlet or of one section. None where there is no such page."""
        source = next((each for each in outlet.lists if each.kind == "listing"), None)
        entries = [entry for entry in outlet.entries if section in {"", entry.section}]
        size = source.page_size if source and not section else len(entries)
        shown = entries[(page - 1) * size : page * size]
        if not shown:
            return None
        pages = range(1, -(-len(entries) // size) + 1)
        links = [(number, _page_link(source, number)) for number in pages] if source and len(pages) > 1 else []
        return self._render(
            outlet,
            f"{outlet.id}/listing.html",
            cards=[self.card(outlet, entry, edition) for entry in shown],
            latest=[self.card(outlet, entry, edition) for entry in outlet.entries[:5]],
            page=page,
            pages=links,
            section=section,
        )

    def missing(self, outlet: Outlet) -> str:
        """Return the outlet's page for an address that it does not have."""
        return self._render(outlet, "missing.html", home=self.address(outlet, "/"))

    def _render(self, outlet: Outlet, template: str, **values: Any) -> str:
        feeds = [self.address(outlet, each.path) for each in outlet.lists if each.kind == "feed"]
        return self._environment.get_template(template).render(
            outlet=outlet.outlet, sections=outlet.sections, feeds=feeds, root=self.address(outlet, ""), **values
        )


def _page_link(source: SourceList, number: int) -> str:
    return source.path if number == 1 else source.page_path.format(page=number)


def _day(moment: date) -> str:
    """Return the day as Iraqi sites write it out: «الأحد 22 تشرين الثاني 2026»."""
    return str(format_date(moment, "EEEE d MMMM y", locale="ar_IQ"))


def _indic(text: object) -> str:
    return str(text).translate(_ARABIC_INDIC)


def _lower_escapes(url: str) -> str:
    """Return the URL with percent-escapes in lower case, as WordPress writes them."""
    return re.sub(r"%[0-9A-F]{2}", lambda escape: escape.group().lower(), url)
