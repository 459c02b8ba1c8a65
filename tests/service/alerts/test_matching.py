from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from service.alerts import subscriptions
from service.alerts.matching import Matcher
from service.alerts.subscriptions import Tells
from service.database import cases, changes
from service.database.cases import Dues
from service.database.tables import alerts, case_events
from service.database.tables import cases as cases_table

TO, HEAD = "editor@newsroom.example", "head@newsroom.example"


def _read(**changed: Any) -> dict[str, Any]:
    appeal = {
        "start": 0,
        "end": 50,
        "appellants": [],
        "addressees": [],
        "needs": ["water"],
        "urgency": "high",
        "governorates": ["IQ-WA"],
        "facilities": [],
        "summary": "",
        "evidence": [],
    }
    places = [
        {"text": name, "name": name, "kind": "town", "governorate": "IQ-WA", "start": 1, "end": 5, "score": 0.9}
        for name in changed.pop("places", ())
    ]
    return {
        "stance": "appeal",
        "governorates": {"mentioned": ["IQ-WA"], "primary": ["IQ-WA"]},
        "places": places,
        "facilities": [],
        "appeals": [appeal | changed],
    }


def test_a_new_case_is_owed_once_however_often_it_comes_up(happening: Any) -> None:
    happening.subscribe()
    case = happening.store(1)
    assert happening.match() == 1
    happening.announce(1)
    with happening.database.write() as connection:
        changes.restart(connection, changes.MATCHER)
    assert happening.match() == 0
    assert happening.facts() == [(case, "new")]


def test_nothing_is_matched_before_it_can_be_found_in_the_index(happening: Any) -> None:
    happening.subscribe()
    happening.store(1, indexed=False)
    assert happening.match() == 0
    with happening.database.read() as connection:
        assert changes.position(connection, changes.MATCHER) == 0


def test_what_arrives_late_is_matched_in_the_order_of_its_arrival(happening: Any) -> None:
    happening.subscribe()
    happening.store(1)
    happening.match()
    happening.pass_(hours=2)
    late = happening.store(2, published=happening.now - timedelta(days=9))
    assert happening.match() == 1
    assert happening.facts()[-1] == (late, "new")


def test_a_subscription_finds_what_its_own_search_finds(happening: Any) -> None:
    happening.subscribe(query="q=كهرباء")
    happening.subscribe(query="need=water&primary=IQ-WA")
    happening.subscribe(query="primary=IQ-BA")
    happening.subscribe(query='q="حي الزهور" -كهرباء')
    happening.store(1)
    happening.match()
    with happening.database.read() as connection:
        assert sorted(connection.scalars(sa.select(alerts.c.subscription))) == [2, 4]


def test_an_item_of_no_case_is_told_where_somebody_searches_for_it(happening: Any) -> None:
    happening.subscribe(query="stance=none")
    item = happening.store(1, read=_read() | {"stance": "none", "appeals": []})
    assert happening.match() == 1
    assert happening.facts() == [(item, "new")]


def test_what_came_before_a_subscription_is_not_told_and_what_was_on_its_way_is(happening: Any) -> None:
    happening.subscribe(HEAD)
    happening.store(1)
    happening.match()
    happening.pass_(minutes=5)
    waiting = happening.store(2)
    happening.pass_(minutes=5)
    number = happening.subscribe(TO)
    happening.announce(1)
    happening.match()
    with happening.database.read() as connection:
        told = connection.scalars(sa.select(alerts.c.subject).where(alerts.c.subscription == number)).all()
    assert told == [waiting]


def test_an_edit_that_changes_no_fact_is_not_told(happening: Any) -> None:
    happening.subscribe()
    happening.store(1, read=_read(places=["النعمانية"]))
    happening.match()
    happening.pass_(minutes=30)
    happening.store(1, read=_read(places=["النعمانية"]), title="عنوان بلا خطأ إملائي")
    assert happening.match() == 0


def test_more_urgency_another_town_and_more_outlets_are_follow_ups_told_once_each(happening: Any) -> None:
    happening.subscribe(tells=tuple(Tells))
    case = happening.store(1, read=_read(places=["النعمانية"]))
    happening.match()
    happening.store(2, case=case, outlet="other", read=_read(urgency="critical", places=["الصويرة"]))
    happening.match()
    happening.store(3, case=case, outlet="third", read=_read(urgency="critical", places=["الصويرة"]))
    happening.match()
    happening.store(4, case=case, outlet="fourth", read=_read())
    happening.match()
    facts = [fact for subject, fact in happening.facts() if subject == case]
    assert facts == ["new", "urgency:critical", "place:الصويرة", "outlets:3"]


def test_a_subscription_to_escalations_alone_is_silent_at_first_sight(happening: Any) -> None:
    happening.subscribe(tells=(Tells.URGENCY,))
    case = happening.store(1)
    assert happening.match() == 0
    happening.store(2, case=case, read=_read(urgency="critical"))
    assert happening.match() == 1
    assert happening.digest() == 1


def test_a_paused_subscription_is_owed_nothing_and_goes_on_from_when_it_is_resumed(happening: Any) -> None:
    number = happening.subscribe()
    with happening.database.write() as connection:
        subscriptions.pause(connection, number, happening.now)
    happening.store(1)
    assert happening.match() == 0
    happening.pass_(hours=1)
    with happening.database.write() as connection:
        subscriptions.resume(connection, number, happening.now)
    happening.announce(1)
    happening.store(2)
    assert happening.match() == 1


def test_a_case_becomes_overdue_once_for_each_due_time(happening: Any) -> None:
    happening.subscribe(tells=(Tells.NEW, Tells.OVERDUE))
    case = happening.store(1)
    happening.match()
    matcher = Matcher(happening.database, {}, ())
    assert matcher.match_overdue(happening.now) == 0
    happening.pass_(hours=25)
    assert [matcher.match_overdue(happening.now) for _ in range(2)] == [1, 0]
    with happening.database.write() as connection:
        later = happening.now + timedelta(hours=3)
        connection.execute(cases_table.update().values(due=later, due_by="editor"))
    happening.pass_(hours=4)
    assert [matcher.match_overdue(happening.now) for _ in range(2)] == [1, 0]
    assert [fact.partition(":")[0] for _, fact in happening.facts()] == ["new", "overdue", "overdue"]
    with happening.database.read() as connection:
        kinds = connection.scalars(sa.select(case_events.c.kind).where(case_events.c.case == case)).all()
    assert kinds.count("overdue") == 2


def test_an_answered_case_is_not_overdue(happening: Any) -> None:
    happening.subscribe(tells=(Tells.OVERDUE,))
    case = happening.store(1)
    with happening.database.write() as connection:
        connection.execute(cases_table.update().values(state="answered"))
        cases.refresh(connection, case, Dues())
    happening.pass_(days=9)
    assert Matcher(happening.database, {}, ()).match_overdue(happening.now) == 0


def test_the_setting_alert_to_is_a_subscription_that_follows_it(happening: Any) -> None:
    def keep(*addresses: str) -> list[str]:
        with happening.database.write() as connection:
            subscriptions.keep_in_step(connection, addresses, "ar", happening.now)
            return [one.address for held in subscriptions.every(connection) for one in held.recipients]

    assert keep() == []
    assert keep(TO, HEAD) == [TO, HEAD]
    assert keep(TO, HEAD) == [TO, HEAD]
    assert keep(HEAD) == [HEAD]
    assert keep() == []
    assert keep(TO) == [TO]
    with happening.database.read() as connection:
        assert len(subscriptions.every(connection)) == 1
