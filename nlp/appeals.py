"""From the judged asks and hardships of an item to its Appeals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nlp.analysis import ALERTABLE, Appeal, Evidence, Span
from nlp.asks import ENOUGH
from nlp.needs import need_kinds, needs_of, urgency_of
from nlp.parties import addressees, appellants, headline_people, sufferers
from nlp.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlp.analysis import Stance, Urgency
    from nlp.asks import Ask
    from nlp.facility_names import Found
    from nlp.reading import Reading
    from nlp.segmentation import Sentence
    from nlp.stance import Judgement

_MOST_EVIDENCE = 6
# An asking word that weighs less was heard in an order or in advice.
_HEARD = 0.0
_MOST_HARDSHIPS = 3
_SUFFERING = {"suffers.strong": "suffers", "suffers.protest": "protest", "suffers.lack": "lack"}


@dataclass(frozen=True, slots=True)
class Telling:
    """The sentences that tell one appeal, and the parties read in them (normalised offsets)."""

    sentences: tuple[int, ...]
    who: tuple[tuple[int, int], ...]
    whom: tuple[tuple[int, int], ...]
    evidence: tuple[tuple[int, int, str], ...]


def tellings(reading: Reading, stance: Stance, judgement: Judgement, marked: Sequence[int] = ()) -> list[Telling]:
    """Return what is told of each appeal of an item: several only where other people ask for another need elsewhere.

    `marked` are places in the normalised text where the model found who asks or is asked: they tell where to look when
    the rules heard nothing.
    """
    asks = [ask for ask in judgement.asks if ask.weight > _HEARD]
    if stance == "appeal" and asks:
        return _split(reading, [ask for ask in asks if ask.weight >= ENOUGH] or asks)
    if stance == "complaint" and judgement.hardships:
        return [_complaint(reading, judgement)]
    return [_unheard(reading, marked)] if stance in ALERTABLE else []


def _unheard(reading: Reading, marked: Sequence[int]) -> Telling:
    """Return the sentences that the model points at, else those that speak of a need, else the first."""
    pointed = {index for index, s in enumerate(reading.sentences) if any(s.start <= place < s.end for place in marked)}
    speaking = [index for index, s in enumerate(reading.sentences) if need_kinds(reading, s.start, s.end)]
    chosen = tuple(sorted([*pointed, *(index for index in speaking if index not in pointed)][:_MOST_HARDSHIPS])) or (0,)
    evidence = [
        (cue.start, cue.end, _SUFFERING[cue.kind])
        for index in chosen
        for cue in reading.cues_in(reading.sentences[index].start, reading.sentences[index].end, *_SUFFERING)
    ]
    return Telling(chosen, (), (), tuple(evidence))


def _split(reading: Reading, asks: Sequence[Ask]) -> list[Telling]:
    single: list[Telling] = []
    for ask in asks:
        who, whom = tuple(appellants(reading, ask)), tuple(addressees(reading, ask))
        single.append(Telling((ask.sentence,), who, whom, ((ask.cue.start, ask.cue.end, "asks"),)))
    groups: list[list[Telling]] = []
    for telling in single:
        home = next((group for group in groups if not _apart(reading, group[0], telling)), None)
        if home is None:
            groups.append([telling])
        else:
            home.append(telling)
    merged = [_merged(reading, group) for group in groups]
    if not any(telling.who for telling in merged):
        merged[0] = replace(merged[0], who=tuple(headline_people(reading)))
    return merged


def _apart(reading: Reading, first: Telling, second: Telling) -> bool:
    """Other people and other needs, told in other lines of the body."""
    one, other = (reading.sentences[telling.sentences[0]] for telling in (first, second))
    if one.line == other.line or not first.who or not second.who or min(one.line, other.line) == 0:
        return False
    names = [
        {word.text for start, end in telling.who for word in reading.words_in(start, end)}
        for telling in (first, second)
    ]
    wanted = [set(needs_of(reading, [(s.start, s.end)])) for s in (one, other)]
    return not (names[0] & names[1]) and not (wanted[0] & wanted[1])


def _merged(reading: Reading, group: list[Telling]) -> Telling:
    return Telling(
        tuple(sorted({index for telling in group for index in telling.sentences})),
        _fullest(reading, _distinct(tuple(span for telling in group for span in telling.who))),
        _fullest(reading, _distinct(tuple(span for telling in group for span in telling.whom))),
        tuple(dict.fromkeys(piece for telling in group for piece in telling.evidence)),
    )


def _complaint(reading: Reading, judgement: Judgement) -> Telling:
    ranked = sorted(judgement.hardships, key=lambda hardship: -hardship.weight)[:_MOST_HARDSHIPS]
    heads = {index for index, sentence in enumerate(reading.sentences) if sentence.line == 0}
    told = {hardship.sentence for hardship in ranked}
    # The halves of a headline were weighed as one.
    indexes = tuple(sorted(told | heads if told & heads and len(heads) <= _MOST_HARDSHIPS else told))
    who: list[tuple[int, int]] = []
    evidence: list[tuple[int, int, str]] = []
    for index in indexes:
        sentence = reading.sentences[index]
        who += sufferers(reading, sentence)
        evidence += [
            (cue.start, cue.end, _SUFFERING[cue.kind])
            for cue in reading.cues_in(sentence.start, sentence.end, *_SUFFERING)
        ]
    return Telling(indexes, _distinct(tuple(who)), (), tuple(evidence))


def _distinct(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(spans)):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return tuple(kept)


def _fullest(reading: Reading, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Leave out who is named more fully elsewhere: of نائب and نائب عن محافظة ذي قار the latter stays."""
    names = {span: reading.text[slice(*span)] + " " for span in spans}
    return tuple(
        span
        for span in spans
        if not any(other != names[span] and other.startswith(names[span]) for other in names.values())
    )


