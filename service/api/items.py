"""Items: what was found, searched and filtered as in the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as InQuery
from pydantic import Field, ValidationError

from index.protocol import Field as Facet
from index.protocol import Query, Sort
from nlp.analysis import Stance, Urgency
from service.api.answers import fails, paged
from service.api.problems import PREFIX, Problem
from service.api.shapes import (
    AnalysedItem,
    AnalysisTold,
    CaseState,
    Cursor,
    DocumentId,
    Given,
    Item,
    Moment,
    Sentence,
    Told,
    Words,
)
from service.desk.access import allow
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.document import Document
    from index.protocol import Hit, Page
    from service.desk.parts import Desk

MOST = 100
"""Items of the largest page."""


class ItemQuery(Given):
    """Which items. Several values of one name are joined by OR, several names by AND."""

    q: Sentence = Field("", description='Words that must all occur, "phrases", OR between two, -word.')
    stance: list[Stance] = Field(default_factory=list)
    urgency: list[Urgency] = Field(default_factory=list)
    need: Words = Field(default_factory=list)
    governorate: Words = Field(default_factory=list, description="ISO 3166-2 codes, named anywhere in the text.")
    primary: Words = Field(default_factory=list, description="ISO 3166-2 codes, where the event or the need is.")
    facility_type: Words = Field(default_factory=list)
    outlet: Words = Field(default_factory=list)
    case: Words = Field(default_factory=list)
    case_state: list[CaseState] = Field(default_factory=list)
    group: Words = Field(default_factory=list)
    corrected: Words = Field(default_factory=list, description="What of it a person corrected.")
    day: list[Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]] = Field(
        default_factory=list, description="YYYY-MM-DD in Asia/Baghdad."
    )
    since: Moment | None = Field(None, description="Published at this moment or later.")
    until: Moment | None = Field(None, description="Published before this moment.")
    sort: Sort = Sort.RELEVANCE
    size: int = Field(20, ge=1, le=MOST)
    after: Cursor = ""
    facets: Annotated[list[Facet], Field(max_length=len(Facet))] = Field(
        default_factory=list, description="What to count the values of."
    )

    def query(self) -> Query:
        """Return what the index is asked."""
        return Query(
            text=self.q,
            filters={field: tuple(getattr(self, field.value)) for field in Facet},
            since=self.since,
            until=self.until,
            sort=self.sort,
            size=self.size,
            after=self.after,
            facets=tuple(dict.fromkeys(self.facets)),
        )


class Counted(Told):
    """A value and how many items have it."""

    value: str
    count: int


class FoundItem(Item):
    """An item with the pieces of title and body, as [start, end] in code points, that matched the words."""

    score: float
    title_marks: list[tuple[int, int]]
    body_marks: list[tuple[int, int]]


class ItemPage(Told):
    """One page of items; `next` is the `after` of the next one, null on the last."""

    items: list[FoundItem]
    total: int
    next: str | None
    facets: dict[Facet, list[Counted]]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the operations on items."""

    @router.get("/items", tags=["items"], responses=paged() | fails(400))
    @allow(Role.READER)
    def list_items(request: Request, response: Response, asked: Annotated[ItemQuery, InQuery()]) -> ItemPage:
        """Search and filter the items, a page at a time."""
        page = desk.readable(request).search(asked.query())
        if page.next:
            response.headers["Link"] = next_link(desk.pages.links.base, f"{PREFIX}/items", request, page.next)
        return _page(page)

    @router.get("/items/{item}", tags=["items"], responses=fails(404))
    @allow(Role.READER)
    def read_item(request: Request, item: Annotated[DocumentId, Path()]) -> AnalysedItem:
        """Read one item with its analysis. Below the role editor, private numbers and names are masked."""
        document = desk.readable(request).get(item)
        if document is None:
            raise Problem(404, "There is no such item.")
        return AnalysedItem(**_fields(document), analysis=_analysis(document.analysis))


def next_link(base: str, path: str, request: Request, cursor: str) -> str:
    """Return the Link header (RFC 8288) that leads to the next page of what was asked for."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f'<{base}{path}?{urlencode([*pairs, ("after", cursor)], errors="replace")}>; rel="next"'


def _page(page: Page) -> ItemPage:
    return ItemPage(
        items=[_found(hit) for hit in page.hits],
        total=page.total,
        next=page.next or None,
        facets={
            field: [Counted(value=value, count=count) for value, count in counted]
            for field, counted in page.facets.items()
        },
    )


def _found(hit: Hit) -> FoundItem:
    return FoundItem(
        **_fields(hit.document),
        score=hit.score,
        title_marks=list(hit.title_marks),
        body_marks=list(hit.body_marks),
    )


def _fields(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in Item.model_fields}


def _analysis(stored: Mapping[str, Any]) -> AnalysisTold | None:
    try:
        return AnalysisTold.model_validate(stored) if stored else None
    except ValidationError:  # of an older version, and not analysed again yet
        return None
