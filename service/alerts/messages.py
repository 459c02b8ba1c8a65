"""What is told, to whom and why; and who writes it for each kind of recipient."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from service.alerts.facts import URGENCIES
from service.alerts.subscriptions import Channel
from service.masking import mask_text, private_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from service.alerts.posts import Poster
    from service.alerts.subscriptions import Recipient, Subscription
    from service.database.documents import Record
    from service.mail.composing import Composer

MOST_TOLD = 20
"""Cases written out in one message; a link leads to the rest."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A case, or an item of none, as it is told: by the Document that brought it and the facts that are news of it.

    `outlet` is the Document's, `outlets` on how many the case stands, `since` when it was first seen; urgency and state
    are the case's, "" where there is none.
    """

    subject: str
    facts: tuple[str, ...]
    record: Record
    outlet: str
    outlets: int = 1
    since: datetime | None = None
    urgency: str = ""
    state: str = ""

    def only(self, facts: Iterable[str]) -> Telling:
        """Return the same with some of its facts."""
        return replace(self, facts=tuple(facts))

    @property
    def follows(self) -> bool:
        """Whether the subject was told before, and this is what is new of it."""
        return "new" not in self.facts

    @property
    def appeal(self) -> Mapping[str, Any] | None:
        """The most urgent appeal of the Document, None where it asks for nothing."""
        asked = self.record.analysis["appeals"]
        return min(asked, key=lambda appeal: URGENCIES.index(appeal["urgency"])) if asked else None

    @property
    def level(self) -> str:
        """How urgent it is: as the case is, or as the Document says."""
        return self.urgency or (self.appeal["urgency"] if self.appeal else "")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message before it is written: `leave` is the token that takes the recipient out of the subscription."""

    subscription: Subscription
    recipient: Recipient
    tellings: tuple[Telling, ...]
    masked: bool
    leave: str

    @property
    def ordered(self) -> tuple[Telling, ...]:
        """What is told, the most urgent first, what is new before what follows."""
        return tuple(sorted(self.tellings, key=lambda one: (URGENCIES.index(one.level), one.follows)))

    @property
    def key(self) -> str:
        """What the message's identity is made from: the same recipient, subjects and facts give the same."""
        parts = sorted(f"{one.subject} {fact}" for one in self.tellings for fact in one.facts)
        return hashlib.sha256("\n".join([self.recipient.address, *parts]).encode()).hexdigest()

    def shown(self, record: Record, text: str) -> str:
        """Return a text of a Document as the recipient may read it."""
        return mask_text(text, private_names(record.analysis)) if self.masked else text


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent: the whole mail, or the body of a post."""

    id: str
    subject: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes letters: mails by the composer, posts to webhooks and other services by the poster."""

    composer: Composer
    poster: Poster

    def write(self, letter: Letter, now: datetime) -> Message:
        """Return the letter as its recipient's channel wants it."""
        if letter.recipient.channel is Channel.MAIL:
            return self.composer.compose(letter, now)
        if letter.recipient.channel is Channel.WEBHOOK:
            return self.poster.json(letter, now)
        return self.poster.text(letter, now)
