"""How the terminal shows an Analysis and search hits to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from index import Hit, Page
    from nlp import Analysis
    from service.labels import Group, Labels


def tell(analysis: Analysis) -> None:
    """Print an Analysis, a fact a line."""
    names, console = labels("ar"), Console(highlight=False, soft_wrap=True)

    def line(name: str, values: Iterable[str]) -> None:
        told = names.text("list_separator").join(dict.fromkeys(values))
        if told:
            console.print(Text(f"{name}: {told}"))

    console.print(Text(f"{names.name('stance', analysis.stance)} ({analysis.stance_score:.2f})", style="bold"))
    line(names.name("field", "primary"), _named(names, "governorate", analysis.governorates.primary))
    line(names.name("field", "governorate"), _named(names, "governorate", analysis.governorates.mentioned))
    line(names.text("facilities"), (facility.text for facility in analysis.facilities))
    for appeal in analysis.appeals:
        console.print()
        console.print(Text(appeal.summary, style="bold"))
        line(names.text("urgency"), [names.name("urgency", appeal.urgency)])
        line(names.name("field", "need"), _named(names, "need", appeal.needs))
        line(names.text("asked_by"), (span.text for span in appeal.appellants))
        line(names.text("asked_of"), (span.text for span in appeal.addressees))
        line(names.text("why"), (f"«{word.text}» {names.name('why', word.why)}" for word in appeal.evidence))


def _named(names: Labels, group: Group, values: Iterable[str]) -> list[str]:
    return [names.name(group, value) for value in values]


def tell_hits(page: Page) -> None:
    """Print a page of hits, the matched words in bold."""
    names, console = labels("ar"), Console(highlight=False, soft_wrap=True)
    console.print(Text(names.count("result", page.total)))
    for hit in page.hits:
        document = hit.document
        title = Text(document.title or document.body[:100])
        for start, end in hit.title_marks if document.title else ():
            title.stylize("bold", start, end)
        facts = [
            names.name("urgency", document.urgency) if document.urgency else "",
            names.name("stance", document.stance),
            names.listed("need", document.needs),
            names.listed("governorate", document.primary or document.governorates),
            document.outlet_name,
            names.exact(document.published),
        ]
        console.print()
        console.print(title)
        console.print(Text(" · ".join(filter(None, facts)), style="dim"))
        console.print(Text(document.url, style="dim"))


def hit_as_dict(hit: Hit) -> dict[str, Any]:
    """Return a hit as a JSON object."""
    document = hit.document
    return {
        "id": document.id,
        "url": document.url,
        "title": document.title,
        "outlet": document.outlet,
        "published": document.published.isoformat(),
        "stance": document.stance,
        "urgency": document.urgency or None,
        "needs": document.needs,
        "governorates": document.governorates,
        "primary": document.primary,
        "case": document.case or None,
        "score": hit.score,
        "title_marks": hit.title_marks,
        "body_marks": hit.body_marks,
    }
