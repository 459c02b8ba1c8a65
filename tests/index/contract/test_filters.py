from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from index import Field, Query, Sort

KEYS = {
    Field.STANCE: ("stance", "appeal", "complaint"),
    Field.URGENCY: ("urgency", "critical", "high"),
    Field.NEED: ("needs", ("water", "health"), ("health",)),
    Field.GOVERNORATE: ("governorates", ("IQ-BA", "IQ-BG"), ("IQ-BG",)),
    Field.PRIMARY: ("primary", ("IQ-BA", "IQ-BG"), ("IQ-BG",)),
    Field.FACILITY_TYPE: ("facility_types", ("water", "health"), ("health",)),
    Field.OUTLET: ("outlet", "shafaq", "ina"),
    Field.CASE: ("case", "case-1", "case-2"),
    Field.CASE_STATE: ("case_state", "new", "closed"),
    Field.GROUP: ("group", "group-1", "group-2"),
    Field.CORRECTED: ("corrected", ("stance", "need"), ("need",)),
    Field.DAY: ("published", datetime(2026, 5, 20, 9, tzinfo=UTC), datetime(2026, 5, 19, 9, tzinfo=UTC)),
}


def values(given):
    if isinstance(given, datetime):
        return (given.date().isoformat(),)
    return given if isinstance(given, tuple) else (given,)


@pytest.mark.parametrize("field", Field)
def test_every_field_filters_and_counts(index, make, store, ids, field):
    name, first, second = KEYS[field]
    store(make("a", title="الماء", **{name: first}), make("b", title="الماء", **{name: second}))
    both = sorted({*values(first), *values(second)})
    assert ids("الماء", filters={field: values(first)[:1]}) == ["a"]
    assert sorted(ids("الماء", filters={field: tuple(both)})) == ["a", "b"]
    assert ids("الماء", filters={field: ("elsewhere",)}) == []
    assert sorted(ids("الماء", filters={field: ()})) == ["a", "b"]
    counted = index.search(Query(text="الماء", facets=(field,), filters={field: values(first)[:1]})).facets[field]
    expected = {value: (value in values(first)) + (value in values(second)) for value in both}
    days = field is Field.DAY
    assert counted == tuple(sorted(expected.items(), key=lambda pair: (-pair[1], pair[0]), reverse=days))


def test_values_are_joined_by_or_and_fields_by_and(make, store, ids):
    store(
        make("a", stance="appeal", needs=("water",)),
        make("b", stance="complaint", needs=("water",), minutes=1),
        make("c", stance="appeal", needs=("health",), minutes=2),
        make("d", stance="none", needs=("water", "health"), minutes=3),
    )
    assert ids(filters={Field.STANCE: ("appeal", "complaint"), Field.NEED: ("water",)}) == ["a", "b"]
    assert ids(filters={Field.NEED: ("water", "health")}) == ["a", "b", "c", "d"]


def test_no_value_is_not_counted_and_cannot_be_asked_for(index, make, store, ids):
    store(make("a", urgency="", case="", needs=("",), group=""))
    page = index.search(Query(facets=tuple(Field)))
    for field in (Field.URGENCY, Field.CASE, Field.NEED, Field.GROUP, Field.PRIMARY):
        assert page.facets[field] == ()
        assert ids(filters={field: ("",)}) == []


def test_odd_filter_values_match_nothing(make, store, ids):
    store(make("a", case="c", outlet="o"))
    for field in Field:
        for value in ("\ud800", "\x00", "' OR 1=1 --", "%", "*", "x" * 5000):
            assert ids(filters={field: (value,)}) == []


