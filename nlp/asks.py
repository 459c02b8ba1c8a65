"""Every place where a text asks for something, with who asks and how much it weighs as an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp.needs import need_kinds

if TYPE_CHECKING:
    from nlp.lexicon import Cue
    from nlp.reading import Reading
    from nlp.segmentation import Sentence

# Weights and threshold were chosen on the development sets; docs/nlp.md has the scores.
_BY_KIND = {"asks.strong": 3.0, "asks.first_person": 3.2, "asks.plain": 1.5}
_BY_SUBJECT = {"people": 2.5, "speakers": 1.0, "": -0.5, "authority": -3.5, "political": -3.0}
ENOUGH = 4.0
"""An ask that weighs as much makes an appeal."""

_SUBJECT_FRONT, _SUBJECT_BACK, _ADDRESSEE_REACH = 90, 45, 90
# Participles and the like look back for who asks: "… , مطالبين بـ".
_LOOKS_BACK = ("مطالب", "داعي", "للمطالبه", "مناشد", "مستغيث", "طالبين", "متوسل", "المطالبه")


@dataclass(frozen=True, slots=True)
class Ask:
    """One asking phrase: its cue, sentence, subject ("people", "speakers", "authority", "political" or ""), the cues of
    who asks and of who is asked, its weight, and the reasons that made it.
    """

    cue: Cue
    sentence: int
    subject: str
    asker: Cue | None
    asked: tuple[Cue, ...]
    weight: float
    reasons: tuple[str, ...]


def find_asks(reading: Reading) -> list[Ask]:
    """Return every asking phrase in order, weighed within its sentence and its neighbours."""
    found: list[Ask] = []
    for index, sentence in enumerate(reading.sentences):
        answered = reading.cues_in(sentence.start, sentence.end, "answers.strong")
        for cue in reading.cues_in(sentence.start, sentence.end, "asks."):
            if cue.kind == "asks.rescue" or any(a.start <= cue.start < a.end + 1 for a in answered):
                continue
            found.append(_weigh(reading, index, cue))
    return found


def _weigh(reading: Reading, index: int, cue: Cue) -> Ask:
    sentence = reading.sentences[index]
    asker = None if cue.kind == "asks.first_person" else _asker(reading, sentence, cue)
    subject = asker.kind.removeprefix("asker.") if asker else ""
    asked = tuple(
        other
        for other in reading.cues_in(cue.end, min(sentence.end, cue.end + _ADDRESSEE_REACH), "asked.")
        if asker is None or other.start >= asker.end or other.end <= asker.start
    )
    weight = _BY_KIND[cue.kind]
    reasons = [f"{cue.kind} {weight:+.1f}"]

    def add(amount: float, why: str) -> None:
        nonlocal weight
        weight += amount
        reasons.append(f"{why} {amount:+.1f}")

    if cue.kind != "asks.first_person":
        add(_BY_SUBJECT[subject], f"asked by {subject or 'nobody named'}")
    needed = need_kinds(reading, sentence.start, sentence.end)
    if needed:
        add(1.5, "a need in the sentence")
    elif need_kinds(reading, *_around(reading, index)):
        add(0.7, "a need beside it")
    else:
        add(-1.5, "no need")
    if asked:
        add(0.7, "somebody is asked")
    if reading.cues_in(sentence.start, sentence.end, "asks.rescue"):
        add(1.0, "rescue")
    if reading.cues_in(sentence.start, sentence.end, "politics.strong"):
        add(-2.5 if not needed else -1.5, "politics")
    front = reading.cues_in(cue.end, min(sentence.end, cue.end + 45), "orders.to_citizens")
    if front and subject != "people":
        add(-3.0, "an order or advice")
    if reading.cues_in(sentence.start, sentence.end, "orders.advice") and subject in {"authority", "speakers", ""}:
        add(-1.5, "advice")
    return Ask(cue, index, subject, asker, asked, weight, tuple(reasons))


def _asker(reading: Reading, sentence: Sentence, cue: Cue) -> Cue | None:
    """Return who asks: what follows the verb at once, else what stands before it, else what follows."""
    own = [
        agent
        for agent in reading.cues_in(max(sentence.start, cue.start - _SUBJECT_FRONT), sentence.end, "asker.")
        if not agent.particles.endswith(("ل", "ب")) or agent.particles.startswith("ال")
    ]
    back = [agent for agent in own if agent.end <= cue.start]
    front = [agent for agent in own if cue.end <= agent.start <= cue.end + _SUBJECT_BACK]
    word = reading.text[cue.start : cue.end]
    if word.startswith(_LOOKS_BACK) and cue.kind != "asks.first_person":
        return _best(back) or _best(front)
    at_once = [agent for agent in front if agent.start - cue.end - len(agent.particles) <= 2]
    return _best(at_once) or _best(back) or _best(front)


def _best(agents: list[Cue]) -> Cue | None:
    """The people of a text outweigh the offices named beside them; else the first."""
    order = ("asker.people", "asker.speakers", "asker.political", "asker.authority")
    return min(agents, key=lambda agent: (order.index(agent.kind), agent.start), default=None)


def _around(reading: Reading, index: int) -> tuple[int, int]:
    first = reading.sentences[max(0, index - 1)]
    last = reading.sentences[min(len(reading.sentences) - 1, index + 1)]
    return first.start, last.end
