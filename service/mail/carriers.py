"""The carriers: each channel's way to its recipients. A fault tells whether it passes or lasts (dead letter)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from crawler.addresses import is_public
from service.errors import MailDelayed, MailRefused
from service.mail.smtp import SmtpConnection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.database.outbox import Owed
    from service.mail.smtp import SmtpAccount

TIMEOUT_SECONDS = 15.0
"""Longest wait for a webhook's answer."""


@dataclass(frozen=True, slots=True)
class Carriers:
    """How messages go out: `account` of the mail server, hosts on private addresses that webhooks may be sent to.

    `timeout` is the longest that a webhook may take in all, in seconds.
    """

    account: SmtpAccount
    private_hosts: frozenset[str] = frozenset()
    timeout: float = TIMEOUT_SECONDS

    @contextlib.contextmanager
    def round(self) -> Iterator[Rounds]:
        """Give what one round of deliveries sends with; the mail server's connection is closed at its end."""
        with SmtpConnection(self.account) as server:
            yield Rounds(server, self.private_hosts, self.timeout)


@dataclass(slots=True)
class Rounds:
    """One round of deliveries: `tired` are the channels that failed in passing, which the rest would meet too."""

    server: SmtpConnection
    private_hosts: frozenset[str]
    timeout: float = TIMEOUT_SECONDS
    tired: set[str] = field(default_factory=set)

    def send(self, owed: Owed) -> str:
        """Send a message by its channel and return the answer. Raises MailRefused or MailDelayed."""
        if owed.channel == "webhook":
            return post(owed, self.private_hosts, self.timeout)
        if owed.channel == "apprise":
            return notify(owed)
        try:
            return self.server.send(owed.recipient, owed.message)
        except MailDelayed:
            self.tired.add("mail")
            raise


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return what proves that a post is ours and when it was made: HMAC-SHA256 over the time, a dot and the body."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def post(owed: Owed, private_hosts: frozenset[str], timeout: float = TIMEOUT_SECONDS) -> str:
    """Post a message to a webhook, signed; redirections are not followed, private addresses not asked.

    Raises MailRefused for an answer 4xx that will stay so, MailDelayed for all else that is not 2xx.
    """
    if not owed.secret:
        raise MailRefused("the webhook was taken out of its subscription")
    parts = urlsplit(owed.recipient)
    address = _public(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), private_hosts)
    moment = int(time.time())
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Rasid",
        "X-Rasid-Message": str(owed.id),
        "X-Rasid-Signature": f"t={moment},v1={signature(owed.secret, moment, owed.message)}",
    }
    connection: HTTPConnection
    if parts.scheme == "https":
        connection = HTTPSConnection(
            address,
            parts.port or 443,
            timeout=timeout,
            server_hostname=parts.hostname,
            assert_hostname=parts.hostname,
            ssl_context=ssl.create_default_context(),
        )
    else:
        connection = HTTPConnection(address, parts.port or 80, timeout=timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    status = _answer(connection, target, owed.message, headers, timeout)
    if 200 <= status < 300:
        return f"{status}"
    if 400 <= status < 500 and status not in {408, 425, 429}:
        raise MailRefused(f"the webhook answered {status}")
    raise MailDelayed(f"the webhook answered {status}")


def _answer(connection: HTTPConnection, target: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
    """Post and return the status; nothing else of the answer is read, and it must be there in time, dripping or not."""
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        connection.request("POST", target, body=body, headers=headers, preload_content=False)
        return connection.getresponse().status
    except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
        said = f"not within {timeout:g} seconds" if late.is_set() else error
        raise MailDelayed(f"the webhook did not answer: {said}") from error
    finally:
        timer.cancel()
        connection.close()


def _public(host: str, port: int, private_hosts: frozenset[str]) -> str:
    """Return an address of the host that may be asked; the connection goes to it and to no other."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise MailDelayed(f"the webhook's host {host} has no address: {error}") from error
    if host.lower() in private_hosts:
        return found[0]
    public = [address for address in found if is_public(address)]
    if not public:
        raise MailRefused(f"the webhook's host {host} is on a private network (setting webhook_private_hosts)")
    return public[0]


def notify(owed: Owed) -> str:
    """Hand a message to a service that apprise knows. Raises MailRefused for an address that it does not understand."""
    from apprise import Apprise  # noqa: PLC0415 - a hundred services are loaded with it

    service = Apprise()
    if not service.add(owed.recipient):
        raise MailRefused("apprise does not know this address")
    if not service.notify(title=owed.subject, body=owed.message.decode("utf-8", "replace")):
        raise MailDelayed("the service did not take it")
    return "taken"
