from __future__ import annotations

from typing import Any

import pytest
from api_programs import Program
from desk_rooms import NOW, Room
from fastapi.testclient import TestClient

from index import Document
from service.database.tables import audit, cases

CASES = "/api/v1/cases"
CASE = f"{CASES}/case-siba"
OTHER = f"{CASES}/case-road"


def decide(client: TestClient, case: str = CASE, tag: str | None = None, **decision: Any) -> Any:
    seen = client.get(case).headers["etag"] if tag is None else tag
    return client.post(f"{case}/decisions", json=decision, headers={"If-Match": seen} if seen else {})


def test_cases_are_listed_page_by_page_overdue_ones_first(program: Program) -> None:
    client, seen, address = program("reader"), [], f"{CASES}?size=5"
    while address:
        answer = client.get(address)
        seen += answer.json()["cases"]
        address = answer.links.get("next", {}).get("url", "")
    assert [case["overdue"] for case in seen] == sorted((case["overdue"] for case in seen), reverse=True)
    assert len({case["id"] for case in seen}) == len(seen) == answer.json()["total"]


def test_filters_and_counts_of_cases(program: Program) -> None:
    found = program().get(CASES, params={"governorate": "IQ-BA", "need": "water", "facets": True}).json()
    assert "case-siba" in [case["id"] for case in found["cases"]]
    assert all("IQ-BA" in case["governorates"] and "water" in case["needs"] for case in found["cases"])
    assert {"value": "new", "count": found["total"]} in found["facets"]["state"]


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "!", "W" * 501])
def test_a_cursor_of_no_page_of_cases_is_refused(program: Program, cursor: str) -> None:
    assert program().get(CASES, params={"after": cursor}).status_code == 400