def test_a_facet_leaves_out_its_own_filter_only(index, make, store):
    store(
        make("a", title="الماء", stance="appeal", outlet="ina"),
        make("b", title="الماء", stance="appeal", outlet="shafaq"),
        make("c", title="الماء", stance="complaint", outlet="ina"),
        make("d", title="الماء", stance="none", outlet="shafaq"),
        make("e", title="الكهرباء", stance="appeal", outlet="ina"),
    )
    page = index.search(
        Query(
            text="الماء",
            filters={Field.STANCE: ("appeal",), Field.OUTLET: ("ina",)},
            facets=(Field.STANCE, Field.OUTLET, Field.DAY),
        )
    )
    assert page.total == 1
    assert page.facets == {
        Field.STANCE: (("appeal", 1), ("complaint", 1)),
        Field.OUTLET: (("ina", 1), ("shafaq", 1)),
        Field.DAY: (("2026-05-20", 1),),
    }


def test_facets_are_sorted_by_count_then_value_and_cut(index, make, store):
    outlets = ["ccc", "bbb", "aaa", "aaa", "bbb", "ddd"]
    store(*(make(str(number), outlet=outlet) for number, outlet in enumerate(outlets)))
    counted = (("aaa", 2), ("bbb", 2), ("ccc", 1), ("ddd", 1))
    assert index.search(Query(facets=(Field.OUTLET,))).facets[Field.OUTLET] == counted
    assert index.search(Query(facets=(Field.OUTLET,), facet_size=2)).facets[Field.OUTLET] == counted[:2]
    assert index.search(Query(facets=(Field.OUTLET,), facet_size=0)).facets[Field.OUTLET] == ()


def test_days_are_counted_from_the_newest_on(index, make, store):
    store(*(make(str(number), minutes=1440 * (number // 2)) for number in range(9)))
    counted = (("2026-05-20", 2), ("2026-05-19", 2), ("2026-05-18", 2), ("2026-05-17", 2), ("2026-05-16", 1))
    assert index.search(Query(facets=(Field.DAY,))).facets[Field.DAY] == counted
    assert index.search(Query(facets=(Field.DAY,), facet_size=3)).facets[Field.DAY] == counted[:3]


def test_the_total_is_exact_and_facets_cover_all_pages(index, make, store):
    store(*(make(str(number), title="الماء", minutes=number) for number in range(57)))
    page = index.search(Query(text="الماء", size=0, facets=(Field.OUTLET,)))
    assert (page.total, page.hits, page.next, page.facets) == (57, (), "", {Field.OUTLET: (("ina", 57),)})


def test_days_are_those_of_baghdad(index, make, store, ids):
    store(
        make("late", published=datetime(2026, 5, 19, 20, 59, 59, tzinfo=UTC)),
        make("early", published=datetime(2026, 5, 19, 21, 0, tzinfo=UTC)),
    )
    assert ids(filters={Field.DAY: ("2026-05-19",)}) == ["late"]
    assert ids(filters={Field.DAY: ("2026-05-20",)}) == ["early"]


def test_since_is_inclusive_and_until_exclusive(make, store, ids):
    start = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
    store(*(make(f"{hours:03}", published=start + timedelta(hours=hours)) for hours in range(0, 240, 6)))
    everything = {f"{hours:03}": start + timedelta(hours=hours) for hours in range(0, 240, 6)}
    for since_hours in (None, -5, 0, 1, 6, 100, 234, 300):
        for until_hours in (None, -5, 0, 6, 7, 126, 234, 235, 300):
            since = None if since_hours is None else start + timedelta(hours=since_hours)
            until = None if until_hours is None else start + timedelta(hours=until_hours)
            expected = [
                name for name, at in everything.items() if (not since or at >= since) and (not until or at < until)
            ]
            assert ids(since=since, until=until, sort=Sort.OLDEST) == expected


def test_times_at_the_ends_of_the_calendar_bound_nothing(make, store, ids):
    store(make("a"))
    assert ids(since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC)) == ["a"]
    assert ids(since=datetime.max.replace(tzinfo=UTC)) == []


def test_a_time_without_zone_is_utc(make, store, ids):
    store(make("a", published=datetime(2026, 5, 20, 9, tzinfo=UTC)))
    assert ids(since=datetime(2026, 5, 20, 9)) == ["a"]  # noqa: DTZ001 - what is read as UTC
    assert ids(until=datetime(2026, 5, 20, 9)) == []  # noqa: DTZ001 - what is read as UTC
