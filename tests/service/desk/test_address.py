from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from index import Field, Sort
from service.desk.address import INCOMING, Address

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
VALUES = st.lists(WORDS.filter(lambda value: value != "any"), unique=True, max_size=3).map(tuple)
FILTERS = st.dictionaries(st.sampled_from([f for f in Field if f is not Field.STANCE]), VALUES.filter(bool))


DAYS = st.one_of(st.just(""), st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat))

ADDRESSES = st.builds(
    Address,
    text=WORDS.map(str.strip).filter(bool),
    typing=st.booleans(),
    since=DAYS,
    until=DAYS,
    filters=st.builds(lambda filters, stances: {**filters, Field.STANCE: stances}, FILTERS, VALUES),
    sort=st.sampled_from(Sort),
    after=WORDS,
    item=WORDS,
    language=st.sampled_from(["ar", "en"]),
)


@given(ADDRESSES)
def test_a_state_survives_its_url(address: Address) -> None:
    assert Address.read(QueryParams(address.query().removeprefix("?"))) == address


@given(st.text(max_size=80))
def test_any_query_is_a_state(query: str) -> None:
    address = Address.read(QueryParams(query))
    assert Address.read(QueryParams(address.query().removeprefix("?"))) == address


def test_the_desk_opens_on_appeals_and_complaints() -> None:
    assert Address.read(QueryParams("")).filters == {Field.STANCE: INCOMING}
    assert Address().query() == ""


def test_removing_the_last_stance_shows_every_stance() -> None:
    address = Address().toggled(Field.STANCE, "appeal").toggled(Field.STANCE, "complaint")
    assert address.filters == {Field.STANCE: ()}
    assert address.query() == "?stance=any"


@pytest.mark.parametrize("query", ["sort=best", "lang=fr", "unknown=1", "stance="])
def test_what_is_not_understood_is_left_out(query: str) -> None:
    assert Address.read(QueryParams(query)) == Address()


def test_another_choice_goes_back_to_the_first_page_with_nothing_open() -> None:
    address = Address(after="cursor", item="id").toggled(Field.NEED, "water")
    assert (address.after, address.item) == ("", "")
    assert address.toggled(Field.NEED, "water") == Address()


def test_a_query_of_any_length_makes_a_bounded_state() -> None:
    address = Address.read(QueryParams("&".join(f"need=n{number}" for number in range(5000)) + "&q=" + "ا" * 5000))
    assert len(address.query()) < 10_000
    assert not address.has(Field.NEED, "n4999")


def test_days_are_those_of_baghdad_from_midnight_to_midnight() -> None:
    query = Address(since="2026-07-13", until="2026-07-14").asks(size=5)
    assert query.since == datetime(2026, 7, 12, 21, tzinfo=UTC)
    assert query.until == datetime(2026, 7, 14, 21, tzinfo=UTC)
    assert (query.size, query.sort, query.typing) == (5, Sort.NEWEST, False)


def test_a_text_that_ends_in_a_space_is_typed_no_more() -> None:
    assert Address.read(QueryParams("q=ماء&typing=1")).typing
    assert not Address.read(QueryParams("q=ماء+&typing=1")).typing
    assert not Address.read(QueryParams("q=&typing=1")).typing
    assert not Address.read(QueryParams("q=ماء&typing=yes")).typing


def test_other_words_and_whole_ones_are_not_typed() -> None:
    address = Address.read(QueryParams("q=ماء&typing=1&since=2026-07-01"))
    assert address.settled().query() == address.searched("ماء").query()
    assert address.toggled(Field.NEED, "water").typing
    assert address.between("", "").since == ""