def test_a_case_is_told_with_its_items_once(program: Program, newsroom: list[Document]) -> None:
    answer = program().get(CASE)
    assert {item["id"] for item in answer.json()["items"]} == {d.id for d in newsroom if d.case == "case-siba"}
    again = program().get(CASE, headers={"If-None-Match": f'"x", W/{answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert program().get(f"{CASES}/case-nothing").status_code == 404


def test_the_tag_changes_with_what_is_told(own_room: Room, own_program: Program) -> None:
    tag = own_program().get(CASE).headers["etag"]
    with own_room.database.write() as connection:
        connection.execute(cases.update().where(cases.c.id == "case-siba").values(summary="another"))
    answer = own_program().get(CASE, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"].startswith('"1-')
    assert decide(own_program(), tag=tag, kind="state", state="verified").status_code == 200


def test_a_decision_is_taken_on_what_was_seen(own_room: Room, own_program: Program) -> None:
    client = own_program("editor")
    answer = decide(client, kind="state", state="referred", referred_to="مديرية ماء البصرة", reason="عاجل")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["case"]["state"], told["case"]["referred_to"]) == ("referred", "مديرية ماء البصرة")
    assert told["case"]["events"][0]["id"] == told["event"]
    assert answer.headers["etag"] == client.get(CASE).headers["etag"]
    assert answer.headers["content-location"] == CASE
    with own_room.database.read() as connection:
        noted = connection.execute(audit.select().where(audit.c.subject == "case:case-siba")).all()
    assert [(row.actor, row.action) for row in noted] == [("editor", "case_state")]


def test_the_second_of_two_people_overwrites_nothing(own_program: Program) -> None:
    first, second = own_program("editor"), own_program("second")
    tag = second.get(CASE).headers["etag"]
    assert decide(first, kind="assign", assignee="editor").status_code == 200
    answer = decide(second, tag=tag, kind="assign", assignee="second")
    assert answer.status_code == 412
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "/api/v1/docs#conflict"
    assert told["revision"] == 2
    assert [(event["kind"], event["actor"]) for event in told["events"]] == [("assigned", "editor")]
    assert second.get(CASE).json()["assignee"] == "editor"
    assert decide(second, tag='"1", "2"', kind="assign", assignee="second").status_code == 200


@pytest.mark.parametrize(("tag", "status"), [("", 428), ("1", 400), ('W/"1"', 412), ('"9"', 412), ('"x"', 412)])
def test_a_decision_without_what_was_seen_is_refused(program: Program, tag: str, status: int) -> None:
    assert decide(program(), tag=tag, kind="assign", assignee="editor").status_code == status


def test_who_takes_a_case_as_it_is_may_say_so(own_program: Program) -> None:
    assert decide(own_program(), tag="*", kind="assign", assignee="editor").status_code == 200


def test_a_note_conflicts_with_nothing(own_program: Program) -> None:
    answer = decide(own_program(), tag="", kind="note", text="اتصلنا بالقائممقام.")
    assert answer.json()["case"]["events"][0]["reason"] == "اتصلنا بالقائممقام."


def test_a_due_time_is_set_and_given_back(own_program: Program) -> None:
    before = own_program().get(CASE).json()["due"]
    told = decide(own_program(), kind="due", due="2026-07-15T12:00:00+03:00").json()["case"]
    assert (told["due"], told["due_by"]) == ("2026-07-15T09:00:00Z", "editor")
    assert decide(own_program(), kind="due", due=None).json()["case"]["due"] == before


def test_cases_are_merged_and_the_merger_is_taken_back(own_program: Program) -> None:
    client = own_program()
    answer = decide(client, kind="merge", into="case-road", reason="الطلب نفسه")
    assert answer.headers["content-location"] == OTHER
    assert len(answer.json()["case"]["items"]) == 4
    assert client.get(CASE).json()["merged_into"] == "case-road"
    assert decide(client, kind="state", state="verified").status_code == 409
    undone = client.post(f"{OTHER}/events/{answer.json()['event']}/undo")
    assert undone.status_code == 200
    assert client.get(CASE).json()["merged_into"] is None
    assert client.post(f"{OTHER}/events/{answer.json()['event']}/undo").status_code == 409


def test_a_case_is_split(own_program: Program) -> None:
    client = own_program()
    items = [item["id"] for item in client.get(CASE).json()["items"]]
    answer = decide(client, kind="split", documents=items[:1])
    assert [item["id"] for item in answer.json()["case"]["items"]] == items[:1]
    assert answer.headers["content-location"] not in {CASE, OTHER}
    assert decide(client, kind="split", documents=["0" * 64]).json()["reason"] == "split_none"


def test_what_the_machine_proposes_is_accepted_or_dismissed(own_room: Room, own_program: Program) -> None:
    proposal = {"state": "resolved", "document": "0" * 64, "reason": "أعيد الماء"}
    for kind, state in (("dismiss", "new"), ("accept", "resolved")):
        with own_room.database.write() as connection:
            connection.execute(cases.update().where(cases.c.id == "case-siba").values(proposal=proposal))
        told = decide(own_program(), kind=kind).json()["case"]
        assert (told["state"], told["proposal"]) == (state, None)
    assert decide(own_program(), kind="accept").status_code == 409


def test_an_event_is_taken_back_on_its_own_case_only(own_program: Program) -> None:
    client = own_program()
    event = decide(client, kind="assign", assignee="second").json()["event"]
    assert client.post(f"{OTHER}/events/{event}/undo").status_code == 404
    assert client.post(f"{CASE}/events/{event}/undo", headers={"If-Match": '"1"'}).status_code == 412
    assert client.post(f"{CASE}/events/{event}/undo").json()["case"]["assignee"] == ""


@pytest.mark.parametrize(
    "decision",
    [
        {},
        {"kind": "shout"},
        {"kind": "state", "state": "lost"},
        {"kind": "state", "state": "referred"},
        {"kind": "assign", "assignee": "nobody-known"},
        {"kind": "assign", "assignee": "a\x00b"},
        {"kind": "due", "due": "2026-07-15T12:00:00"},
        {"kind": "due", "due": "0001-01-01T00:00:00+14:00"},
        {"kind": "note", "text": "  "},
        {"kind": "merge", "into": "case-siba"},
        {"kind": "accept", "state": "resolved"},
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(program: Program, decision: dict[str, Any]) -> None:
    answer = decide(program(), tag="*", **decision)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_private_data_of_a_case_is_masked_below_editor(own_room: Room, own_program: Program) -> None:
    number = "07701234567"
    decide(own_program(), kind="state", state="referred", referred_to=f"أبو علي {number}", reason=f"{number}")
    with own_room.database.write() as connection:
        connection.execute(cases.update().where(cases.c.id == "case-siba").values(summary=f"اتصلوا على {number}"))
    for address in (CASE, f"{CASES}?governorate=IQ-BA"):
        assert number in own_program("editor").get(address).text
        assert number not in own_program("reader").get(address).text


def test_the_clock_of_the_desk_dates_events(own_program: Program) -> None:
    told = decide(own_program(), kind="state", state="verified").json()["case"]
    assert told["events"][0]["at"] == NOW.isoformat().replace("+00:00", "Z")
