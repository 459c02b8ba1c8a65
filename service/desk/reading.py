"""What the reading pane shows of one Document: its Analysis read back, the marked text, the same thing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from index.protocol import Field, Query, Sort
from nlp.analysis import Analysis, Appeal
from service.desk.marks import KINDS, MATCH, Mark, Run, matches, paragraphs, runs, shifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from index.document import Document
    from index.protocol import Hit
    from nlp.analysis import Entity, Evidence, Facility, Place, Span
    from service.desk.labelling import Labelling
    from service.masking import Readable

SHOWN_CHARACTERS = 200_000
"""Most characters of a body that a page shows: some forty times a long article, and still light for a phone."""

RELATED = 12
"""Most items of the same case, and of the same text, that the pane lists; a link leads to all of them."""

_SMALL_PLACES = 8
"""Most places below a governorate that are listed: where more are named, the text itself tells it better."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One appeal as it is told: names without repetition, in the order of the text."""

    summary: str
    needs: tuple[str, ...]
    urgency: str
    addressees: tuple[str, ...]
    appellants: tuple[str, ...]
    governorates: tuple[str, ...]
    places: tuple[tuple[str, str], ...]  # name, kind
    facilities: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]  # words, why


@dataclass(frozen=True, slots=True)
class Related:
    """Another Document of the same case; `same_text` where it is the same text."""

    document: Document
    same_text: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One Document, ready to be drawn.

    Attributes:
        document: what is shown.
        analysis: what the NLP says of it; None where it has not been analysed or what is stored cannot be read.
        asks: its appeals.
        title: runs of the title; empty for an item without one.
        paragraphs: runs of each paragraph of the body.
        shown: characters of the body that are drawn.
        cut: whether the body is longer.
        kinds: the kinds of marks that occur, for the legend.
        matches: how many words or phrases of the search are marked; the first of them bears the anchor `MATCH`.
        related: the same thing elsewhere, the same text first.
        labelling: what was corrected of it; None where the database does not know it.
        edits: how often the outlet changed its text since it was first read.

    """

    document: Document
    analysis: Analysis | None
    asks: tuple[Ask, ...]
    title: tuple[Run, ...]
    paragraphs: tuple[tuple[Run, ...], ...]
    shown: int
    cut: bool
    kinds: tuple[str, ...]
    matches: int
    related: tuple[Related, ...]
    labelling: Labelling | None = None
    edits: int = 0


def read(index: Readable, document: Document, hit: Hit | None = None) -> Reading:
    """Return the reading of a Document; `hit` brings the marks of the search that found it.

    Raises what `Index.search` raises.
    """
    analysis = analysis_of(document.analysis)
    title, body = document.title, document.body[:SHOWN_CHARACTERS]
    text = f"{document.title}\n{document.body}" if title else document.body
    marks = _marks(analysis, text) if analysis else []
    offset = len(title) + 1 if title else 0
    in_title, in_body = (matches(hit.title_marks), matches(hit.body_marks)) if hit else ([], [])
    lines = [*paragraphs(body, [*shifted(marks, -offset), *in_body]), runs(title, [*marks, *in_title]) if title else ()]
    *shown, headline = _anchored(lines)
    return Reading(
        document=document,
        analysis=analysis,
        asks=tuple(_ask(analysis, appeal) for appeal in analysis.appeals) if analysis else (),
        title=headline,
        paragraphs=tuple(shown),
        shown=len(body),
        cut=len(document.body) > SHOWN_CHARACTERS,
        kinds=tuple(kind for kind in KINDS if any(one.kind == kind for one in marks)),
        matches=len(in_title) + sum(one.start < len(body) for one in in_body),
        related=_related(index, document),
    )


def _anchored(lines: Iterable[tuple[Run, ...]]) -> Iterator[tuple[Run, ...]]:
    """Yield the lines, in which the first run that a search found can be linked to."""
    sought = True
    for line in lines:
        at = next((place for place, run in enumerate(line) if sought and MATCH in run.kinds), None)
        if at is None:
            yield line
        else:
            sought = False
            yield (*line[:at], replace(line[at], anchor=MATCH), *line[at + 1 :])


def analysis_of(stored: Mapping[str, Any]) -> Analysis | None:
    """Return the Analysis that a Document carries, or None where it carries none that can be read."""
    try:
        return _reader().validate_python(stored) if stored else None
    except ValidationError:
        return None


@lru_cache(maxsize=1)
def _reader() -> TypeAdapter[Analysis]:
    return TypeAdapter(Analysis)


def _marks(analysis: Analysis, text: str) -> list[Mark]:
    """Return the marks of an Analysis on its text. A span that does not hold its own words there is not drawn."""
    spans: list[tuple[str, Sequence[Span | Place | Facility | Entity | Evidence]]] = [
        ("place", analysis.places),
        ("facility", analysis.facilities),
        ("person", [entity for entity in analysis.entities if entity.label == "PER"]),
    ]
    for appeal in analysis.appeals:
        spans += [
            ("facility", appeal.facilities),
            ("appellant", appeal.appellants),
            ("addressee", appeal.addressees),
            ("evidence", appeal.evidence),
        ]
    return [
        Mark(span.start, span.end, kind)
        for kind, group in spans
        for span in group
        if 0 <= span.start < span.end and text[span.start : span.end] == span.text
    ]


def _ask(analysis: Analysis, appeal: Appeal) -> Ask:
    near = appeal.governorates or analysis.governorates.primary
    small = [
        (place.name or place.text, place.kind)
        for place in analysis.places
        if place.kind != "governorate" and (not near or place.governorate in near)
    ]
    return Ask(
        summary=appeal.summary,
        needs=appeal.needs,
        urgency=appeal.urgency,
        addressees=_once(span.text for span in appeal.addressees),
        appellants=_once(span.text for span in appeal.appellants),
        governorates=near,
        places=tuple(dict.fromkeys(small))[:_SMALL_PLACES],
        facilities=_once(span.text for span in appeal.facilities),
        evidence=tuple(dict.fromkeys((evidence.text, evidence.why) for evidence in appeal.evidence)),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _related(index: Readable, document: Document) -> tuple[Related, ...]:
    found: dict[str, Related] = {}
    for name, value in ((Field.GROUP, document.group), (Field.CASE, document.case)):
        if value:
            page = index.search(Query(filters={name: (value,)}, sort=Sort.NEWEST, size=RELATED + 1))
            for other in (hit.document for hit in page.hits):
                same_text = bool(document.group) and other.group == document.group
                found.setdefault(other.id, Related(other, same_text))
    found.pop(document.id, None)
    return tuple(found.values())
