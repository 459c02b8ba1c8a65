"""The whole reading of one text: what `rasid analyse` and the worker call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nlp.analysis import ALERTABLE, Analysis, Entity, Facility, Governorates, Place
from nlp.appeals import appeal_of, bounds, ruled_needs, tellings
from nlp.deciding import Verdict, decide_needs, decide_stance, decide_urgency
from nlp.facilities import FacilityReader
from nlp.gate import matters
from nlp.hub import HubEntities
from nlp.language import detect_language
from nlp.lexicon import Lexicon
from nlp.marking import entity_spans, party_spans
from nlp.model import Model
from nlp.needs import NEED_KINDS
from nlp.places import Mention, PlaceReader, Refusal
from nlp.primary import primary_governorates
from nlp.private import private_parts
from nlp.reading import Reading, read
from nlp.same_case import CaseFacts, Likeness, least_score, same_case
from nlp.stance import Judgement, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlp.analysis import Appeal, Span, Urgency
    from nlp.appeals import Telling
    from nlp.facility_names import Found
    from nlp.model import Told

RULES_VERSION = "rules-2"

ANALYSED_LENGTH = 100_000
"""Longer texts are read up to this many code points; `Analyser.explain` says so. No news item comes near it."""


# Sentences in which an item tells what it is about.
_LEAD = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing decided about a text, the words it rests on (offsets in the original; 0, 0 for the whole), and why.

    `what` is "language", "length", "place", "not_place", "facility", "ask", "model" or "stance".
    """

    what: str
    text: str
    start: int
    end: int
    why: str

    def __str__(self) -> str:
        where = f" [{self.start}:{self.end}]" if self.end else ""
        return f"{self.what:10}{where} {self.text}: {self.why}"


@dataclass(frozen=True, slots=True)
class _Work:
    reading: Reading
    mentions: list[Mention]
    refusals: list[Refusal]
    facilities: list[Found]
    judgement: Judgement
    primary: tuple[str, ...]
    told: Told | None
    verdict: Verdict


