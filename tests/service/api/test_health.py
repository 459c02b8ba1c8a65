from __future__ import annotations

from datetime import timedelta

from api_programs import Program
from desk_rooms import NOW, Room
from prometheus_client.parser import text_string_to_metric_families

from index import Document
from service.database import changes
from service.database.tables import articles, outbox, rejections, sources


def numbers(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def disturb(room: Room, document: Document) -> None:
    """Let every stage have something to tell."""
    with room.database.write() as connection:
        changes.announce(connection, [document.id], NOW - timedelta(minutes=2))
        changes.announce(connection, [document.id], NOW)
        connection.execute(articles.update().where(articles.c.document == document.id).values(state="failed"))
        mail = {"recipient": "a@b", "subject": "x", "message": b"", "due": NOW, "created": NOW - timedelta(hours=1)}
        connection.execute(outbox.insert().values(message_id="1", state="pending", **mail))
        connection.execute(outbox.insert().values(message_id="2", state="dead", **mail))
        connection.execute(sources.insert().values(id="silent", failures=3, finished=NOW - timedelta(minutes=10)))
        seen = {"first_seen": NOW, "last_seen": NOW, "times": 4}
        connection.execute(
            rejections.insert().values(url="https://x", reason="robots", outlet="x", source="x", detail="", **seen)
        )


def test_a_newsroom_in_order_is_well(program: Program, newsroom: list[Document]) -> None:
    told = program("reader").get("/api/v1/health").json()
    assert told["status"] == "ok"
    assert told["documents"] == told["index"]["documents"] == len(newsroom)


def test_what_waits_and_what_failed_is_told(own_room: Room, own_program: Program, newsroom: list[Document]) -> None:
    disturb(own_room, newsroom[0])
    told = own_program("reader").get("/api/v1/health").json()
    assert told["status"] == "degraded"
    assert told["spool"] == {"waiting": 0, "failed": 1}
    assert told["indexer"] == {"changes": 2, "seconds": 120.0}
    assert (told["outbox"]["pending"], told["outbox"]["dead"]) == (1, 1)
    assert told["sources"]["last_crawl_seconds"] == 600.0
    assert [source["id"] for source in told["sources"]["failing"]] == ["silent"]


def test_the_same_is_told_to_prometheus(own_room: Room, own_program: Program, newsroom: list[Document]) -> None:
    disturb(own_room, newsroom[0])
    answer = own_program("reader").get("/api/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = numbers(answer.text)
    wanted = {
        ("rasid_documents",): len(newsroom),
        ("rasid_articles", "failed"): 1,
        ("rasid_waiting_changes", "indexer"): 2,
        ("rasid_lag_seconds", "matcher"): 120,
        ("rasid_mails", "pending"): 1,
        ("rasid_mails", "sending"): 0,
        ("rasid_oldest_waiting_mail_seconds",): 3600,
        ("rasid_failing_sources",): 1,
        ("rasid_last_crawl_seconds",): 600,
        ("rasid_rejected_addresses", "robots"): 1,
        ("rasid_rejected_addresses", "timeout"): 0,
    }
    assert {key: told[key] for key in wanted} == wanted
    assert told["rasid_open_cases",] >= told["rasid_overdue_cases",] > 0


def test_no_crawl_yet_is_no_number(program: Program) -> None:
    assert "rasid_last_crawl_seconds" not in program().get("/api/v1/metrics").text