def ruled_needs(reading: Reading, telling: Telling) -> tuple[tuple[str, ...], Urgency]:
    """Return the needs that the rules read in an appeal, heaviest first, and its urgency."""
    stretches = _deciding(reading, [reading.sentences[index] for index in telling.sentences])
    needs = needs_of(reading, stretches)
    return needs, urgency_of(reading, stretches, needs)


def bounds(reading: Reading, telling: Telling) -> Span:
    """Return the stretch of the text that tells an appeal."""
    told = [reading.sentences[index] for index in telling.sentences]
    return reading.span(min(sentence.start for sentence in told), max(sentence.end for sentence in told))


def appeal_of(
    reading: Reading,
    telling: Telling,
    *,
    stance: Stance,
    needs: tuple[str, ...],
    urgency: Urgency,
    who: tuple[Span, ...],
    whom: tuple[Span, ...],
    facilities: list[Found],
    governorates: tuple[str, ...],
) -> Appeal:
    """Put an appeal together from what was decided of it."""
    told = [reading.sentences[index] for index in telling.sentences]
    start, end = min(s.start for s in told), max(s.end for s in told)
    whole = reading.span(start, end)
    evidence = [_evidence(reading, *piece) for piece in telling.evidence]
    evidence += [
        _evidence(reading, cue.start, cue.end, f"need:{cue.kind.partition('.')[0]}")
        for cue in reading.cues_in(start, end, *(f"{need}." for need in needs))
    ]
    if not evidence:
        evidence = [Evidence(span.text, span.start, span.end, "model") for span in (who or whom or (whole,))[:1]]
    return Appeal(
        start=whole.start,
        end=whole.end,
        appellants=who,
        addressees=whom,
        needs=needs,
        urgency=urgency,
        governorates=governorates,
        facilities=tuple(reading.span(f.start, f.end) for f in facilities if start <= f.start < end),
        summary=summarise(stance, _texts(who), _texts(whom), needs, governorates),
        evidence=tuple(dict.fromkeys(evidence))[:_MOST_EVIDENCE],
    )


def _deciding(reading: Reading, told: list[Sentence]) -> list[tuple[int, int]]:
    """Return the stretches of the sentences that tell it, and of the headline."""
    headline = [sentence for sentence in reading.sentences if sentence.line == 0][:2]
    return list(dict.fromkeys((sentence.start, sentence.end) for sentence in [*headline, *told]))


def _texts(spans: tuple[Span, ...]) -> tuple[str, ...]:
    return tuple(" ".join(span.text.split()) for span in spans)


def _evidence(reading: Reading, start: int, end: int, why: str) -> Evidence:
    span = reading.span(start, end)
    return Evidence(span.text, span.start, span.end, why)
