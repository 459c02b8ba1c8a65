"""The same appeal retold in other words: who needs what, and where, decides together with the model's embedding.

Words alone do not tell it: a retold appeal shares a third of its words with the first telling, another town's appeal in
the same template two thirds. The weights stand in `models/model.json` beside those of `nlp.deciding`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING, Any

from nlp.normalisation import fold
from nlp.segmentation import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nlp.analysis import Analysis
    from nlp.segmentation import Word

_COMPARED_WORDS = 250
_LEAST_LETTERS = 3
_PREFIX = re.compile(r"^(?:[وف]?(?:[بك]?ال|لل)|[وف](?=\w{4}))")
_SUFFIX = re.compile(r"(?:ات|ون|ين|يه|ه|ها|هم|نا)$")
# Kinds of places that tell one case from another within a governorate.
_WIDE = frozenset({"governorate", "seat", "region"})
_COMMON_WORDS = (
    "الذي التي هذا هذه ذلك بعد قبل منذ حتى الى على عن من في مع كان كانت قال قالت اليوم امس محافظه قضاء ناحيه قريه "
    "حي اهالي سكان مواطنون المواطنين الاهالي عدد اكثر خلال بين كل غير لم لن ما لا هم هو هي نحو عند وهم ان او ثم قد "
    "اي كما حيث مدينه منطقه العراق العراقيه السلطات المسوولين الحكومه المحليه الجهات المعنيه وكاله نيوز يوم ايام"
)
_COMMON = frozenset(fold(word) for word in _COMMON_WORDS.split())

# What is named after one of these words is a place or a person that no gazetteer may know: قرية تل الذهب.
_NAMING = frozenset(
    fold(word)
    for word in [
        "قرية", "حي", "محلة", "ناحية", "قضاء", "منطقة", "مجمع", "مخيم", "مستشفى", "مدرسة", "بادية", "عشيرة",
        "الطفل", "الطفلة", "الشاب",
        "الصبي", "الفتاة", "المريض", "المريضة", "المواطن", "المواطنة", "اسمه", "اسمها",
    ]
)  # fmt: skip
_SPOTS = frozenset(fold(word) for word in ["قرية", "حي", "محلة", "مجمع", "مخيم"])
_SMALL = frozenset({"town", "village", "quarter", "area"})
_NAME_WORDS = 2
_NO_NAME = re.compile(r"(?:ب|ال)?(?:محافظ|تابع|واقع|جنوب|شمال|شرق|غرب|قرب|سكني|عام|ابتداي|ثانوي|متوسط)\w*|[يت]\w+ون")

FEATURES = (
    "governorate_same", "governorate_other", "place_same", "place_other", "facility_other", "need_other", "rare_shared",
    "names_held", "names_weight", "names_other", "spot_other", "numbers_shared", "embedding", "days",
)  # fmt: skip
"""What is weighed, in the order of the weights."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is compared of one item: codes, folded names and stems, and the model's unit vector.

    `names` are the stems of what is named (persons, villages, quarters, facilities), `spots` those of villages and
    quarters.
    """

    governorates: frozenset[str]
    places: frozenset[str]
    facilities: frozenset[str]
    needs: tuple[str, ...]
    names: frozenset[str]
    spots: frozenset[str]
    words: frozenset[str]
    numbers: frozenset[str]
    embedding: tuple[float, ...]

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the facts as JSON; `from_dict` reads it back."""
        return {
            "governorates": sorted(self.governorates),
            "places": sorted(self.places),
            "facilities": sorted(self.facilities),
            "needs": list(self.needs),
            "names": sorted(self.names),
            "spots": sorted(self.spots),
            "words": sorted(self.words),
            "numbers": sorted(self.numbers),
            "embedding": [round(number, 4) for number in self.embedding],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Sequence[Any]]) -> CaseFacts:
        """Return what `to_dict` was given; a missing list is empty."""
        return cls(
            governorates=frozenset(stored.get("governorates", ())),
            places=frozenset(stored.get("places", ())),
            facilities=frozenset(stored.get("facilities", ())),
            needs=tuple(stored.get("needs", ())),
            names=frozenset(stored.get("names", ())),
            spots=frozenset(stored.get("spots", ())),
            words=frozenset(stored.get("words", ())),
            numbers=frozenset(stored.get("numbers", ())),
            embedding=tuple(stored.get("embedding", ())),
        )


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two items tell the same case (0..1), and what they share, as stable keys with the shared words."""

    score: float
    shared: tuple[str, ...]


def case_facts(analysis: Analysis, text: str) -> CaseFacts:
    """Gather what is compared of an item from its Analysis."""
    folded = fold(text)
    tokens = words(folded)[:_COMPARED_WORDS]
    named, spots = _names(analysis, folded, tokens)
    needs = [need for appeal in analysis.appeals for need in appeal.needs]
    places = {place.name for place in analysis.places if place.kind not in _WIDE}
    return CaseFacts(
        governorates=frozenset(analysis.governorates.primary or analysis.governorates.mentioned),
        places=frozenset(_bare(fold(name)) for name in places),
        facilities=frozenset(fold(facility.text) for facility in analysis.facilities),
        needs=tuple(dict.fromkeys(needs)),
        names=named | spots,
        spots=spots,
        words=stems_of(text),
        numbers=frozenset(token.text for token in tokens if token.text.isdigit() and len(token.text) > 1),
        embedding=analysis.embedding,
    )


def _name_after(folded: str, tokens: Sequence[Word], index: int) -> list[str]:
    """Return up to two words after a word that names, as long as nothing but a space parts them."""
    found: list[str] = []
    end = tokens[index].end
    for word in tokens[index + 1 : index + 1 + _NAME_WORDS]:
        if folded[end : word.start] != " " or word.text in _COMMON or _NO_NAME.fullmatch(word.text):
            break
        found.append(word.text)
        end = word.end
    return found


def _names(analysis: Analysis, folded: str, tokens: Sequence[Word]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems of persons and facilities, and those of villages and quarters.

    The gazetteer's districts are no names here: two villages of one district share its name.
    """
    known = _stems(" ".join(place.name for place in analysis.places))
    named = [entity.text for entity in analysis.entities if entity.label == "PER"]
    spots: list[str] = []
    for index, token in enumerate(tokens):
        word = token.text if token.text in _NAMING else token.text.lstrip("وبل")
        if word in _NAMING:
            (spots if word in _SPOTS else named).extend(_name_after(folded, tokens, index))
    first, second = (
        frozenset(stem for stem in _stems(" ".join(each)) - known if len(stem) > 1 and not stem.isdigit())
        for each in (named, spots)
    )
    return first, second | _stems(" ".join(place.name for place in analysis.places if place.kind in _SMALL))


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning in the front of a text."""
    found = set()
    for token in words(fold(text))[:_COMPARED_WORDS]:
        stem = _stem(token.text)
        if not token.text.isdigit() and token.text not in _COMMON and len(stem) >= _LEAST_LETTERS:
            found.add(stem)
    return frozenset(found)


def features(one: CaseFacts, other: CaseFacts, days: float, stems: Mapping[str, Any]) -> list[float]:
    """Return what is weighed of a pair, in the order of FEATURES.

    `days` lie between the two; `stems` tell in how many of how many items each common stem stands.
    """
    cosine = sum(map(mul, one.embedding, other.embedding))
    facility = max((_alike(_stems(a), _stems(b)) for a in one.facilities for b in other.facilities), default=0.0)
    both_facilities = bool(one.facilities and other.facilities)
    both_places = bool(one.places and other.places)
    shared_place = bool(one.places & other.places) or _named_in(one, other) or _named_in(other, one)
    held = max(_held(one.names, other.words), _held(other.names, one.words))
    return [
        float(bool(one.governorates & other.governorates)),
        float(bool(one.governorates and other.governorates) and not one.governorates & other.governorates),
        float(shared_place),
        float(both_places and not shared_place),
        float(both_facilities and facility < _SAME_NAME),
        float(_other_need(one, other)),
        float(min(4, sum(word not in stems["counts"] for word in one.words & other.words))),
        held,
        min(12.0, _weight((one.names & other.words) | (other.names & one.words), stems)) / 6,
        float(bool(one.names and other.names) and held < _FEW_NAMES),
        float(bool(one.spots and other.spots) and not (one.spots & other.words or other.spots & one.words)),
        float(min(3, len(one.numbers & other.numbers))),
        cosine,
        min(abs(days), 30.0) / 10,
    ]


def _other_need(one: CaseFacts, other: CaseFacts) -> bool:
    return bool(one.needs and other.needs) and not set(one.needs) & set(other.needs)


def _held(names: frozenset[str], words: frozenset[str]) -> float:
    return len(names & words) / len(names) if names else 0.0


_FEW_NAMES = 0.2
_SAME_NAME = 0.5


OTHER_NEED = 0.5
"""The least score of two items that share none of the needs they tell: likelier one case than not.

