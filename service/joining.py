"""The first joining: the same text on several outlets, lightly edited, is one syndication group and one Case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nlp import SAME_TEXT, resemblance
from service.database import cases, documents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from service.database.articles import Spooled
    from service.database.documents import Held, Neighbour

WINDOW = timedelta(days=14)
"""How far back the same text is looked for. Outlets copy within days; a text that returns later is news again."""


def join(
    connection: sa.Connection,
    article: Spooled,
    *,
    held: Held | None,
    signature: tuple[int, ...],
    keys: Sequence[str],
    alertable: bool,
    now: datetime,
) -> tuple[str, str | None]:
    """Return the syndication group and the Case of an Article, and note in the Case's history why.

    A Document keeps the group and Case that it has when its text is edited, and leaves the Case when nothing is
    asked in it any more. The caller has serialised the joining (see `engine.serialise`).
    """
    if held is None:
        group, reason = _group(connection, article, signature, keys)
    else:
        group, reason = held.group, ""
    if not alertable:
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
    case = cases.of_group(connection, group)
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
