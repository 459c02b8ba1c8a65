"""Every place where a text asks for something, with who asks and how much it weighs as an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlp.needs import need_kinds, wanted
from nlp.weighing import weigh

if TYPE_CHECKING:
    from nlp.lexicon import Cue
    from nlp.reading import Reading
    from nlp.segmentation import Sentence

# Weights and threshold were chosen on the development sets; docs/nlp.md has the scores.
_BY_KIND = {"asks.strong": 3.0, "asks.first_person": 3.2, "asks.plain": 1.5, "asks.opening": 2.0}
_BY_SUBJECT = {"people": 2.5, "group": 1.5, "speakers": 1.0, "": -0.5, "authority": -3.5, "political": -3.0}
ENOUGH = 4.0
"""An ask that weighs as much makes an appeal."""

_SUBJECT_FRONT, _SUBJECT_BACK, _ADDRESSEE_REACH, _AT_ONCE = 160, 45, 150, 2
# Participles and the like look back for who asks: "… , مطالبين بـ".
_LOOKS_BACK = ("مطالب", "داعي", "للمطالبه", "مناشد", "مستغيث", "طالبين", "متوسل", "المطالبه")
_SPEAKING = frozenset({"asker.people", "asker.speakers"})
_QUANTITIES = frozenset({"عدد من", "مجموعه من", "جمع من", "عشرات", "ميات", "العشرات", "الميات", "الالاف"})
# An order is addressed at once: "دعت الوزارة المواطنين إلى".
_ORDER_REACH = 30
_NISBA_REACH = 16
_ORDER = "an order or advice"
# A verb in the plural tells of a group even where it is not named again.
_PLURAL = ("وا", "ون", "ين", "بو")


@dataclass(frozen=True, slots=True)
class Ask:
    """One asking phrase.

    `subject` is "people", "group" (a plural verb alone), "speakers", "authority", "political" or "" (nobody named);
    `asker` and `asked` are the cues of who asks and of who is asked; `reasons` tell what made the weight.
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
    ordered = False
    noticed = any(
        reading.cues_in(sentence.start, sentence.end, "orders.notice")
        and reading.cues_in(sentence.start, sentence.end, "asker.authority")
        for sentence in reading.sentences[:2]
    )
    for index, sentence in enumerate(reading.sentences):
        answered = reading.cues_in(sentence.start, sentence.end, "answers.strong")
        for cue in reading.cues_in(sentence.start, sentence.end, *_BY_KIND):
            if any(answer.start <= cue.start < answer.end for answer in answered):
                continue
            if cue.kind == "asks.opening" and not _opens(reading, sentence, cue):
                continue
            ask = _weigh(reading, index, cue, ordered=ordered, noticed=noticed)
            ordered = ordered or (not found and any(reason.startswith(_ORDER) for reason in ask.reasons))
            found.append(ask)
    return found


def _opens(reading: Reading, sentence: Sentence, cue: Cue) -> bool:
    front = reading.text[sentence.start : cue.start - len(cue.particles)]
    return not front.strip(" \"'(#") or front.rstrip().endswith(("-", ":", "/"))


def _weigh(reading: Reading, index: int, cue: Cue, *, ordered: bool, noticed: bool) -> Ask:
    sentence = reading.sentences[index]
    start, end = sentence.start, sentence.end
    asker = None if cue.kind == "asks.first_person" else _asker(reading, index, cue)
    subject = asker.kind.removeprefix("asker.") if asker else _implied(reading, cue)
    asked = _asked(reading, sentence, cue, asker)
    needed = need_kinds(reading, start, end)
    official = subject in {"authority", "speakers", "political", ""}
    first_person = cue.kind == "asks.first_person"
    beside = not needed and bool(need_kinds(reading, *reading.around(index)))
    close = reading.cues_in(cue.end, min(end, cue.end + _ORDER_REACH), "orders.to_citizens")
    foreign = asker and reading.cues_in(asker.start, asker.end + _NISBA_REACH, "politics.foreign")
    order = (close and official and subject != "speakers") or (ordered and not first_person)
    weight, reasons = weigh(
        [
            (True, _BY_KIND[cue.kind], cue.kind),
            (not first_person, _BY_SUBJECT[subject], f"asked by {subject or 'nobody named'}"),
            (needed, 1.5, "a need in the sentence"),
            (beside, 1.0, "a need beside it"),
            (not needed and not beside, -1.5, "no need"),
            (asked, 0.7, "somebody is asked"),
            (reading.cues_in(start, end, "asks.rescue"), 1.0, "rescue"),
            (reading.cues_in(start, end, "politics.strong"), -2.5 if official else -1.0, "politics"),
            (foreign, -5.0, "foreigners"),
            (first_person and noticed, -2.5, "a notice"),
            (first_person and _official_speaks(reading, sentence, cue), -3.0, "an official speaks"),
            (order, -3.0, _ORDER),
            (official and reading.cues_in(start, end, "orders.advice"), -1.5, "advice"),
            (reading.cues_in(start, end, "speaks.vague") and not wanted(needed), -2.0, "nothing in particular"),
        ]
    )
    return Ask(cue, index, subject, asker, asked, weight, reasons)