class Analyser:
    """Reads texts one by one; holds gazetteer, vocabulary and model and never changes. Safe to share by threads."""

    def __init__(
        self,
        places: PlaceReader,
        facilities: FacilityReader,
        lexicons: tuple[Lexicon, ...],
        model: Model | None = None,
        hub: HubEntities | None = None,
    ) -> None:
        self._places = places
        self._facilities = facilities
        self._lexicons = lexicons
        self._model = model
        self._hub = hub

    @classmethod
    def load(cls, *, model: bool = True, threads: int = 0, entities: str = "") -> Analyser:
        """Read the package's data and model once (about a second).

        Without the `model` the rules decide alone. `threads` are those of the model (0: as many as there are cores, two
        at most). `entities` names a bigger model for persons, organisations and places (see `nlp.hub`). Raises
        DataFault where a file is wrong, ModelFault where a model cannot be loaded.
        """
        lexicons = (Lexicon("appeals.toml"), Lexicon("needs.toml"))
        hub = HubEntities.load(entities) if entities else None
        return cls(PlaceReader(), FacilityReader(), lexicons, Model.load(threads=threads) if model else None, hub)

    @property
    def version(self) -> str:
        """Names the rules and the model that make an analysis; stored beside it, so that old ones can be made again."""
        return f"{RULES_VERSION}+{self._model.version}" if self._model else RULES_VERSION

    def analyse(self, text: str, *, id: str = "", home: str = "", outlet: str = "") -> Analysis:  # noqa: A002 - the contract's name
        """Read one text: title and body joined by a newline, or the body alone.

        `home` is the code of the governorate where the outlet is at home ("" for none): it decides names that several
        governorates share. `outlet` is the outlet's name, never read as a place. Any string is read without raising.
        """
        language = detect_language(text)
        if language != "ar":
            return Analysis(id, language, Governorates((), ()), (), (), (), "none", 1.0, ())
        work = self._work(text[:ANALYSED_LENGTH], home, outlet)
        reading, stance = work.reading, work.verdict.stance
        entities = _entities(work)
        return Analysis(
            id=id,
            language=language,
            governorates=Governorates(
                tuple(sorted({mention.toponym.governorate for mention in work.mentions})), work.primary
            ),
            places=tuple(_place(reading, mention) for mention in work.mentions),
            facilities=tuple(_facility(reading, found, work) for found in work.facilities),
            entities=entities,
            stance=stance,
            stance_score=work.verdict.score,
            appeals=self._appeals(work),
            private=private_parts(reading.normalised.original, entities, asking=stance in ALERTABLE),
            embedding=work.told.embedding if work.told else (),
        )

    def explain(self, text: str, *, home: str = "", outlet: str = "") -> list[Decision]:
        """Return what was decided about a text and why, in the order of the text, the stance last."""
        language = detect_language(text)
        decisions = [Decision("language", language, 0, 0, "letters and function words")]
        if language != "ar":
            return decisions
        if len(text) > ANALYSED_LENGTH:
            decisions.append(
                Decision("length", str(len(text)), ANALYSED_LENGTH, len(text), "too long: the rest is not read")
            )
        work = self._work(text[:ANALYSED_LENGTH], home, outlet)
        pieces = [
            *(
                ("place", m.start, m.end, f"{m.toponym.governorate} {m.toponym.kind}, {m.why} {m.role}".strip())
                for m in work.mentions
            ),
            *(("not_place", r.start, r.end, r.why) for r in work.refusals),
            *(("facility", f.start, f.end, f"{f.type}: {f.why}") for f in work.facilities),
        ]
        for what, start, end, why in sorted(pieces, key=lambda piece: piece[1]):
            span = work.reading.span(start, end)
            decisions.append(Decision(what, span.text, span.start, span.end, why))
        for ask in work.judgement.asks:
            span = work.reading.span(ask.cue.start, ask.cue.end)
            decisions.append(Decision("ask", span.text, span.start, span.end, "; ".join(ask.reasons)))
        if work.told is None and self._model is not None:
            decisions.append(Decision("model", "not asked", 0, 0, "nothing in the text can matter"))
        decisions.append(Decision("stance", work.verdict.stance, 0, 0, "; ".join(work.verdict.reasons)))
        return decisions

    def tag(self, words: Sequence[str]) -> list[str]:
        """Return the BIO tag (PER, ORG, LOC, MISC) of each of some words in a row; without a model "O" for all."""
        return self._model.tag(words) if self._model else ["O"] * len(words)

    def same_case(self, one: CaseFacts, other: CaseFacts, days: float) -> Likeness | None:
        """Compare two items that lie `days` apart; None where they tell different cases, or where there is no model."""
        if self._model is None:
            return None
        weights = self._model.weights["same_case"]
        likeness = same_case(one, other, days, weights)
        return likeness if likeness.score >= least_score(one, other, weights) else None

    def ruled(self, text: str) -> tuple[Judgement, tuple[str, ...], Urgency]:
        """Return what the rules alone say of a text: stance, needs and urgency (for learning how they are weighed)."""
        work = self._work(text[:ANALYSED_LENGTH], "", "")
        asking = work.judgement.stance if work.judgement.stance in ALERTABLE else "complaint"
        return work.judgement, *ruled_needs(work.reading, tellings(work.reading, asking, work.judgement)[0])

    def _work(self, text: str, home: str, outlet: str) -> _Work:
        reading = read(text, self._lexicons)
        mentions, refusals = self._places.read(reading, home=home, outlet=outlet)
        reading = reading.without([(mention.start, mention.end) for mention in mentions], *NEED_KINDS)
        facilities = self._facilities.read(
            reading,
            self._places.names(reading),
            self._places.governorate_starts(reading),
            self._places.settlement_starts(reading),
        )
        judgement = judge(reading, iraqi=bool(mentions))
        sport = self._places.sporting(reading)
        primary = primary_governorates(reading, mentions, abroad=_abroad(reading), sport=sport)
        told = None
        if self._model is not None and matters(reading, iraqi=bool(mentions), sport=sport):
            told = self._model.read(text)
            if self._hub is not None:
                told = replace(told, entities=self._hub.read(text))
            verdict = decide_stance(judgement, told, len(text), self._model.weights)
        else:
            verdict = Verdict(judgement.stance, judgement.score, judgement.reasons)
        return _Work(reading, mentions, refusals, facilities, judgement, primary, told, verdict)

    def _appeals(self, work: _Work) -> tuple[Appeal, ...]:
        marked = [work.reading.normalised.position(span.start) for span in work.told.parties] if work.told else []
        told = tellings(work.reading, work.verdict.stance, work.judgement, marked)
        return tuple(self._appeal(work, telling, alone=len(told) == 1) for telling in told)

    def _appeal(self, work: _Work, telling: Telling, *, alone: bool) -> Appeal:
        """Decide needs, urgency and parties of one appeal; of several, each by its own words."""
        reading = work.reading
        needs, urgency = ruled_needs(reading, telling)
        who: tuple[Span, ...] = tuple(reading.span(*span) for span in telling.who)
        whom: tuple[Span, ...] = tuple(reading.span(*span) for span in telling.whom)
        if self._model is not None and work.told is not None:
            whole = bounds(reading, telling)
            told, offset = (work.told, 0) if alone else (self._model.read(whole.text), whole.start)
            weights = self._model.weights
            needs, urgency = decide_needs(needs, told, weights), decide_urgency(urgency, told, weights)
            original = reading.normalised.original
            # The rules cut better where they hear a party at all.
            who = who or party_spans(original, told, "WHO", offset)[:1]
            if work.verdict.stance == "appeal":
                whom = whom or party_spans(original, told, "WHOM", offset)
        return appeal_of(
            reading,
            telling,
            stance=work.verdict.stance,
            needs=needs,
            urgency=urgency,
            who=who,
            whom=whom,
            facilities=work.facilities,
            governorates=work.primary,
        )


