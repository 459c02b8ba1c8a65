"""What the demo found, as counted in the database and the index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa
from rich.table import Table

from service.database import articles, cases, crawls, documents, outbox
from service.database.tables import articles as articles_table
from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from index import Index
    from service.database.engine import Database
    from service.labels import Group


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts after a run.

    `fetched` counts texts, an edited article twice; `items` the articles that they belong to; `rejected` addresses and
    texts by named reason; `governorates` and `needs` the appeals and complaints, one for each Case.
    """

    items: int = 0
    fetched: int = 0
    waiting: int = 0
    analysed: int = 0
    failed: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    indexed: int = 0
    cases: int = 0
    mails: int = 0
    stances: Mapping[str, int] = field(default_factory=dict)
    governorates: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)


def summarise(database: Database, index: Index | None = None) -> Summary:
    """Count what the database, and the index where it is given, hold now."""
    with database.read() as connection:
        states = articles.states(connection)
        rejected = Counter(crawls.rejected(connection))
        rejected["language"] += states.get("rejected", 0)
        items = connection.scalar(sa.select(sa.func.count(sa.distinct(articles_table.c.document)))) or 0
        counted: dict[str, Counter[str]] = {"stances": Counter(), "governorates": Counter(), "needs": Counter()}
        if index is not None:
            _count_labels(connection, counted)
        return Summary(
            items=items,
            fetched=sum(states.values()),
            waiting=states.get("spooled", 0) + states.get("claimed", 0),
            analysed=states.get("analysed", 0),
            failed=states.get("failed", 0),
            rejected=+rejected,
            indexed=index.count() if index is not None else 0,
            cases=cases.count(connection),
            mails=outbox.states(connection).get("sent", 0),
            **counted,
        )


def _count_labels(connection: sa.Connection, counted: Mapping[str, Counter[str]]) -> None:
    """Count stances by Document, governorates and needs once for each Case."""
    told: dict[str, tuple[set[str], set[str]]] = {}
    for records in documents.every(connection):
        for record in records:
            counted["stances"][record.analysis["stance"]] += 1
            if record.case:
                places, needs = told.setdefault(record.case, (set(), set()))
                places.update(record.analysis["governorates"]["primary"])
                needs.update(need for appeal in record.analysis["appeals"] for need in appeal["needs"])
    for places, needs in told.values():
        counted["governorates"].update(places)
        counted["needs"].update(needs)


def print_summary(console: Console, before: Summary, after: Summary, mail: Path) -> None:
    """Print what there is now, and beside it what this run added."""
    names = labels("en")
    table = Table(title="the sample newsroom", title_justify="left")
    table.add_column("")
    table.add_column("now", justify="right")
    table.add_column("this run", justify="right")

    def row(name: str, now: int, then: int) -> None:
        table.add_row(name, str(now), f"+{now - then}" if now != then else "-")

    row("items crawled", after.items, before.items)
    row("texts fetched (with edited versions)", after.fetched, before.fetched)
    for reason in sorted(after.rejected):
        row(f"rejected: {reason}", after.rejected[reason], before.rejected.get(reason, 0))
    row("texts analysed", after.analysed, before.analysed)
    if after.failed:
        row("texts that could not be analysed", after.failed, before.failed)
    row("documents indexed", after.indexed, before.indexed)
    for stance in ("appeal", "complaint", "response", "mention", "none"):
        row(f"  {names.name('stance', stance)}", after.stances.get(stance, 0), before.stances.get(stance, 0))
    row("cases", after.cases, before.cases)
    row("mails sent", after.mails, before.mails)
    console.print(table)
    console.print(_counted("cases by governorate", "governorate", after.governorates))
    console.print(_counted("cases by need", "need", after.needs))
    console.print(f"the mails are in {mail}/")


def _counted(title: str, group: Group, values: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for value, count in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(f"{labels('en').name(group, value)} ({labels('ar').name(group, value)})", str(count))
    return table
