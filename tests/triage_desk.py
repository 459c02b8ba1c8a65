"""A few Cases in a real database, and an editor who decides on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from desk_rooms import as_document, spool

from index import Document
from service import triage
from service.database import proposals
from service.database.cases import Dues, refresh
from service.database.engine import Database
from service.database.tables import audit, case_events, cases, documents, users
from service.errors import DecisionRefused
from service.roles import Role
from service.triage import Decision

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
DUES = Dues()


def appeal(name: str, case: str = "", *, ago: int = 60, group: str = "", outlet: str = "nabd") -> Document:
    """A Document that asks for water in Kut, `ago` minutes before now; of a Case of its own unless one is named."""
    document = as_document(
        {
            "title": f"أهالي {name} يناشدون إعادة الماء",
            "body": f"ناشد أهالي {name} في الكوت إعادة ماء الشرب.",
            "outlet": outlet,
            "stance": "appeal",
            "primary": ["IQ-WA"],
            "needs": ["water"],
            "urgency": "high",
            "ago": ago,
            "group": group or sha256(name.encode()).hexdigest(),
        },
        NOW,
    )
    return replace(document, case=case or f"case-{document.id[:12]}", case_state="new")


@dataclass
class Editor:
    """Decides, a minute after the decision before, on what is in the database then."""

    database: Database
    name: str = "noor"
    at: datetime = NOW
    made: list[Decision] = field(default_factory=list)

    def put(self, *told: Document) -> list[str]:
        """Have Documents come in; return their ids."""
        with self.database.write() as connection:
            for document in told:
                spool(connection, document)
            for case in {document.case for document in told}:
                opener = next(document.id for document in told if document.case == case)
                connection.execute(
                    case_events.insert().values(
                        case=case, at=NOW, actor="rasid", kind="opened", document=opener, reason="the first to tell it"
                    )
                )
                refresh(connection, case, DUES)
        return [document.id for document in told]

    def decide(self, what: str, *given: Any, **options: Any) -> Decision:
        """Take the decision that triage calls `what`."""
        self.at += timedelta(minutes=1)
        options = {"actor": self.name, "now": self.at, **options}
        if what not in {"assign", "add_note", "dismiss"}:
            options["dues"] = DUES
        with self.database.write() as connection:
            if what not in {"add_note", "undo"} and "revision" not in options:
                options["revision"] = connection.scalar(sa.select(cases.c.revision).where(cases.c.id == given[0])) or 1
            decision: Decision = getattr(triage, what)(connection, *given, **options)
        self.made.append(decision)
        return decision

    def refused(self, what: str, *given: Any, **options: Any) -> str:
        """Take a decision that is refused; return by which key. Nothing is written."""
        before = [self.rows(table) for table in (cases, case_events, audit, documents)]
        with pytest.raises(DecisionRefused) as refused:
            self.decide(what, *given, **options)
        assert [self.rows(table) for table in (cases, case_events, audit, documents)] == before
        return refused.value.key

    def propose(self, case: str, state: str = "resolved", document: str = "f" * 64) -> bool:
        """Propose a state, as the worker does; return whether it is proposed now."""
        with self.database.write() as connection:
            return proposals.propose(connection, case, state, document=document, reason="fixed: أُصلحت", now=self.at)

    def case(self, id_: str) -> Any:
        with self.database.read() as connection:
            return connection.execute(sa.select(cases).where(cases.c.id == id_)).one()

    def case_of(self, document: str) -> str | None:
        with self.database.read() as connection:
            found: str | None = connection.scalar(sa.select(documents.c.case).where(documents.c.id == document))
        return found

    def rows(self, table: sa.Table) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key)))

    def kinds(self, case: str) -> list[str]:
        return [row.kind for row in self.rows(case_events) if row.case == case]

    def actions(self) -> list[tuple[str, str]]:
        return [(row.action, row.subject) for row in self.rows(audit)]

    def state(self) -> Mapping[str, Any]:
        """All that decisions may change: the Cases, but for revisions, and which Document tells which."""
        with self.database.read() as connection:
            held = [dict(row) for row in connection.execute(sa.select(cases)).mappings()]
            told = {row.id: row.case for row in connection.execute(sa.select(documents.c.id, documents.c.case))}
        for row in held:
            del row["revision"]
        # What was split off and came back is no Case any more.
        live = {row["id"]: row for row in held if row["documents"] or row["merged_into"] is None}
        return {"cases": live, "told": told}

    def add_user(self, name: str, role: Role = Role.EDITOR, *, disabled: bool = False) -> None:
        with self.database.write() as connection:
            connection.execute(
                users.insert().values(
                    name=name,
                    role=role.value,
                    password="-",
                    created=NOW,
                    disabled=NOW if disabled else None,
                    preferences={},
                )
            )
