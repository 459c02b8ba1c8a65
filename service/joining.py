"""Joining: the same text on several outlets is one syndication group, the same appeal in other words one Case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nlp import SAME_TEXT, CaseFacts, resemblance
from service.database import cases, documents
from service.database.engine import NAMED_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from nlp import Likeness
    from service.database.articles import Spooled
    from service.database.documents import Held, Neighbour, Telling

WINDOW = timedelta(days=14)
"""How far back the same text or appeal is looked for. Outlets copy within days; what returns later is news again."""

_MOST_COMPARED = 3_000
"""Documents of Cases that an appeal is compared with, the newest: more than ten outlets tell in two weeks."""


class Remembered:
    """What is compared of the Documents that tell Cases, read once for each revision of a Document.

    An appeal is compared with thousands; reading all of them anew for each took longer than comparing.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, CaseFacts | None]] = {}

    def of(self, connection: sa.Connection, tellings: Sequence[Telling]) -> Iterator[tuple[Telling, CaseFacts]]:
        """Yield each telling with its facts; one without facts is left out."""
        missing = [one.id for one in tellings if self._held.get(one.id, (None,))[0] != one.revision]
        read: dict[str, CaseFacts] = {}
        for start in range(0, len(missing), NAMED_AT_ONCE):
            stored = documents.facts_of(connection, missing[start : start + NAMED_AT_ONCE])
            read.update((id_, CaseFacts.from_dict(facts)) for id_, facts in stored.items())
        unread = set(missing)
        self._held = {
            one.id: (one.revision, read.get(one.id)) if one.id in unread else self._held[one.id] for one in tellings
        }
        for one in tellings:
            facts = self._held[one.id][1]
            if facts is not None:
                yield one, facts


def join(
    connection: sa.Connection,
    article: Spooled,
    *,
    held: Held | None,
    signature: tuple[int, ...],
    keys: Sequence[str],
    facts: CaseFacts | None,
    alike: Callable[[CaseFacts, CaseFacts, float], Likeness | None],
    remembered: Remembered,
    now: datetime,
) -> tuple[str, str | None]:
    """Return the syndication group and the Case of an Article, and note in the Case's history why.

    `facts` are None where nobody asks or suffers; `alike` compares two items that lie some days apart.

    A Document keeps the group and Case that it has when its text is edited, leaves the Case when nothing is asked in
    it any more, and comes back to the one that it left, which people may have split off or merged meanwhile. The
    caller has serialised the joining (see `engine.serialise`).
    """
    if held is None:
        group, reason = _group(connection, article, signature, keys)
    else:
        group, reason = held.group, ""
    if facts is None:
        if held is not None and held.case:
            cases.note(
                connection,
                held.case,
                kind="left",
                document=article.document,
                reason=f"version {article.version} asks for nothing",
                now=now,
            )
        return group, None
    if held is not None and held.case:
        return group, held.case
    case = None if held is None else cases.left_by(connection, article.document)
    case = case or cases.of_group(connection, group)
    if case is None:
        case, reason = _retold(connection, article, facts, alike, remembered)
    if case is None:
        return group, cases.open_case(connection, article.document, now, "the first to tell it")
    cases.note(
        connection, case, kind="joined", document=article.document, reason=reason or "edited into an appeal", now=now
    )
    return group, case


def _group(
    connection: sa.Connection, article: Spooled, signature: tuple[int, ...], keys: Sequence[str]
) -> tuple[str, str]:
    """Return the group of the most alike text seen lately and why, or a group of its own."""
    near: list[tuple[float, Neighbour]] = [
        (resemblance(signature, other.signature), other)
        for other in documents.neighbours(connection, article.document, keys, article.fetched - WINDOW)
    ]
    likeness, best = max(near, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or likeness < SAME_TEXT:
        return article.document, ""
    return best.group, f"the same text as {best.id} (likeness {likeness:.2f})"


def _retold(
    connection: sa.Connection,
    article: Spooled,
    facts: CaseFacts,
    alike: Callable[[CaseFacts, CaseFacts, float], Likeness | None],
    remembered: Remembered,
) -> tuple[str | None, str]:
    """Return the Case that an appeal tells in other words and why, or None."""
    best: tuple[float, str | None, str] = (0.0, None, "")
    tellings = documents.tellings(connection, article.document, article.fetched - WINDOW, _MOST_COMPARED)
    for other, known in remembered.of(connection, tellings):
        days = (article.fetched - other.first_seen).total_seconds() / timedelta(days=1).total_seconds()
        likeness = alike(facts, known, days)
        if likeness is not None and likeness.score > best[0]:
            shared = ", ".join(likeness.shared)
            best = likeness.score, other.case, f"the same need as {other.id}: {shared} (likeness {likeness.score:.2f})"
    return best[1], best[2]
