"""Delivery: takes owed mails from the outbox to the mail server, one by one, and writes down what it answered."""

from __future__ import annotations

import contextlib
import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Literal, Self

from service.database import outbox
from service.errors import MailDelayed, MailRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.database.engine import Database
    from service.database.outbox import Owed

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 30.0
"""Longest wait for one answer of the mail server (RFC 5321, 4.5.3.2, asks for minutes; a person waits less)."""


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """How the mail server is reached; `security` none, starttls or tls, certificates are always checked."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str
    password: str
    sender: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of the mailer did, in mails."""

    sent: int = 0
    delayed: int = 0
    dead: int = 0


def deliver(database: Database, account: SmtpAccount, *, stopping: Callable[[], bool] = lambda: False) -> Delivered:
    """Send every mail that is due, over one connection.

    Each is claimed, sent and marked in that order: a process that dies between sending and marking repeats that one
    mail, with the same Message-ID. After a passing fault the rest waits for the next round: it would meet it too.
    """
    counts = {"sent": 0, "delayed": 0, "dead": 0}
    with SmtpConnection(account) as server:
        while not stopping():
            with database.write() as connection:
                owed = outbox.claim(connection, datetime.now(UTC))
            if owed is None:
                break
            outcome = _one(database, server, owed)
            counts[outcome] += 1
            if outcome == "delayed":
                break
    return Delivered(**counts)


def _one(database: Database, server: SmtpConnection, owed: Owed) -> Literal["sent", "delayed", "dead"]:
    try:
        answer = server.send(owed.recipient, owed.message)
    except MailRefused as error:
        log.warning("mail %d is refused for good: %s", owed.id, error)
        with database.write() as connection:
            outbox.bury(connection, owed, str(error))
        return "dead"
    except MailDelayed as error:
        log.warning("mail %d has to wait: %s", owed.id, error)
        with database.write() as connection:
            outbox.delay(connection, owed, datetime.now(UTC), str(error))
        return "delayed"
    with database.write() as connection:
        outbox.sent(connection, owed, datetime.now(UTC), answer)
    return "sent"


class SmtpConnection:
    """A connection to the mail server that is opened with the first mail and closed at the end of the block."""

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account
        self._server: smtplib.SMTP | None = None

    def send(self, recipient: str, message: bytes) -> str:
        """Hand a mail over and return the answer.

        Raises MailRefused where the server refuses this recipient or this message for good, MailDelayed for all else:
        a server that is away, a login or a sender that it does not take, anything passing.
        """
        try:
            return self._hand_over(recipient, message)
        except smtplib.SMTPDataError as error:
            self._drop()
            raise _fault(error.smtp_code)(
                f"the message was refused: {_said(error.smtp_code, error.smtp_error)}"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise MailDelayed(f"{self._account.host}:{self._account.port}: {error}") from error
        except (MailDelayed, MailRefused):
            self._drop()
            raise

    def _hand_over(self, recipient: str, message: bytes) -> str:
        server = self._connected()
        code, answer = server.mail(parseaddr(self._account.sender)[1])
        if code != 250:
            raise MailDelayed(f"the sender was refused: {_said(code, answer)}")
        code, answer = server.rcpt(recipient)
        if code not in {250, 251}:
            raise _fault(code)(f"the recipient was refused: {_said(code, answer)}")
        code, answer = server.data(message)
        if code != 250:
            raise _fault(code)(f"the message was refused: {_said(code, answer)}")
        return _said(code, answer)

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            account = self._account
            context = ssl.create_default_context()
            server: smtplib.SMTP
            if account.security == "tls":
                server = smtplib.SMTP_SSL(account.host, account.port, timeout=TIMEOUT_SECONDS, context=context)
            else:
                server = smtplib.SMTP(account.host, account.port, timeout=TIMEOUT_SECONDS)
            self._server = server
            if account.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if account.user:
                server.login(account.user, account.password)
        return self._server

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()
        self._drop()


def _fault(code: int) -> type[MailRefused | MailDelayed]:
    return MailRefused if 500 <= code < 600 else MailDelayed


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"