The threshold that the model learnt is far lower, which right pairs of one need allow; but two appeals of one town on
one day, for water and for land, are two cases.
"""


def least_score(one: CaseFacts, other: CaseFacts, weights: Mapping[str, Any]) -> float:
    """Return the score from which on two items tell one case."""
    threshold: float = weights["threshold"]
    return max(threshold, OTHER_NEED) if _other_need(one, other) else threshold


def same_case(one: CaseFacts, other: CaseFacts, days: float, weights: Mapping[str, Any]) -> Likeness:
    """Return how likely two items tell one case. `days` lie between them; `weights` are the model's."""
    values = features(one, other, days, weights["stems"])
    score = sum(w * v for w, v in zip(weights["weights"], values, strict=True)) + weights["base"]
    named = dict(zip(FEATURES, values, strict=True))
    shared = [
        *(f"place:{name}" for name in sorted(one.places & other.places)),
        *(f"facility:{name}" for name in sorted(one.facilities & other.facilities)),
        *(f"need:{need}" for need in one.needs if need in other.needs),
        *(["names"] if named["names_held"] >= _SAME_NAME else []),
        f"wording:{named['embedding']:.2f}",
    ]
    return Likeness(1 / (1 + math.exp(-max(-30.0, min(30.0, score)))), tuple(shared))


def _weight(words: Iterable[str], stems: Mapping[str, Any]) -> float:
    """Return how rare stems are together: the sum of their inverse document frequencies."""
    counts, total = stems["counts"], stems["items"]
    return sum(math.log(total / (1 + counts.get(word, 1))) for word in words)


def _named_in(one: CaseFacts, other: CaseFacts) -> bool:
    """Tell whether a place of one is a word of the other, where the gazetteer did not resolve it."""
    return any(place in other.words or (" " in place and set(place.split()) <= other.words) for place in one.places)


@lru_cache(maxsize=20_000)
def _stems(text: str) -> frozenset[str]:
    """Return the stems of a name; remembered, since an appeal is compared with thousands that name the same places."""
    return frozenset(_stem(word.text) for word in words(fold(text)) if word.text not in _COMMON)


def _stem(word: str) -> str:
    bare = _PREFIX.sub("", word)
    bare = bare if len(bare) >= _LEAST_LETTERS else word
    cut = _SUFFIX.sub("", bare)
    return cut if len(cut) >= _LEAST_LETTERS else bare


def _bare(name: str) -> str:
    return " ".join(_stem(word) for word in name.split())


def _alike(one: Iterable[str], other: Iterable[str]) -> float:
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first and second else 0.0
