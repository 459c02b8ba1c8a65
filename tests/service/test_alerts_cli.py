"""`rasid subscriptions` and `rasid alerts` as a person at the command line uses them, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from service.accounts import add_user
from service.cli import app
from service.database import outbox as outbox_
from service.database.engine import Database
from service.database.tables import audit, outbox, told
from service.roles import Role

Rasid = Callable[..., Result]
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def rasid(database_url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rasid:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASID_DATABASE", database_url)
    monkeypatch.setenv("RASID_INDEX", f"sqlite:///{tmp_path}/index.db")
    with database.write() as connection:
        add_user(connection, "noor", "a long password", Role.EDITOR, NOW)
        add_user(connection, "visitor", "a long password", Role.READER, NOW)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def done(answer: Result) -> str:
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def listed(rasid: Rasid, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(rasid(*arguments, "--json")).splitlines()]


def test_a_subscription_is_added_paused_resumed_previewed_and_removed(rasid: Rasid, database: Database) -> None:
    told_ = done(
        rasid(
            *("subscriptions", "add", "ماء البصرة", "--as", "noor", "--query", "?q=ماء&primary=IQ-BA&item=x"),
            *("--to", "desk@office.example", "--to", "https://hooks.example/token", "--cadence", "weekly"),
            *("--at", "07:30", "--weekday", "3", "--quiet", "22:00-07:00", "--language", "en", "--tells", "overdue"),
        )
    )
    assert told_.startswith("subscription 1: ماء البصرة\nsecret of https://hooks.example/token: ")
    (held,) = listed(rasid, "subscriptions", "list")
    assert held == {
        "id": 1,
        "name": "ماء البصرة",
        "query": "q=%D9%85%D8%A7%D8%A1&primary=IQ-BA",
        "tells": ["overdue"],
        "cadence": "weekly",
        "at": "07:30",
        "weekday": 3,
        "quiet": ["22:00", "07:00"],
        "quiet_but_critical": True,
        "language": "en",
        "owner": "noor",
        "recipients": ["desk@office.example", "https://hooks.example/…"],
        "paused": None,
        "told": None,
        "fault": "",
    }
    done(rasid("subscriptions", "pause", "1"))
    assert "\tpaused\tnoor\tweekly\t" in done(rasid("subscriptions", "list"))
    done(rasid("subscriptions", "resume", "1"))
    week = json.loads(done(rasid("subscriptions", "preview", "1", "--json")))
    assert (week["items"], week["cases"], len(week["days"])) == (0, 0, 7)
    assert "0 cases in 0 items" in done(rasid("subscriptions", "preview", "--query", "need=water"))
    done(rasid("subscriptions", "remove", "1"))
    assert listed(rasid, "subscriptions", "list") == []
    assert rasid("subscriptions", "remove", "1").exit_code == 1
    with database.read() as connection:
        actions = connection.scalars(sa.select(audit.c.action).order_by(audit.c.id)).all()
    assert actions == [f"subscription_{what}" for what in ("made", "paused", "resumed", "removed")]


@pytest.mark.parametrize(
    "given",
    [
        ("--as", "nobody", "--to", "a@b.example"),
        ("--as", "visitor", "--to", "a@b.example"),
        ("--as", "noor", "--to", "a"),
        ("--as", "noor", "--to", "a@b.example", "--cadence", "often"),
        ("--as", "noor", "--to", "a@b.example", "--quiet", "22:00"),
        ("--as", "noor", "--to", "a@b.example", "--tells", "all"),
    ],
)
def test_what_cannot_be_kept_is_told_on_one_line(rasid: Rasid, given: tuple[str, ...]) -> None:
    answer = rasid("subscriptions", "add", "x", *given)
    assert answer.exit_code == 1
    assert len(answer.stderr.strip().splitlines()) == 1
    assert listed(rasid, "subscriptions", "list") == []


def test_dead_letters_are_listed_sent_again_and_dropped(rasid: Rasid, database: Database) -> None:
    done(rasid("subscriptions", "add", "x", "--as", "noor", "--to", "a@b.example"))
    with database.write() as connection:
        first, second, third = (
            outbox_.post(
                connection,
                message_id=f"<{place}@x>",
                recipient="a@b.example",
                channel="mail",
                subject="راصد",
                message=b"",
                subscription=1,
                target=target,
                now=NOW,
            )
            for place, target in enumerate((None, 99, None))
        )
        connection.execute(outbox.update().values(state="dead", detail="550 no such mailbox"))
        connection.execute(outbox.update().where(outbox.c.id == third).values(state="sent"))
        connection.execute(told.insert().values(recipient="a@b.example", subject="case-1", fact="new", message=second))
    rows = listed(rasid, "alerts", "list")
    assert [(row["id"], row["state"], row["detail"]) for row in rows] == [
        (second, "dead", "550 no such mailbox"),
        (first, "dead", "550 no such mailbox"),
    ]
    assert "550 no such mailbox" in done(rasid("alerts", "list"))
    assert [row["id"] for row in listed(rasid, "alerts", "list", "--state", "sent")] == [third]
    done(rasid("alerts", "retry", "--all"))
    assert [row["state"] for row in listed(rasid, "alerts", "list")] == ["dead", "pending"]
    assert rasid("alerts", "retry", str(second)).exit_code == 1
    assert rasid("alerts", "retry").exit_code == 2
    done(rasid("alerts", "drop", str(first), str(second)))
    assert rasid("alerts", "drop", str(third)).exit_code == 1
    assert listed(rasid, "alerts", "list") == []
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(told)) == 0