def _official_speaks(reading: Reading, sentence: Sentence, cue: Cue) -> bool:
    """Tell "the minister: we want …", where no people and no speaker for them are named before the verb."""
    before = {agent.kind for agent in agents(reading, sentence.start, cue.start)}
    return bool(before) and not before & _SPEAKING


def _asked(reading: Reading, sentence: Sentence, cue: Cue, asker: Cue | None) -> tuple[Cue, ...]:
    reach = min(sentence.end, cue.end + _ADDRESSEE_REACH)
    return tuple(
        other
        for other in reading.cues_in(cue.end, reach, "asked.")
        if asker is None or other.start >= asker.end or other.end <= asker.start
    )


def _implied(reading: Reading, cue: Cue) -> str:
    return "group" if reading.text[cue.start : cue.end].endswith(_PLURAL) and cue.kind != "asks.first_person" else ""


def _asker(reading: Reading, index: int, cue: Cue) -> Cue | None:
    """Return who asks.

    A participle looks back. A verb that opens its clause is followed by its subject, unless that is an office that the
    verb does not agree with or pleads to (طالب وزارة …, ناشدت الحكومة …): then it is asked. Any other verb has its
    subject before it. Where the sentence names nobody, whoever spoke in the sentence before goes on speaking.
    """
    sentence = reading.sentences[index]
    own = agents(reading, max(sentence.start, cue.start - _SUBJECT_FRONT), sentence.end)
    back = [agent for agent in own if agent.end <= cue.start]
    front = [agent for agent in own if cue.end <= agent.start <= cue.end + _SUBJECT_BACK]
    if reading.text[cue.start : cue.end].startswith(_LOOKS_BACK):
        return _best(back) or _first(front)
    at_once = _first([agent for agent in front if agent.start - cue.end - len(agent.particles) <= _AT_ONCE])
    opens = cue.particles.startswith(("و", "ف")) or _opens(reading, sentence, cue) or not back
    if at_once is not None and (at_once.kind != "asker.authority" or _agrees(reading, cue, at_once)) and opens:
        return at_once
    named = _best(back)
    if named is None and (at_once is None or at_once.kind != "asker.authority"):
        named = _first(front)
    if named is None and index:
        previous = reading.sentences[index - 1]
        named = _first([a for a in agents(reading, previous.start, previous.end) if a.kind in _SPEAKING])
    return named


def agents(reading: Reading, start: int, end: int) -> list[Cue]:
    """Return those who may act in a stretch: not those under لِـ or بـ, and of "a number of deputies" the deputies."""
    asked = {
        cue.start for cue in reading.cues_in(start, end, "asked.") if len(reading.text[cue.start : cue.end].split()) > 1
    }
    found = [
        agent
        for agent in reading.cues_in(start, end, "asker.")
        if (agent.kind != "asker.people" or agent.start not in asked)
        and not agent.particles.endswith("ب")
        and (not agent.particles.endswith("ل") or agent.particles.endswith("ال"))
    ]
    return [
        agent
        for agent, follower in zip(found, [*found[1:], None], strict=False)
        if not _counts_another(reading, agent, follower)
    ]


def _counts_another(reading: Reading, agent: Cue, follower: Cue | None) -> bool:
    """Tell a quantity that stands before who is counted ("عدد من النواب") or counts no people ("عشرات القرى")."""
    word = reading.text[agent.start : agent.end]
    if word not in _QUANTITIES:
        return False
    near = follower is not None and follower.start - len(follower.particles) - agent.end <= _AT_ONCE + len("من ")
    return near or not word.startswith("ال")


def _agrees(reading: Reading, cue: Cue, agent: Cue) -> bool:
    """Tell whether an office may be the subject of the verb before it: by gender, and never of a plea."""
    verb, noun = reading.text[cue.start : cue.end], reading.text[agent.start : agent.end].split()[0]
    feminine = verb.endswith("ت") or verb.startswith("ت")
    return cue.kind != "asks.strong" and feminine == noun.endswith("ه")


def _best(agents: list[Cue]) -> Cue | None:
    """Return who speaks among those before a verb: people before the offices beside them, then the first."""
    order = ("asker.people", "asker.speakers", "asker.political", "asker.authority")
    return min(agents, key=lambda agent: (order.index(agent.kind), agent.start), default=None)


def _first(agents: list[Cue]) -> Cue | None:
    """Return the agent nearest after a verb; of several at one place the most specific."""
    return min(agents, key=lambda agent: (agent.start, agent.start - agent.end, agent.kind), default=None)
