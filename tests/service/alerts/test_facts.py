from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from service.alerts.facts import Known, known_of, news
from service.alerts.subscriptions import Tells
from service.database.documents import Record

ALL = tuple(Tells)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _record(places: tuple[tuple[str, str, str, int], ...] = (), urgency: str = "high") -> Record:
    analysis: dict[str, Any] = {
        "stance": "appeal",
        "governorates": {"mentioned": ["IQ-QA"], "primary": ["IQ-QA"]},
        "places": [
            {"name": name, "kind": kind, "governorate": code, "start": start, "end": start + 4}
            for name, kind, code, start in places
        ],
        "facilities": [],
        "appeals": [{"start": 0, "end": 50, "urgency": urgency, "needs": ["water"], "facilities": []}],
    }
    return Record(
        id="a" * 64,
        revision=1,
        url="https://agency.example/1",
        outlet="agency",
        title="عنوان",
        body="نص",
        published=NOW,
        fetched=NOW,
        group="a" * 64,
        case="case-1",
        case_state="new",
        analysis=analysis,
    )


def test_a_first_sight_is_new_and_nothing_else() -> None:
    assert news(None, Known("critical", frozenset({"الشامية"}), 9), ALL) == ["new"]


def test_the_same_again_is_no_news() -> None:
    known = Known("high", frozenset({"الشامية"}), 2)
    assert news(known, known, ALL) == []


@pytest.mark.parametrize(
    ("before", "now", "facts"),
    [
        ("high", "critical", ["urgency:critical"]),
        ("normal", "high", ["urgency:high"]),
        ("", "normal", ["urgency:normal"]),
        ("critical", "normal", []),
        ("high", "", []),
    ],
)
def test_only_a_rise_in_urgency_is_news(before: str, now: str, facts: list[str]) -> None:
    assert news(Known(before), Known(now), ALL) == facts


def test_another_town_is_news_by_its_name() -> None:
    before = Known("high", frozenset({"الشامية"}))
    assert news(before, Known("high", frozenset({"الشامية", "غماس"})), ALL) == ["place:غماس"]


@pytest.mark.parametrize(("before", "now", "facts"), [(1, 2, []), (2, 3, ["outlets:3"]), (2, 11, ["outlets:10"])])
def test_outlets_are_news_at_some_numbers_only(before: int, now: int, facts: list[str]) -> None:
    assert news(Known(outlets=before), Known(outlets=now), ALL) == facts


def test_what_a_subscription_does_not_tell_is_left_out() -> None:
    before, now = Known("normal"), Known("critical", frozenset({"غماس"}), 5)
    assert news(before, now, (Tells.NEW,)) == []
    assert news(before, now, (Tells.URGENCY,)) == ["urgency:critical"]


def test_towns_count_where_they_stand_in_the_appeal_and_its_governorate() -> None:
    record = _record(
        (
            ("الشامية", "district", "IQ-QA", 5),
            ("الديوانية", "seat", "IQ-QA", 15),  # too wide
            ("الشطرة", "district", "IQ-DQ", 25),  # of another governorate
            ("غماس", "subdistrict", "IQ-QA", 90),  # outside of the sentences that ask
        )
    )
    assert known_of(record, None).places == {"الشامية"}


def test_the_case_says_how_urgent_it_is_and_on_how_many_outlets() -> None:
    case = SimpleNamespace(urgency="critical", outlets=4)
    assert known_of(_record(), case) == Known("critical", frozenset(), 4)
    assert known_of(_record(), None) == Known("high", frozenset(), 1)


def test_what_is_known_survives_being_stored_and_grows_together() -> None:
    one, other = Known("high", frozenset({"الشامية"}), 2), Known("critical", frozenset({"غماس"}), 1)
    assert Known.from_dict(one.to_dict()) == one
    assert one.merged(other) == Known("critical", frozenset({"الشامية", "غماس"}), 2)
    assert Known.from_dict({"urgency": "unheard of"}) == Known()
