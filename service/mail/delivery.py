"""Delivery: takes owed messages from the outbox to their recipients, one by one, and writes down what was answered."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from service.database import outbox
from service.errors import MailDelayed, MailRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.database.engine import Database
    from service.database.outbox import Owed
    from service.mail.carriers import Carriers, Rounds

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of the mailer did, in messages."""

    sent: int = 0
    delayed: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends what is owed; `per_minute` messages in a minute in all, `per_recipient` to one recipient in an hour."""

    database: Database
    carriers: Carriers
    per_minute: int = 120
    per_recipient: int = 30

    def deliver(self, *, stopping: Callable[[], bool] = lambda: False) -> Delivered:
        """Send every message that is due, mails over one connection.

        Each is claimed, sent and marked in that order: a process that dies between sending and marking repeats that
        one message, with the same Message-ID. After a passing fault of a channel its rest waits for the next round.
        """
        counts = {"sent": 0, "delayed": 0, "dead": 0}
        with self.carriers.round() as carrying:
            while not stopping():
                with self.database.write() as connection:
                    owed = outbox.claim(
                        connection,
                        datetime.now(UTC),
                        without=carrying.tired,
                        per_minute=self.per_minute,
                        per_recipient=self.per_recipient,
                    )
                if owed is None:
                    break
                counts[self._one(carrying, owed)] += 1
        return Delivered(**counts)

    def _one(self, carrying: Rounds, owed: Owed) -> Literal["sent", "delayed", "dead"]:
        try:
            answer = carrying.send(owed)
        except MailRefused as error:
            log.warning("message %d is refused for good: %s", owed.id, error)
            with self.database.write() as connection:
                outbox.bury(connection, owed, str(error))
            return "dead"
        except MailDelayed as error:
            log.warning("message %d has to wait: %s", owed.id, error)
            with self.database.write() as connection:
                outbox.delay(connection, owed, datetime.now(UTC), str(error))
            return "delayed"
        except Exception as error:  # noqa: BLE001 - one message that nobody foresaw must not hold up all others
            log.error("message %d: %s: %s", owed.id, type(error).__name__, error)  # noqa: TRY400 - a line for operators
            with self.database.write() as connection:
                outbox.delay(connection, owed, datetime.now(UTC), f"{type(error).__name__}: {error}")
            return "delayed"
        with self.database.write() as connection:
            outbox.sent(connection, owed, datetime.now(UTC), answer)
        return "sent"
