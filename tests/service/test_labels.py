from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

import service
from crawler.article import Reason
from index.protocol import Field, Sort
from nlp.analysis import Stance, Urgency
from service.labels import Digits, Group, Language, catalogue, labels
from service.roles import Role

LANGUAGES: tuple[Language, ...] = get_args(Language)
NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)

VALUES = {
    "stance": get_args(Stance),
    "urgency": get_args(Urgency),
    "need": (
        *("water", "electricity", "health", "education", "roads_transport", "sewage_environment", "housing_land"),
        *("jobs_salaries", "welfare_aid", "documents_administration", "security_justice", "missing_detained"),
        *("agriculture", "displacement", "prices_fuel", "other"),
    ),
    "facility_type": (
        *("health", "education", "security", "civil_registry", "justice", "municipal", "electricity", "water"),
        *("sewage", "roads_bridges", "transport", "housing", "social_welfare", "agriculture_irrigation"),
        *("industry_oil", "market", "religious", "culture_sport", "other"),
    ),
    "governorate": (
        *("IQ-AN", "IQ-AR", "IQ-BA", "IQ-BB", "IQ-BG", "IQ-DA", "IQ-DI", "IQ-DQ", "IQ-HL", "IQ-KA"),
        *("IQ-KI", "IQ-MA", "IQ-MU", "IQ-NA", "IQ-NI", "IQ-QA", "IQ-SD", "IQ-SU", "IQ-WA"),
    ),
    "case_state": ("new", "verified", "referred", "answered", "resolved", "rejected"),
    "corrected": ("stance", "urgency", "governorate", "need", "facility"),
    "reason": (*(reason.value for reason in Reason), "language"),
    "field": tuple(field.value for field in Field),
    "sort": tuple(sort.value for sort in Sort),
    "role": tuple(role.value for role in Role),
    "theme": ("auto", "light", "dark"),
    "digits": get_args(Digits),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", VALUES)
def test_every_value_of_a_contract_has_a_name_and_no_name_is_left_over(language: Language, group: str) -> None:
    assert set(catalogue(language)["name"][group]) == set(VALUES[group])


def test_both_languages_hold_the_same_keys() -> None:
    arabic, english = (catalogue(language) for language in LANGUAGES)
    assert list(arabic) == list(english)
    for section in ("time", "text"):
        assert list(arabic[section]) == list(english[section])
    assert {group: list(names) for group, names in arabic["name"].items()} == {
        group: list(names) for group, names in english["name"].items()
    }
    assert list(arabic["count"]) == list(english["count"])
    assert set(arabic["name"]) == set(get_args(Group))


def test_both_languages_fill_the_same_places() -> None:
    arabic, english = (catalogue(language)["text"] for language in LANGUAGES)
    for key in arabic:
        places = [{name for _, name, _, _ in Formatter().parse(texts[key]) if name} for texts in (arabic, english)]
        assert places[0] == places[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_counted_nouns_have_every_plural_form_of_their_language(language: Language) -> None:
    wanted = set(Locale.parse(language).plural_form.tags) | {"other"}
    for noun, forms in labels(language).counts.items():
        assert set(forms) == wanted, noun


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_is_empty(language: Language) -> None:
    def strings(value: Any) -> list[str]:
        return [value] if isinstance(value, str) else [text for inner in value.values() for text in strings(inner)]

    assert all(text.strip() for text in strings(catalogue(language)))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "لا منافذ"),
        (1, "منفذ واحد"),
        (2, "منفذان"),
        (3, "3 منافذ"),
        (10, "10 منافذ"),
        (11, "11 منفذاً"),
        (99, "99 منفذاً"),
        (100, "100 منفذ"),
        (103, "103 منافذ"),
        (1211, "1,211 منفذاً"),
    ],
)
def test_an_arabic_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert labels("ar").count("outlet", number) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_any_count_has_a_text(number: int) -> None:
    for language in LANGUAGES:
        assert labels(language).count("item", number)


def test_an_unknown_value_shows_itself() -> None:
    assert labels("ar").name("why", "never_heard_of") == "never_heard_of"


def test_evidence_of_a_need_names_the_need() -> None:
    assert labels("ar").name("why", "need:water") == "حاجة: ماء"
    assert labels("en").name("why", "need:unheard_of") == "need: unheard_of"


def test_every_kind_of_place_in_the_gazetteer_has_a_name() -> None:
    rows = (files("nlp") / "data" / "places.tsv").read_text(encoding="utf-8").splitlines()
    head = next(row for row in rows if not row.startswith("#")).split("\t")
    kinds = {row.split("\t")[head.index("kind")] for row in rows if not row.startswith("#")} - {"kind"}
    assert kinds <= set(labels("ar").names["place_kind"])


def test_every_action_that_is_written_into_the_audit_log_has_a_name() -> None:
    written: set[str] = set()
    for file in Path(service.__file__).parent.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        for call in calls:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = {"note": 2, "Act": 2, "_note": -1}.get(name)
            action = call.args[place] if place is not None and len(call.args) >= 3 else None
            if isinstance(action, ast.Constant) and isinstance(action.value, str):
                written.add(action.value)
    assert {"login", "corrected", "case_state", "search_saved"} <= written
    assert written - set(labels("ar").names["action"]) == set()


def test_values_are_listed_by_name() -> None:
    assert labels("ar").listed("need", ("water", "health")) == "ماء، صحة"
    assert labels("en").listed("need", ("water", "health")) == "Water, Health"


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=20), "الآن"),
        (timedelta(minutes=-4), "الآن"),
        (timedelta(minutes=1), "قبل دقيقة واحدة"),
        (timedelta(minutes=2), "قبل دقيقتين"),
        (timedelta(minutes=12), "قبل 12 دقيقة"),
        (timedelta(minutes=119), "قبل ساعة واحدة"),
        (timedelta(hours=23, minutes=59), "قبل 23 ساعة"),
        (timedelta(days=3), "قبل 3 أيام"),
        (timedelta(days=7), "7 تموز 2026"),
        (timedelta(days=-2), "16 تموز 2026"),
    ],
)
def test_a_time_is_told_from_now_while_that_says_more_than_its_date(passed: timedelta, text: str) -> None:
    assert labels("ar").ago(NOW - passed, NOW) == text


def test_the_exact_time_is_baghdads() -> None:
    assert labels("ar").exact(NOW) == "الثلاثاء 14 تموز 2026، 12:30"
    assert labels("en").exact(NOW) == "Tuesday 14 July 2026, 12:30"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-07-14", "اليوم"),
        ("2026-07-13", "أمس"),
        ("2026-07-10", "الجمعة 10 تموز"),
        ("2025-12-31", "31 كانون الأول 2025"),
        ("not a day", "not a day"),
    ],
)
def test_days_have_names(value: str, text: str) -> None:
    assert labels("ar").day(value, NOW) == text


def test_today_changes_at_midnight_in_baghdad() -> None:
    assert labels("ar").day("2026-07-15", datetime(2026, 7, 14, 21, 0, tzinfo=UTC)) == "اليوم"