def _abroad(reading: Reading) -> bool:
    """Tell Iraqis in trouble in another country: in the first sentences a foreign place, they, and their plight."""
    end = reading.sentences[:_LEAD][-1].end if reading.sentences else 0
    kinds = reading.kinds_in(0, end, "politics.")
    located = any(
        cue.particles.endswith("ب") or reading.text[: cue.start - len(cue.particles)].split()[-1:] == ["في"]
        for cue in reading.cues_in(0, end, "politics.foreign")
    )
    iraqis = any(word.text.removeprefix("ال").startswith("عراقي") for word in reading.words_in(0, end))
    return iraqis and (located or {"politics.foreign", "politics.abroad"} <= kinds)


def _place(reading: Reading, mention: Mention) -> Place:
    span = reading.span(mention.start, mention.end)
    toponym = mention.toponym
    return Place(span.text, span.start, span.end, toponym.kind, toponym.name, toponym.governorate, mention.score)


def _facility(reading: Reading, found: Found, work: _Work) -> Facility:
    span = reading.span(found.start, found.end)
    return Facility(span.text, span.start, span.end, found.type, _standing_in(found, work))


def _standing_in(found: Found, work: _Work) -> str | None:
    """Return the governorate in the facility's name, else beside it in the sentence, else the item's only one."""
    inside = [m for m in work.mentions if found.start <= m.start < found.end and m.role != "road_end"]
    if inside:
        return inside[-1].toponym.governorate
    sentence = next((s for s in work.reading.sentences if s.start <= found.start < s.end), None)
    beside = [m for m in work.mentions if sentence and sentence.start <= m.start < sentence.end and m.role == ""]
    if beside:
        return min(beside, key=lambda m: abs(m.start - found.end)).toponym.governorate
    return work.primary[0] if len(work.primary) == 1 else None


def _entities(work: _Work) -> tuple[Entity, ...]:
    """Return places and facilities as entities, and beside them the persons, organisations and places of the model."""
    reading = work.reading
    found = [
        *((m.start, m.end, "GPE" if m.toponym.kind in _GPE else "LOC", m.score) for m in work.mentions),
        *((f.start, f.end, "FAC", 0.8) for f in work.facilities),
    ]
    entities = []
    for start, end, label, score in found:
        span = reading.span(start, end)
        entities.append(Entity(span.text, span.start, span.end, label, score))
    if work.told is not None:
        entities += entity_spans(reading.normalised.original, work.told, entities)
    return tuple(sorted(entities, key=lambda entity: (entity.start, -entity.end)))


_GPE = frozenset({"governorate", "seat", "district", "subdistrict", "town"})
