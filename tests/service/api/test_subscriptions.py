from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from api_programs import Program
from desk_rooms import NOW, Room
from fastapi.testclient import TestClient

from service.database import outbox as outbox_
from service.database.tables import outbox, users

HOME = "/api/v1/subscriptions"
GIVEN = {"name": "ماء البصرة", "query": "need=water&primary=IQ-BA", "recipients": ["desk@office.example"]}


def make(client: TestClient, **given: Any) -> Any:
    return client.post(HOME, json=GIVEN | given)


def test_a_subscription_is_made_read_changed_paused_and_removed(own_program: Program) -> None:
    client = own_program()
    made = make(client, recipients=["desk@office.example", "https://hooks.example/in"], cadence="daily", at="07:30")
    assert made.status_code == 201, made.text
    address = made.headers["location"]
    told = made.json()
    assert (told["owner"], told["tells"], told["at"]) == ("editor", ["new", "urgency", "place"], "07:30")
    assert [(one["channel"], bool(one["secret"])) for one in told["recipients"]] == [("mail", False), ("webhook", True)]
    read = client.get(address)
    assert (read.json(), read.headers["etag"]) == (told, made.headers["etag"])
    assert client.get(address, headers={"If-None-Match": made.headers["etag"]}).status_code == 304
    assert client.get(told["items"]).status_code == 200
    other = GIVEN | {"name": "عطش", "quiet_from": "22:00", "quiet_to": "06:00"}
    changed = client.put(address, json=other, headers={"If-Match": made.headers["etag"]})
    assert (changed.json()["name"], changed.json()["cadence"]) == ("عطش", "at_once")
    assert client.put(address, json=other, headers={"If-Match": made.headers["etag"]}).status_code == 412
    assert client.post(f"{address}/pause").json()["paused"]
    assert client.post(f"{address}/resume").json()["paused"] is None
    week = client.get(f"{address}/preview").json()
    assert (len(week["days"]), sum(day["items"] for day in week["days"])) == (7, week["items"])
    assert len(client.get(HOME).json()["subscriptions"]) == 1
    assert client.delete(address, headers={"If-Match": '"old"'}).status_code == 412
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_subscriptions_are_ones_own_and_readers_name_their_own_address(own_program: Program, own_room: Room) -> None:
    mine, other, chief, reader = (own_program(name) for name in ("editor", "second", "chief", "reader"))
    made = make(mine, recipients=["https://hooks.example/token"])
    address = made.headers["location"]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("GET", "/preview")):
        assert other.request(method, address + path).status_code == 404
    (recipient,) = chief.get(address).json()["recipients"]
    assert (recipient["address"], recipient["secret"]) == ("https://hooks.example/…", None)
    refused = make(reader)
    assert (refused.status_code, refused.json()["reason"]) == (422, "foreign")
    with own_room.database.write() as connection:
        connection.execute(users.update().where(users.c.name == "reader").values(email="r@office.example"))
    (own,) = make(reader, recipients=["R@office.example"]).json()["recipients"]
    assert (own["address"], own["own"]) == ("r@office.example", True)


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "\u202e"},
        {"recipients": []},
        {"recipients": ["nobody"]},
        {"recipients": ["form://127.0.0.1"]},
        {"tells": []},
        {"tells": ["all"]},
        {"cadence": "often"},
        {"at": "24:00"},
        {"quiet_from": "22:00"},
        {"weekday": 7},
        {"language": "fr"},
        {"owner": "chief"},
    ],
)
def test_what_cannot_be_kept_is_refused(own_program: Program, given: dict[str, Any]) -> None:
    answer = make(own_program(), **given)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_messages_are_listed_and_dead_ones_sent_again(own_program: Program, own_room: Room) -> None:
    client, other = own_program(), own_program("second")
    number = make(client).json()["id"]
    with own_room.database.write() as connection:
        posted = [
            outbox_.post(
                connection,
                message_id=f"<{place}@x>",
                recipient="desk@office.example",
                channel="mail",
                subject=f"راصد {place}",
                message=b"",
                subscription=number,
                target=None,
                now=NOW,
            )
            for place in range(3)
        ]
        connection.execute(
            outbox.update().where(outbox.c.id == posted[0]).values(state="dead", detail="550 no", attempts=1)
        )
    page = client.get("/api/v1/messages", params={"size": 2})
    assert [one["id"] for one in page.json()["messages"]] == [posted[2], posted[1]]
    rest = client.get(page.links["next"]["url"]).json()
    assert [(one["state"], one["detail"]) for one in rest["messages"]] == [("dead", "550 no")]
    assert other.get("/api/v1/messages").json()["messages"] == []
    retry = f"/api/v1/messages/{posted[0]}/retry"
    assert other.post(retry).status_code == 404
    assert client.post(retry).json()["state"] == "pending"
    assert client.post(retry).status_code == 409
    assert client.get("/api/v1/messages", params={"state": "dead"}).json()["messages"] == []
    with own_room.database.read() as connection:
        assert connection.scalar(sa.select(outbox.c.attempts).where(outbox.c.id == posted[0])) == 0
