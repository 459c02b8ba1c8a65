"""The entity corpora, as sentences of words with BIO tags in the four labels that ANERcorp knows.

ANERcorp in CAMeL Lab's split (Benajiba et al. 2007; Obeid et al. 2020) trains and tests; NewsFANE Gold (Alotaibi and
Lee 2014) and the public sample of Wojood (Jarrar et al. 2022) add to training what ANERcorp's test part does not
share with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Sentence = tuple[list[str], list[str]]
"""Words and their tags, alike in number."""

LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
"""The tags of ANERcorp, in the order of the model's output."""

FINE_LABELS = ("O", *(f"{b}-{name}" for name in ("PER", "ORG", "GPE", "LOC", "FAC") for b in "BI"))
"""The tags of the second, helping head.

NewsFANE and Wojood tell countries and towns from other places, and facilities.
"""

_FANE = {
    "PER": "Politician Athlete Artist Other_PER Religious_PER Scientist Police Businessperson Lawyer Engineer",
    "ORG": "Non-Governmental Sports Government Media Commercial Educational Medical-Science Entertainment "
    "Religious_ORG",
    "GPE": "Nation Population-Center State-or-Province GPE-Cluster County-or-District",
    "LOC": "Continent Water-Body Land Land-Region-Natural Celestial",
    "FAC": "Building-Grounds Path Airport Subarea-Facility Plant",
}
_FANE_LABEL = {fine: coarse for coarse, names in _FANE.items() for fine in names.split()}
_WOJOOD_LABEL = {"PERS": "PER", "ORG": "ORG", "GPE": "GPE", "LOC": "LOC", "FAC": "FAC"}
_ODD = re.compile("[\u200e\u200f\ufeff]")
_LETTERS = re.compile(r"[^\w]+")
# Four words in a row that also stand in the test part betray a shared text.
_SHARED_WORDS = 4


def anercorp(folder: Path) -> tuple[list[Sentence], list[Sentence]]:
    """Return ANERcorp's training and test sentences."""
    parts = [
        list(_blocks(_lines(folder / f"ANERCorp_CamelLab_{part}.txt"), _tag_of_anercorp)) for part in ("train", "test")
    ]
    return parts[0], parts[1]


def fine_corpora(folder: Path, test: Iterable[Sentence]) -> list[Sentence]:
    """Return NewsFANE's and Wojood's sentences in the labels of `FINE_LABELS`, save what shares words with `test`."""
    seen = {gram for words, _ in test for gram in _grams(words)}
    fane = _blocks(_lines(folder / "fane" / "NewsFANE_Gold_2014_170K.txt"), _tag_of_fane)
    wojood = (
        sentence
        for part in ("train", "val", "test")
        for sentence in _blocks(_lines(folder / "wojood" / f"sina_sample_{part}.txt"), _tag_of_wojood)
    )
    kept: list[Sentence] = []
    for corpus in (list(fane), list(wojood)):
        shared = [not seen.isdisjoint(_grams(words)) for words, _ in corpus]
        # A text goes on beyond the sentence that betrays it: its neighbours go too.
        kept += [
            sentence
            for index, sentence in enumerate(corpus)
            if not any(shared[max(0, index - 1) : index + 2]) and len(sentence[0]) > 1
        ]
    return kept


def _grams(words: list[str]) -> set[str]:
    # Clitics are split off in NewsFANE: compare letters in a row, word ends left out.
    plain = [word for word in (_LETTERS.sub("", word) for word in words) if word]
    plain = [re.sub("[أإآ]", "ا", word).replace("ى", "ي") for word in plain if len(word) > 1]
    return {" ".join(plain[i : i + _SHARED_WORDS]) for i in range(len(plain) - _SHARED_WORDS + 1)}


def _lines(file: Path) -> Iterator[list[str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield [piece for piece in _ODD.sub("", line).split() if piece]


def _blocks(lines: Iterable[list[str]], tag_of: Callable[[list[str]], str]) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    for fields in lines:
        if len(fields) < 2 or fields[0] == "$#$":
            if words:
                yield words, _repaired(tags)
                words, tags = [], []
            continue
        words.append(fields[0])
        tags.append(tag_of(fields[1:]))
    if words:
        yield words, _repaired(tags)


def _tag_of_anercorp(fields: list[str]) -> str:
    label = fields[-1].replace("PERS", "PER")
    return label if label in LABELS else "O"


def _tag_of_fane(fields: list[str]) -> str:
    begin, _, fine = fields[-1].partition("-")
    coarse = _FANE_LABEL.get(fine)
    return f"{begin}-{coarse}" if coarse else "O"


def _tag_of_wojood(fields: list[str]) -> str:
    for field in fields:
        begin, _, fine = field.partition("-")
        if fine in _WOJOOD_LABEL:
            return f"{begin}-{_WOJOOD_LABEL[fine]}"
    return "O"


def _repaired(tags: list[str]) -> list[str]:
    """Let every run of inside tags begin with a B, as strict scoring asks."""
    whole: list[str] = []
    for tag in tags:
        inside = tag.startswith("I-") and (not whole or whole[-1][2:] != tag[2:])
        whole.append("B" + tag[1:] if inside else tag)
    return whole
