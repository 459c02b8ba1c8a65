"""A later article that reports a fix proposes "resolved", and nothing else does."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from triage_desk import Editor

from crawler import Article
from nlp import Analyser
from service.assembly import Outlets
from service.database.engine import Database
from service.database.tables import articles, case_events, cases, documents
from service.sink import DatabaseSink
from service.stages import work_off
from service.worker import Worker

Make = Callable[..., Article]

PAIRS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "fixes.toml").read_text(encoding="utf-8"))["pair"]
OUTLETS = Outlets(names={"agency": "بريد بغداد"}, homes={"agency": ""})
DAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = DAY + timedelta(days=3)

APPEAL, FIX = PAIRS[0]["appeal"], PAIRS[0]["later"]


class Newsroom:
    """A database into which texts come, with the real worker behind it."""

    def __init__(self, database: Database, analyser: Analyser, make: Make) -> None:
        self.database, self.analyser, self.make = database, analyser, make
        self.editor = Editor(database, at=DAY + timedelta(hours=6))

    def read(self, texts: dict[str, str], published: datetime = DAY) -> dict[str, str]:
        """Have texts come in at addresses of these names; return the ids of the Documents by name."""
        sink = DatabaseSink(self.database)
        for name, text in texts.items():
            title, _, body = text.partition("\n")
            url = f"https://agency.example/{name.replace(' ', '-')}"
            sink.accept(self.make(url, title=title if body else "", body=body or title, published=published))
        work_off(Worker(self.database, self.analyser, OUTLETS))
        with self.database.read() as connection:
            urls = {row.url: row.document for row in connection.execute(sa.select(articles.c.url, articles.c.document))}
        return {name: urls[f"https://agency.example/{name.replace(' ', '-')}"] for name in texts}

    def case(self, document: str) -> Any:
        with self.database.read() as connection:
            return connection.execute(
                sa.select(cases).join(documents, documents.c.case == cases.c.id).where(documents.c.id == document)
            ).one()


@pytest.fixture
def newsroom(database: Database, analyser: Analyser, article: Make) -> Newsroom:
    return Newsroom(database, analyser, article)


def test_most_reports_of_a_fix_are_proposed_and_nothing_else_is(newsroom: Newsroom) -> None:
    asked = newsroom.read({f"asked {pair['name']}": pair["appeal"] for pair in PAIRS})
    later = newsroom.read({f"later {pair['name']}": pair["later"] for pair in PAIRS}, LATER)
    right = {
        later[f"later {pair['name']}"]: newsroom.editor.case_of(asked[f"asked {pair['name']}"])
        for pair in PAIRS
        if pair["fix"]
    }
    made = {row.proposal["document"]: row.id for row in newsroom.editor.rows(cases) if row.proposal}
    wrong = {document: case for document, case in made.items() if right.get(document) != case}
    assert wrong == {}
    assert len(right) >= 20
    assert len(made) >= 0.7 * len(right)


def test_a_report_of_a_fix_says_on_which_words_it_rests(newsroom: Newsroom) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    (told,) = newsroom.read({"told": FIX}, LATER).values()
    held = newsroom.case(asked)
    assert (held.state, held.revision) == ("new", 2)  # people decide
    assert (held.proposal["state"], held.proposal["document"]) == ("resolved", told)
    assert held.proposal["reason"].startswith("fixed: عودة الماء (likeness 0.")
    opened, proposed = newsroom.editor.rows(case_events)
    assert (opened.kind, proposed.kind, proposed.actor, proposed.document) == ("opened", "proposed", "rasid", told)
    assert proposed.reason == held.proposal["reason"]
    assert proposed.detail["after"] == {"proposal": held.proposal}
    assert newsroom.editor.case_of(told) is None


def test_the_same_report_again_or_on_another_outlet_proposes_once(newsroom: Newsroom) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    newsroom.read({"told": FIX}, LATER)
    newsroom.editor.decide("dismiss", newsroom.case(asked).id)
    newsroom.read({"told": f"{FIX} وشكر الأهالي الملاكات.", "copy": FIX}, LATER)
    assert newsroom.case(asked).proposal is None
    assert newsroom.editor.kinds(newsroom.case(asked).id) == ["opened", "proposed", "dismissed"]


@pytest.mark.parametrize("state", ["resolved", "rejected"])
def test_a_case_that_is_done_with_is_not_proposed(newsroom: Newsroom, state: str) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    newsroom.editor.decide("set_state", newsroom.case(asked).id, state)
    newsroom.read({"told": FIX}, LATER)
    assert newsroom.case(asked).proposal is None


@pytest.mark.parametrize("days", [-1, 31])
def test_what_was_fixed_before_or_long_after_it_was_asked_for_is_another_matter(newsroom: Newsroom, days: int) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    newsroom.read({"told": FIX}, DAY + timedelta(days=days))
    assert newsroom.case(asked).proposal is None


def test_a_merged_cases_fix_is_proposed_where_it_lives_on(newsroom: Newsroom) -> None:
    asked = newsroom.read({"asked": APPEAL, "other": PAIRS[1]["appeal"]})
    case, into = newsroom.case(asked["asked"]).id, newsroom.case(asked["other"]).id
    newsroom.editor.decide("merge", case, into)
    newsroom.read({"told": FIX}, LATER)
    assert {row.id for row in newsroom.editor.rows(cases) if row.proposal} == {into}


def test_who_asks_again_after_the_answer_is_seen_and_the_case_stays_as_it_was_decided(newsroom: Newsroom) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    case = newsroom.case(asked).id
    newsroom.editor.decide("set_state", case, "answered")
    (again,) = newsroom.read({"again": APPEAL.replace("11 يوماً", "14 يوماً")}, LATER).values()
    assert newsroom.editor.case_of(again) == case
    held = newsroom.case(asked)
    assert (held.state, held.due) == ("answered", None)
    assert held.proposal == {"state": "new", "document": again, "reason": "asked_again"}
    assert newsroom.editor.kinds(case) == ["opened", "state", "joined", "proposed"]
    newsroom.editor.decide("accept", case)
    assert newsroom.case(asked).state == "new"
    assert newsroom.case(asked).due is not None


def test_an_older_telling_that_comes_in_late_asks_nothing_again(newsroom: Newsroom) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    case = newsroom.case(asked).id
    newsroom.editor.decide("set_state", case, "resolved")
    newsroom.read({"again": APPEAL.replace("11 يوماً", "10 أيام")}, DAY - timedelta(days=1))
    assert newsroom.editor.kinds(case) == ["opened", "state", "joined"]
    assert newsroom.case(asked).proposal is None


@pytest.mark.parametrize("state", ["rejected", "verified"])
def test_nothing_is_proposed_where_another_telling_of_a_case_says_nothing_new(newsroom: Newsroom, state: str) -> None:
    (asked,) = newsroom.read({"asked": APPEAL}).values()
    case = newsroom.case(asked).id
    newsroom.editor.decide("set_state", case, state)
    newsroom.read({"again": APPEAL.replace("11 يوماً", "14 يوماً")}, LATER)
    assert newsroom.editor.kinds(case) == ["opened", "state", "joined"]


def test_an_item_of_a_split_case_that_is_edited_out_and_in_again_comes_back_to_it(newsroom: Newsroom) -> None:
    ids = newsroom.read({"asked": APPEAL, "copy": f"{APPEAL} "})
    case = newsroom.case(ids["asked"]).id
    assert newsroom.editor.case_of(ids["copy"]) == case
    split = newsroom.editor.decide("split", case, [ids["asked"]])
    assert split.case != case
    newsroom.read({"asked": "افتتح اليوم معرض للكتاب في مدينة الكوت بحضور جمهور كبير."})
    assert newsroom.editor.case_of(ids["asked"]) is None
    newsroom.read({"asked": APPEAL})
    assert newsroom.editor.case_of(ids["asked"]) == split.case
    assert newsroom.editor.kinds(split.case) == ["split", "left", "joined"]
