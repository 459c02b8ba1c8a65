"""What was corrected of an item, as the reading pane tells it, and the form that corrects it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from nlp import ALERTABLE
from nlp.facilities import TYPES
from nlp.gazetteer import GOVERNORATES
from nlp.needs import NEEDS
from service.correcting import STANCES, URGENCIES, with_words
from service.database.corrections import FIELDS
from service.errors import DecisionRefused
from service.masking import mask_text
from service.overlay import model_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.database.corrections import Correction
    from service.labels import Labels

REMOVED = ""
"""The type that the form gives a facility which is none."""


@dataclass(frozen=True, slots=True)
class Values:
    """The labels of an item as the form holds them; `facilities` are (words, type), each name once."""

    stance: str
    urgency: str
    needs: tuple[str, ...]
    governorates: tuple[str, ...]
    facilities: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, analysis: Mapping[str, Any]) -> Values:
        """Return the labels of an Analysis."""
        named = {facility["text"]: facility["type"] for facility in reversed(analysis["facilities"])}
        return cls(
            stance=analysis["stance"],
            urgency=model_said(analysis, "urgency") or "",
            needs=tuple(model_said(analysis, "need")),
            governorates=tuple(analysis["governorates"]["primary"]),
            facilities=tuple(reversed(named.items())),
        )

    @classmethod
    def read(cls, written: str) -> Values:
        """Return what `written` gave. Raises DecisionRefused for anything else."""
        try:
            return _reader().validate_json(written)
        except ValidationError as error:
            raise DecisionRefused("bad_form", "the form does not say what it was drawn with") from error

    def written(self) -> str:
        """Return the values as one line, so that a form can carry what it was drawn with."""
        return json.dumps(asdict(self))

    def changed(self, given: Values) -> list[tuple[str, object]]:
        """Return (field, value) of what a person gave otherwise than it was drawn, but for the facilities."""
        asks = given.stance in ALERTABLE
        pairs: list[tuple[str, object, object, bool]] = [
            ("stance", self.stance, given.stance, True),
            ("governorate", set(self.governorates), set(given.governorates), True),
            ("need", set(self.needs), set(given.needs), asks),
            ("urgency", self.urgency, given.urgency, asks),
        ]
        return [
            (field, list(new) if isinstance(new, set) else new)
            for field, old, new, counts in pairs
            if counts and new != old
        ]

    def facilities_changed(
        self, types: Sequence[str], added: Sequence[tuple[str, str]], analysis: Mapping[str, Any], text: str
    ) -> list[dict[str, Any]] | None:
        """Return the facilities that are right, or None where nothing was changed of them.

        `types` are what the form says of each of `facilities`, `added` (words, type). Raises DecisionRefused.
        """
        retyped = {name: new for (name, old), new in zip(self.facilities, types, strict=False) if new != old}
        words = [(name.strip(), kind) for name, kind in added if name.strip()]
        if not retyped and not words:
            return None
        right: list[dict[str, Any]] = []
        for facility in model_said(analysis, "facility"):
            kind = retyped.get(facility["text"], facility["type"])
            if kind != REMOVED:
                right.append(facility | {"type": kind})
        for name, kind in words:
            if not kind:
                raise DecisionRefused("no_type", f"no type is given for {name!r}")
            right = with_words(right, text, name, kind)
        return right


@cache
def _reader() -> TypeAdapter[Values]:
    return TypeAdapter(Values)


@dataclass(frozen=True, slots=True)
class Told:
    """A correction, with its value and what the model had said in words."""

    correction: Correction
    value: str
    before: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class Form:
    """The form that corrects an item.

    Attributes:
        values: what stands in it.
        seen: what it was drawn with, so that only what a person changed is corrected.
        governorates: all of them, those that the text names first.
        csrf, here: of the session, and the page to go back to.
        added: words and type of a facility that a person wrote.
        refused: the key of why the last one was not taken, or "".
        focused: whether the form was sent by a script just now, so that the focus must not be lost.

    """

    values: Values
    seen: str
    governorates: tuple[str, ...]
    csrf: str
    here: str
    added: tuple[str, str] = ("", "")
    refused: str = ""
    focused: bool = False
    stances: tuple[str, ...] = STANCES
    urgencies: tuple[str, ...] = URGENCIES
    needs: tuple[str, ...] = NEEDS
    types: tuple[str, ...] = (*sorted(TYPES - {"other"}), "other")


@dataclass(frozen=True, slots=True)
class Labelling:
    """What was corrected of an item.

    Attributes:
        told: the corrections that bear on it now, by field.
        past: those that were taken back, or that a later one stands before; the newest first.
        lost: facilities that a person named and whose words the text has no longer.
        form: None for who may not correct.

    """

    told: Mapping[str, Told]
    past: tuple[Told, ...]
    lost: tuple[str, ...]
    form: Form | None


def labelling(
    analysis: Mapping[str, Any],
    history: Iterable[Correction],
    words: Labels,
    *,
    hidden: Sequence[str] | None,
    form: Form | None,
) -> Labelling:
    """Return what was corrected of an item; `history` is the newest first.

    `hidden` are names to be masked, with all private numbers, for who may not read them; None for who may.
    """
    bearing = set(analysis.get("corrected", ()))
    told: dict[str, Told] = {}
    past: list[Told] = []
    for correction in history:
        field = correction.field
        in_force = correction.withdrawn is None and field in bearing and field not in told
        value, before = (_worded(said, field, words) for said in (correction.value, correction.before))
        if hidden is not None:
            value, before = mask_text(value, hidden), mask_text(before, hidden)
        one = Told(correction, value, before, in_force)
        if in_force:
            told[field] = one
        else:
            past.append(one)
    lost = (facility["text"] for facility in analysis.get("lost", ()))
    return Labelling(
        told={field: told[field] for field in FIELDS if field in told},
        past=tuple(past),
        lost=tuple(name if hidden is None else mask_text(name, hidden) for name in lost),
        form=form,
    )


def governorates_in_order(analysis: Mapping[str, Any], words: Labels) -> tuple[str, ...]:
    """Return all governorates, the primary ones first, then those mentioned, then the others by name."""
    held = analysis["governorates"]
    named = dict.fromkeys([*held["primary"], *held["mentioned"]])
    rest = sorted(GOVERNORATES - named.keys(), key=lambda code: words.name("governorate", code))
    return (*(code for code in named if code in GOVERNORATES), *rest)


def _worded(value: Any, field: str, words: Labels) -> str:
    if not value:
        return words.text("corrected_to_none")
    match field:
        case "stance":
            return words.name("stance", value)
        case "urgency":
            return words.name("urgency", value)
        case "governorate":
            return words.listed("governorate", tuple(value))
        case "need":
            return words.listed("need", tuple(value))
        case _:
            named = {one["text"]: words.name("facility_type", one["type"]) for one in value}
            return words.text("list_separator").join(f"{name} ({kind})" for name, kind in named.items())
