"""What the API takes and gives, in the shapes that several of its parts share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from index.moments import EARLIEST, LATEST
from nlp.analysis import Stance, Urgency

CaseState = Literal["new", "verified", "referred", "answered", "resolved", "rejected"]


def _storable(text: str) -> str:
    if "\x00" in text:  # PostgreSQL stores none
        message = "holds the character U+0000"
        raise ValueError(message)
    return text


Text = Annotated[str, AfterValidator(_storable)]
Word = Annotated[Text, Field(min_length=1, max_length=200)]
"""An id, a code or a name: what a filter compares."""

Words = Annotated[list[Word], Field(max_length=64)]
Sentence = Annotated[Text, Field(max_length=1000)]
Prose = Annotated[Text, Field(max_length=10_000)]
Cursor = Annotated[Text, Field(max_length=100_000, description="`next` of the page before.")]

DocumentId = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
CaseId = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$")]
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""The number of a row: what a database holds in 64 bits."""


def _plausible(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        message = f"is not between {EARLIEST:%Y} and {LATEST:%Y}"
        raise ValueError(message)
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""An instant, with its zone."""


class Given(BaseModel):
    """What is sent: fields that nobody knows are refused, so that a misspelt one is told."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """What is answered; read from the plain data that the service holds."""

    model_config = ConfigDict(from_attributes=True)


class Fault(Told):
    """What is wrong with one value: of the body (`pointer`, RFC 6901) or of the address and headers (`parameter`)."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class ProblemDetails(Told):
    """What went wrong (RFC 9457); some kinds have further members, which the docs page tells of."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] | None = None


class Piece(Told):
    """A piece of the analysed text (title, one newline, body); `start` and `end` count its code points."""

    text: str
    start: int
    end: int


class PlaceMention(Piece):
    """A place that is named."""

    kind: str
    name: str
    governorate: str
    score: float


class FacilityMention(Piece):
    """A public facility that is named."""

    type: str
    governorate: str | None


class EntityMention(Piece):
    """A person, an organisation or a place, as the model reads it."""

    label: str
    score: float


class Reason(Piece):
    """The words that decided, and why."""

    why: str


class PrivatePiece(Piece):
    """What only editors see: a number, or the name of a private person."""

    kind: str


class Asked(Told):
    """One appeal: who asks whom for what."""

    start: int
    end: int
    appellants: list[Piece]
    addressees: list[Piece]
    needs: list[str]
    urgency: Urgency
    governorates: list[str]
    facilities: list[Piece]
    summary: str
    evidence: list[Reason]


class NamedGovernorates(Told):
    """ISO 3166-2 codes: all that are named, and those where the event or the need is."""

    mentioned: list[str]
    primary: list[str]


class AnalysisTold(Told):
    """What the NLP says of the text, with what people corrected of it."""

    language: str
    governorates: NamedGovernorates
    places: list[PlaceMention]
    facilities: list[FacilityMention]
    entities: list[EntityMention]
    stance: Stance
    stance_score: float
    appeals: list[Asked]
    private: list[PrivatePiece] = []


class Item(Told):
    """One item of the news as it was found: an article or a post, with its labels."""

    id: str
    version: int = Field(description="Grows with every change of the text, the labels or the case.")
    url: str
    title: str
    body: str
    outlet: str
    outlet_name: str
    published: datetime
    fetched: datetime
    stance: str = Field(description="appeal, complaint, response, mention or none.")
    urgency: str = Field(description='critical, high, normal, or "" where nothing is asked.')
    needs: list[str]
    governorates: list[str] = Field(description="ISO 3166-2 codes of all that are named.")
    primary: list[str] = Field(description="ISO 3166-2 codes of those where the event or the need is.")
    facility_types: list[str]
    case: str = Field(description='Id of the case, or "".')
    case_state: str
    group: str = Field(description="Equal for the same text on several outlets.")
    corrected: list[str] = Field(description="What of it a person corrected.")
    points: list[tuple[float, float]] = Field(description="Latitude and longitude of the places, WGS 84.")


class AnalysedItem(Item):
    """An item with its analysis; null where it has none that can be read."""

    analysis: AnalysisTold | None
