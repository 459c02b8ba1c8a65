"""Mail servers and certificates that tests start on loopback: real SMTP, whose answers a test may change."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.database.engine import Database
from service.database.tables import outbox
from service.demo.catcher import AnyPort

USER, PASSWORD = "rasid", "a-long-password"


class Authority:
    """An authority that signs certificates for servers; `file` is its own certificate, as a client trusts it."""

    def __init__(self, folder: Path, name: str = "Newsroom CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def certify(self, host: str, *, days: int = 2) -> Path:
        """Return a PEM file with a certificate for a host and its key; a negative number of days makes an old one."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternative = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self._certificate(
            subject, key, x509.BasicConstraints(ca=False, path_length=None), alternative, days
        )
        file = self._folder / f"{host}{days}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    def context(self, host: str = "localhost", **given: int) -> ssl.SSLContext:
        """Return what a server of this host speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certify(host, **given))
        return context

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        basic: x509.BasicConstraints,
        alternative: x509.SubjectAlternativeName | None = None,
        days: int = 2,
    ) -> x509.Certificate:
        end = datetime.now(UTC) + timedelta(days=days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=4))
            .not_valid_after(end)
            .add_extension(basic, critical=True)
        )
        if alternative is not None:
            builder = builder.add_extension(alternative, critical=False)
        return builder.sign(self._key, hashes.SHA256())


@dataclass
class Office:
    """What a mail server does: `answers` by step (MAIL, RCPT, DATA), how slow it is, whom it has accepted mail for."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    drop_in_data: bool = False
    seconds: float = 0.0
    grey: bool = False
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.secured.append(session.ssl is not None)
        self.asked.append(options)
        self.peers.add(session.peer)
        if self.answers.get("MAIL"):
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.seconds)
        if self.grey and address not in self.seen:
            self.seen.add(address)
            return "450 4.2.0 greylisted, come back in five minutes"
        if answer := self.answers.get(address) or self.answers.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drop_in_data:
            assert server.transport is not None
            server.transport.abort()
            return "451 gone"
        if self.answers.get("DATA"):
            return self.answers["DATA"]
        self.accepted += [(recipient, envelope.original_content or b"") for recipient in envelope.rcpt_tos]
        return "250 queued as 1"


@contextmanager
def serving(office: Office, **options: Any) -> Iterator[Office]:
    """Run a mail server of this office during the block."""
    controller = AnyPort(office, hostname="127.0.0.1", port=0, **options)
    controller.start()
    office.port = controller.port
    try:
        yield office
    finally:
        controller.stop()


def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Let in who knows the one user and password."""
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


def due_now(database: Database) -> None:
    """Let the waiting time of every unsent message pass."""
    with database.write() as connection:
        connection.execute(outbox.update().where(outbox.c.state != "sent").values(due=datetime.now(UTC)))


def details(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(outbox.c.detail).order_by(outbox.c.id)))
