"""Which texts the model need not read, because no appeal can be in them.

A few cues decide (docs/nlp.md has what it saves).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlp.needs import NEED_KINDS

if TYPE_CHECKING:
    from nlp.reading import Reading

_TELLING = ("asks.", "suffers.", "answers.", "speaks.")
_NEAR = (*_TELLING, "asker.", "asked.", "urgency.", *NEED_KINDS)
# A text without a word of the vocabulary that is longer than this may still tell of something in its own words.
_SHORT = 160


def matters(reading: Reading, *, iraqi: bool, sport: bool) -> bool:
    """Tell whether a text may be an appeal, a complaint, an answer or a mention.

    It may not where it speaks of sport and nobody asks or suffers; nor where it names another country and nothing of
    Iraq; nor where it is short, names no place of Iraq, and holds no word of asking, suffering, needs or people.
    """
    whole = (0, len(reading.text))
    home = iraqi or bool(reading.cues_in(*whole, "politics.iraqi"))
    telling = bool(reading.cues_in(*whole, *_TELLING))
    if sport and not telling:
        return False
    if not home and reading.cues_in(*whole, "politics.foreign"):
        return False
    return home or len(reading.text) > _SHORT or bool(reading.cues_in(*whole, *_NEAR))
