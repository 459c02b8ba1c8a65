"""Documents as the worker stores them, brought past the indexer, and subscriptions to be told of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa

from nlp import place_names
from service.alerts import subscriptions
from service.alerts.digesting import Digester
from service.alerts.matching import Matcher
from service.alerts.messages import Writer
from service.alerts.posts import Poster
from service.alerts.subscriptions import Channel, Recipient, Subscription
from service.database import cases, changes, documents
from service.database.articles import document_id
from service.database.cases import Dues
from service.database.engine import Database
from service.database.tables import alerts, outbox
from service.database.tables import articles as articles_table
from service.mail.composing import Composer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SENDER = "راصد <rasid@newsroom.example>"
DESK = "http://127.0.0.1:8600"
TO = "editor@newsroom.example"
OUTLETS = {"agency": "وكالة الرافد"}


def analysis(**changed: Any) -> dict[str, Any]:
    """An Analysis with one appeal; what is given changes the appeal."""
    appeal = {
        "start": 0,
        "end": 50,
        "appellants": [{"text": "أهالي حي الزهور", "start": 0, "end": 15}],
        "addressees": [{"text": "محافظ واسط", "start": 16, "end": 26}],
        "needs": ["water"],
        "urgency": "high",
        "governorates": ["IQ-WA"],
        "facilities": [{"text": "مستشفى الزهراء", "start": 30, "end": 44}],
        "summary": "أهالي حي الزهور يناشدون محافظ واسط إعادة الماء، هاتف 07701234567",
        "evidence": [],
    }
    return {
        "stance": "appeal",
        "governorates": {"mentioned": ["IQ-WA"], "primary": ["IQ-WA"]},
        "places": [],
        "facilities": [],
        "appeals": [appeal | changed],
    }


@dataclass
class Newsroom:
    """What happens between the worker and the mailer, with a clock that a test moves."""

    database: Database
    now: datetime = NOW
    versions: dict[str, int] = field(default_factory=dict)

    def store(
        self,
        number: int,
        *,
        case: str | None = None,
        outlet: str = "agency",
        read: dict[str, Any] | None = None,
        published: datetime | None = None,
        title: str = "",
        indexed: bool = True,
    ) -> str:
        """Store a text at the address of this number, the first or the next one, and return its Case."""
        url = f"https://agency.example/{number}"
        id_ = document_id(url)
        version = self.versions[url] = self.versions.get(url, 0) + 1
        said = read or analysis()
        with self.database.write() as connection:
            connection.execute(
                articles_table.insert().values(
                    document=id_,
                    version=version,
                    url=url,
                    outlet=outlet,
                    source=f"{outlet}-feed",
                    title=title or f"أهالي حي الزهور يناشدون، للتواصل 0770 123 4567 ({number})",
                    body="نص",
                    content=f"{number}-{version}",
                    published=published or self.now,
                    published_raw="",
                    published_from="feed",
                    fetched=self.now,
                    language="ar",
                    state="analysed",
                )
            )
            held = case
            if held is None and said["appeals"]:
                held = cases.open_case(connection, id_, self.now, "the first to tell it")
            documents.store_analysis(
                connection, document=id_, version=version, analyser="-", at=self.now, analysis=said
            )
            documents.store(
                connection,
                id=id_,
                version=version,
                stance=said["stance"],
                group=id_,
                case=held,
                signature=(),
                facts=None,
                keys=(),
                first_seen=self.now,
            )
            if held:
                cases.refresh(connection, held, Dues())
            changes.announce(connection, [id_], self.now)
            if indexed:
                changes.restart(connection, changes.INDEXER, changes.last(connection))
        return held or id_

    def announce(self, number: int) -> None:
        """Let a Document be indexed again, as a decision of triage does."""
        with self.database.write() as connection:
            changes.announce(connection, [document_id(f"https://agency.example/{number}")], self.now)
            changes.restart(connection, changes.INDEXER, changes.last(connection))

    def subscribe(self, *addresses: str, **given: Any) -> int:
        """Add a subscription of these mail addresses and return its number."""
        told = tuple(Recipient(Channel.MAIL, address) for address in addresses or (TO,))
        values: dict[str, Any] = {"name": "بحث", "query": "", "recipients": told} | given
        with self.database.write() as connection:
            return subscriptions.add(connection, Subscription(**values), self.now)

    def leave(self, subscription: int) -> None:
        """Let the first recipient of a subscription unsubscribe."""
        with self.database.write() as connection:
            held = subscriptions.find(connection, subscription)
            assert held is not None
            assert subscriptions.leave(connection, held.recipients[0].id, self.now)

    def pass_(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def match(self) -> int:
        """Match until nothing is left, and return how many alerts are owed by it."""
        matcher = Matcher(self.database, OUTLETS, tuple(place_names()))
        owed = 0
        while (done := matcher.match(self.now)).changes:
            owed += done.alerts
        return owed

    def digest(self) -> int:
        """Write what is due, and return how many messages that are."""
        composer = Composer(sender=SENDER, desk_url=DESK)
        digester = Digester(self.database, Writer(composer, Poster(desk_url=DESK)), OUTLETS, timedelta(seconds=60))
        return digester.digest(self.now).messages

    def facts(self) -> list[tuple[str, str]]:
        """Return (subject, fact) of every alert, in order."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(alerts.c.subject, alerts.c.fact).order_by(alerts.c.id))
            return [(row.subject, row.fact) for row in rows]

    def mails(self) -> list[EmailMessage]:
        """Return the mails in the outbox, the oldest first."""
        with self.database.read() as connection:
            rows = connection.scalars(sa.select(outbox.c.message).order_by(outbox.c.id)).all()
        return [parsed(row) for row in rows]


def parsed(message: bytes) -> EmailMessage:
    """Return a mail as the standard library reads it."""
    mail = message_from_bytes(message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
