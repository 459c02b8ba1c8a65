"""The templates of the desk, and what every page of it knows."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.desk.address import Address
from service.desk.display import shown, web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.desk.case_address import CaseAddress
    from service.labels import Language

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Links:
    """Where the desk's pages are; `base` is the address under which it is served, without a slash at its end."""

    base: str
    versions: Mapping[str, str]

    def list(self, address: Address) -> str:
        """Return the link of a list."""
        return f"{self.base}/{address.query()}"

    def cases(self, address: CaseAddress) -> str:
        """Return the link of a list of cases."""
        return f"{self.base}{address.path()}"

    def export(self, address: Address | CaseAddress, format: str, path: str = "/export") -> str:  # noqa: A002 - the name in the URL
        """Return the link of a whole list as a file."""
        pairs = [("format", format), *address.first_page().pairs()]
        return f"{self.base}{path}?{urlencode(pairs, errors='replace')}"

    def item(self, id: str, language: Language) -> str:  # noqa: A002 - the Document's own field name
        """Return the link of one item's page."""
        return f"{self.base}/item/{id}{Address(language=language).query()}"

    def page(self, path: str, language: Language, **query: object) -> str:
        """Return the link of any page of the desk in a language; a value of None is left out."""
        pairs = [(name, str(value)) for name, value in query.items() if value is not None]
        pairs += [("lang", language)] if language != "ar" else []
        return f"{self.base}{path}{'?' + urlencode(pairs, errors='replace') if pairs else ''}"

    def static(self, name: str) -> str:
        """Return the link of a file, which changes when the file does, so that browsers may keep it."""
        return f"{self.base}/static/{name}?v={self.versions[name]}"


def links(base: str) -> Links:
    """Return the links of a desk served at `base`."""
    return Links(
        base=base.rstrip("/"),
        versions={
            file.relative_to(STATIC).as_posix(): sha256(file.read_bytes()).hexdigest()[:12]
            for file in STATIC.rglob("*")
            if file.is_file()
        },
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """Draws pages."""

    environment: Environment
    links: Links

    def draw(self, template: str, values: Mapping[str, object]) -> str:
        """Return the page, or the fragment, as HTML."""
        return self.environment.get_template(template).render({"links": self.links, **values})


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
