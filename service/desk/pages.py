"""The templates of the desk, and what every page of it knows."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.desk.address import Address
from service.desk.display import shown, web_address
from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.labels import Language

STATIC = Path(__file__).parent / "static"

_VERSIONED = ("desk.css", "desk.js", "icon.svg")


@dataclass(frozen=True, slots=True)
class Links:
    """Where the desk's pages are; `base` is the address under which it is served, without a slash at its end."""

    base: str
    versions: Mapping[str, str]

    def list(self, address: Address) -> str:
        """Return the link of a list."""
        return f"{self.base}/{address.query()}"

    def item(self, id: str, language: Language) -> str:  # noqa: A002 - the Document's own field name
        """Return the link of one item's page."""
        return f"{self.base}/item/{id}{Address(language=language).query()}"

    def static(self, name: str) -> str:
        """Return the link of a file, which changes when the file does, so that browsers may keep it."""
        return f"{self.base}/static/{name}?v={self.versions[name]}"


def links(base: str) -> Links:
    """Return the links of a desk served at `base`."""
    return Links(
        base=base.rstrip("/"),
        versions={name: sha256((STATIC / name).read_bytes()).hexdigest()[:12] for name in _VERSIONED},
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """Draws pages."""

    environment: Environment
    links: Links

    def draw(self, template: str, language: Language, now: datetime, **values: object) -> str:
        """Return the page as HTML."""
        return self.environment.get_template(template).render(
            {"words": labels(language), "links": self.links, "now": now, **values}
        )


def pages(base: str) -> Pages:
    """Return the pages of a desk served at `base`. What they print is escaped, and cleaned of what reorders text."""
    environment = Environment(
        loader=PackageLoader("service.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web_address"] = web_address
    return Pages(environment=environment, links=links(base))
