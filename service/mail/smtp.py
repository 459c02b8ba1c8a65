"""The mail server: how it is reached, and what its answers mean."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Literal, Self

import idna

from service.errors import MailDelayed, MailRefused

TIMEOUT_SECONDS = 30.0
"""Longest wait for one answer of the mail server (RFC 5321, 4.5.3.2, asks for minutes; a person waits less)."""


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """How the mail server is reached; `security` none, starttls or tls, certificates are always checked.

    `ca` is a PEM file of the authority that is trusted instead of the system's; `timeout` the longest wait for one
    answer, in seconds.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str
    password: str
    sender: str
    ca: str = ""
    timeout: float = TIMEOUT_SECONDS


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
            said = str(error)
            if isinstance(error, smtplib.SMTPResponseException):
                said = _said(error.smtp_code, error.smtp_error)
            raise MailDelayed(f"{self._account.host}:{self._account.port}: {said}") from error
        except (MailDelayed, MailRefused):
            self._drop()
            raise

    def _hand_over(self, recipient: str, message: bytes) -> str:
        server = self._connected()
        recipient = in_ascii(recipient)
        options: tuple[str, ...] = ()
        if not recipient.isascii():  # RFC 6531
            if not server.has_extn("smtputf8"):
                raise MailRefused(f"the mail server takes only addresses in ASCII (no SMTPUTF8), not {recipient}")
            options = ("SMTPUTF8", "BODY=8BITMIME")
        code, answer = server.mail(in_ascii(parseaddr(self._account.sender)[1]), options)
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
            context = _trusting(account.ca)
            server: smtplib.SMTP
            if account.security == "tls":
                server = smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout, context=context)
            else:
                server = smtplib.SMTP(account.host, account.port, timeout=account.timeout)
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


def _trusting(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise MailDelayed(f"the setting smtp_ca, {ca}: {error}") from error


def in_ascii(address: str) -> str:
    """Return an address with its domain as the DNS has it (RFC 5890); what has no such form stays as it is."""
    name, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{name}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


def _fault(code: int) -> type[MailRefused | MailDelayed]:
    return MailRefused if 500 <= code < 600 else MailDelayed


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"
