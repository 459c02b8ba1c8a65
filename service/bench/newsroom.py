"""Fills an empty database and its index as two years of work would have: Documents, Cases, users and their decisions."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import batched
from typing import TYPE_CHECKING, Any

from nlp.analysis import Analysis, Appeal, Evidence, Facility, Governorates, Span
from service.accounts import Role, add_user
from service.bench.documents import NEWEST, documents
from service.database import tables
from service.database.cases import OPEN_STATES, URGENCIES, Dues

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from index import Document, Index
    from service.database.engine import Database

PASSWORD = "ثلاثة جسور على دجلة"  # noqa: S105 - of a database that is deleted after the measurement
EDITORS = tuple(f"editor-{number}" for number in range(1, 11))

_BATCH = 500
_WORDS = 12
"""Words of the text that an appeal's summary repeats."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What the database holds: ids to ask for, each in a shuffled order, and how many Documents there are."""

    documents: int
    items: tuple[str, ...]
    cases: tuple[str, ...]


def fill(database: Database, index: Index, count: int, seed: int = 1) -> Filled:
    """Write `count` generated Documents with all that belongs to them, the newest a minute old."""
    now = datetime.now(UTC)
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    open_cases: dict[str, list[Document]] = {}
    items: list[str] = []
    with database.write() as connection:
        for name in EDITORS:
            add_user(connection, name, PASSWORD, Role.EDITOR, now)
    for batch in _batches(count, now, seed):
        with database.write() as connection:
            for document in batch:
                if document.case:
                    open_cases.setdefault(document.case, []).append(document)
            _store(connection, batch, {case: told for case, told in open_cases.items() if told[0] in batch}, chance)
        index.write(batch)
        items += [document.id for document in batch if document.case or chance.random() < 0.1]
        # a case's Documents lie close together: what was told three Documents ago is told no more
        open_cases = {case: told for case, told in open_cases.items() if told[-1] is batch[-1]}
    index.refresh()
    with database.read() as connection:
        cases = list(connection.scalars(tables.cases.select().with_only_columns(tables.cases.c.id)))
    chance.shuffle(items)
    chance.shuffle(cases)
    return Filled(count, tuple(items), tuple(cases))
