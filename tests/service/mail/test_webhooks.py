"""Webhooks and apprise against real HTTP servers on loopback: signed, once, and nowhere that they must not go."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from alert_newsroom import SENDER, TO, Newsroom
from mail_servers import Office, details, due_now

from service.alerts import subscriptions
from service.alerts.subscriptions import Channel, Recipient
from service.database.articles import document_id
from service.database.engine import Database
from service.database.tables import recipients as recipients_table
from service.mail import carriers
from service.mail.carriers import Carriers
from service.mail.delivery import Delivered, Mailer
from service.mail.smtp import SmtpAccount

NOWHERE = SmtpAccount("127.0.0.1", 1, "none", "", "", SENDER, timeout=2)


@dataclass
class Hook:
    """A web server that keeps what is posted to it and answers as it is told to."""

    port: int = 0
    status: int = 204
    location: str = ""
    seconds: float = 0.0
    drip: bool = False
    posted: list[tuple[str, Message, bytes]] = field(default_factory=list)


@contextmanager
def _serving(hook: Hook) -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posted.append((self.path, self.headers, body))
            time.sleep(hook.seconds)
            if hook.drip:
                self._drip()
                return
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _drip(self) -> None:
            try:
                for _ in range(30):
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    self.wfile.flush()
                    time.sleep(0.1)
            except OSError:
                self.close_connection = True

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with _serving(Hook()) as hook:
        yield hook


def _owe(happening: Newsroom, address: str, channel: Channel = Channel.WEBHOOK, **given: Any) -> Database:
    happening.subscribe(recipients=(Recipient(channel, address),), **given)
    happening.store(1)
    happening.match()
    assert happening.digest() == 1
    return happening.database


def _deliver(database: Database, *private: str, account: SmtpAccount = NOWHERE, timeout: float = 5) -> Delivered:
    return Mailer(database, Carriers(account, frozenset(private), timeout)).deliver()


def _secret(database: Database) -> str:
    with database.read() as connection:
        return connection.execute(sa.select(recipients_table.c.secret)).scalar_one()


def _verified(secret: str, head: Message, body: bytes, *, now: float) -> bool:
    """Verify a post as a receiver does, from the documentation alone: t=SECONDS,v1=HMAC-SHA256(secret, "t.body")."""
    parts = dict(part.split("=", 1) for part in str(head["X-Rasid-Signature"]).split(","))
    expected = hmac.digest(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hex()
    return hmac.compare_digest(expected, parts["v1"]) and abs(now - int(parts["t"])) < 300


def test_a_webhook_gets_signed_json_once(happening: Newsroom, hook: Hook) -> None:
    database = _owe(happening, f"http://127.0.0.1:{hook.port}/in/rasid?key=1", name="ماء")
    assert _deliver(database, "127.0.0.1") == Delivered(sent=1)
    assert _deliver(database, "127.0.0.1") == Delivered()
    ((path, head, body),) = hook.posted
    assert path == "/in/rasid?key=1"
    assert head["Content-Type"] == "application/json"
    assert head["Host"] == f"127.0.0.1:{hook.port}"
    assert _verified(_secret(database), head, body, now=time.time())
    assert not _verified(_secret(database), head, body + b" ", now=time.time())
    assert not _verified("another", head, body, now=time.time())
    told = json.loads(body)
    assert told["version"] == 1
    assert told["subscription"]["name"] == "ماء"
    (case,) = told["cases"]
    assert (case["facts"], case["urgency"], case["needs"]) == (["new"], "high", ["water"])
    assert case["item"] == document_id("https://agency.example/1")
    assert "1234567" not in body.decode()
    assert "123 4567" not in body.decode()


@pytest.mark.parametrize(
    ("status", "done"),
    [
        (200, Delivered(sent=1)),
        (202, Delivered(sent=1)),
        (301, Delivered(delayed=1)),
        (400, Delivered(dead=1)),
        (404, Delivered(dead=1)),
        (410, Delivered(dead=1)),
        (408, Delivered(delayed=1)),
        (429, Delivered(delayed=1)),
        (500, Delivered(delayed=1)),
        (503, Delivered(delayed=1)),
    ],
)
def test_what_the_status_of_an_answer_means(happening: Newsroom, hook: Hook, status: int, done: Delivered) -> None:
    hook.status = status
    database = _owe(happening, f"http://127.0.0.1:{hook.port}/")
    assert _deliver(database, "127.0.0.1") == done
    assert str(status) in details(database)[0]


def test_a_delayed_post_comes_again_with_the_same_body_and_number(happening: Newsroom, hook: Hook) -> None:
    hook.status = 503
    database = _owe(happening, f"http://127.0.0.1:{hook.port}/")
    _deliver(database, "127.0.0.1")
    hook.status = 200
    due_now(database)
    assert _deliver(database, "127.0.0.1") == Delivered(sent=1)
    (_, first, body), (_, second, again) = hook.posted
    assert body == again
    assert first["X-Rasid-Message"] == second["X-Rasid-Message"]


def test_a_redirect_is_not_followed(happening: Newsroom, hook: Hook) -> None:
    with _serving(Hook()) as elsewhere:
        hook.status, hook.location = 307, f"http://127.0.0.1:{elsewhere.port}/"
        database = _owe(happening, f"http://127.0.0.1:{hook.port}/")
        assert _deliver(database, "127.0.0.1") == Delivered(delayed=1)
        assert elsewhere.posted == []
    assert "307" in details(database)[0]


@pytest.mark.parametrize("how", ["slow", "dripping"])
def test_who_answers_too_slowly_is_left_whether_silent_or_dripping(happening: Newsroom, hook: Hook, how: str) -> None:
    hook.seconds, hook.drip = (2.0, False) if how == "slow" else (0.0, True)
    database = _owe(happening, f"http://127.0.0.1:{hook.port}/")
    start = time.monotonic()
    assert _deliver(database, "127.0.0.1", timeout=0.5) == Delivered(delayed=1)
    assert time.monotonic() - start < 1.9
    assert "did not answer" in details(database)[0]


def test_a_slow_webhook_does_not_keep_mails_back(happening: Newsroom, hook: Hook, office: Office) -> None:
    hook.seconds = 1.5
    happening.subscribe(recipients=(Recipient(Channel.WEBHOOK, f"http://127.0.0.1:{hook.port}/"), _mail()))
    happening.store(1)
    happening.match()
    assert happening.digest() == 2
    account = SmtpAccount("127.0.0.1", office.port, "none", "", "", SENDER, timeout=5)
    assert _deliver(happening.database, "127.0.0.1", account=account, timeout=0.3) == Delivered(sent=1, delayed=1)
    assert len(office.accepted) == 1


def _mail() -> Recipient:
    return Recipient(Channel.MAIL, TO)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_a_private_address_is_refused_and_never_asked(happening: Newsroom, hook: Hook, host: str) -> None:
    database = _owe(happening, f"http://{host}:{hook.port}/")
    assert _deliver(database, "other.example") == Delivered(dead=1)
    assert "webhook_private_hosts" in details(database)[0]
    assert hook.posted == []


@pytest.mark.parametrize("address", ["64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1", "224.0.0.1", "100.64.0.1"])
def test_an_address_that_stands_for_a_private_one_is_private(
    happening: Newsroom, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(carriers.socket, "getaddrinfo", _answering([address]))
    database = _owe(happening, "http://hook.newsroom.example/")
    assert _deliver(database) == Delivered(dead=1)


def _answering(*answers: list[str]) -> Any:
    """A DNS that gives these addresses, one answer after the other."""
    left = list(answers)

    def look_up(host: str, port: int, *given: Any, **options: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    return look_up


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    happening: Newsroom, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def rebinding(host: str, port: int, *given: Any, **options: Any) -> Any:
        if host != "hook.newsroom.example":
            return look_up(host, port, *given, **options)  # an address as it stands
        asked.append(host)
        return _answering(["192.0.2.1"] if len(asked) > 1 else ["8.8.8.8"])(host, port)

    monkeypatch.setattr(carriers.socket, "getaddrinfo", rebinding)
    connected: list[str] = []

    def connect(address: tuple[str, int], *_given: Any, **_options: Any) -> Any:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    database = _owe(happening, f"http://hook.newsroom.example:{hook.port}/")
    assert _deliver(database) == Delivered(delayed=1)
    assert asked == ["hook.newsroom.example"]
    assert connected == ["8.8.8.8"]


def test_a_host_without_an_address_delays_the_post(happening: Newsroom) -> None:
    database = _owe(happening, "http://nowhere.invalid/")
    assert _deliver(database) == Delivered(delayed=1)
    assert "has no address" in details(database)[0]


def test_a_webhook_that_was_taken_out_is_not_asked(happening: Newsroom, hook: Hook) -> None:
    database = _owe(happening, f"http://127.0.0.1:{hook.port}/")
    with database.write() as connection:
        (held,) = subscriptions.every(connection)
        subscriptions.put_recipients(connection, held.id, (_mail(),))
    assert _deliver(database, "127.0.0.1") == Delivered(dead=1)
    assert hook.posted == []


def test_apprise_takes_a_message_to_a_service(happening: Newsroom, hook: Hook) -> None:
    hook.status = 200
    database = _owe(happening, f"ntfy://127.0.0.1:{hook.port}/rasid", Channel.APPRISE)
    assert _deliver(database) == Delivered(sent=1)
    ((_, _, body),) = hook.posted
    text = body.decode()
    assert "123 4567" not in text
    assert "أهالي حي الزهور" in json.loads(text)["message"]


def test_a_service_that_takes_nothing_delays_the_message(happening: Newsroom, hook: Hook) -> None:
    hook.status = 500
    database = _owe(happening, f"ntfy://127.0.0.1:{hook.port}/rasid", Channel.APPRISE)
    assert _deliver(database) == Delivered(delayed=1)


def test_an_address_that_apprise_does_not_know_is_a_dead_letter(happening: Newsroom) -> None:
    database = _owe(happening, "nosuchservice://x/y", Channel.APPRISE)
    assert _deliver(database) == Delivered(dead=1)
    assert "apprise does not know" in details(database)[0]
