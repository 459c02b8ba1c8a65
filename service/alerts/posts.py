"""What webhooks and chat services get: JSON for programs, a few lines of text for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from service.alerts.messages import MOST_TOLD, Message
from service.mail.composing import Teller

if TYPE_CHECKING:
    from datetime import datetime

    from service.alerts.messages import Letter, Telling

VERSION = 1
"""Of the JSON that webhooks get; it grows when a field changes its meaning or goes."""


class Poster:
    """Writes posts, with links to one desk."""

    def __init__(self, *, desk_url: str) -> None:
        self._desk_url = desk_url

    def json(self, letter: Letter, now: datetime) -> Message:
        """Return the JSON object that a webhook gets."""
        teller = Teller(letter, self._desk_url, now)
        told = {
            "version": VERSION,
            "id": letter.key,
            "subscription": {"id": letter.subscription.id, "name": letter.subscription.name},
            "at": now.isoformat(),
            "cases": [self._case(letter, one) for one in letter.ordered],
        }
        content = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return Message(f"<{letter.key[:40]}@webhook>", teller.subject(), content)

    def text(self, letter: Letter, now: datetime) -> Message:
        """Return the text that a chat service shows: one paragraph a case, the link last."""
        teller = Teller(letter, self._desk_url, now)
        rows = teller.rows()
        lines = [f"{row['mark']} {row['title']}\n{row['line']}\n{row['link']}" for row in rows]
        if len(letter.tellings) > MOST_TOLD:
            lines.append(f"{teller.rest()}\n{teller.desk_link}")
        return Message(f"<{letter.key[:40]}@apprise>", teller.subject(), "\n\n".join(lines).encode("utf-8", "replace"))

    def _case(self, letter: Letter, telling: Telling) -> dict[str, Any]:
        record, appeal = telling.record, telling.appeal or {}

        def spans(name: str) -> list[str]:
            return list(dict.fromkeys(letter.shown(record, span["text"]) for span in appeal.get(name, ())))

        return {
            "case": record.case or None,
            "item": record.id,
            "facts": list(telling.facts),
            "title": letter.shown(record, record.title),
            "summary": letter.shown(record, appeal.get("summary", "")),
            "stance": record.analysis["stance"],
            "urgency": telling.level or None,
            "state": telling.state or None,
            "needs": list(appeal.get("needs", ())),
            "governorates": list(record.analysis["governorates"]["primary"]),
            "facilities": spans("facilities"),
            "appellants": spans("appellants"),
            "addressees": spans("addressees"),
            "outlet": record.outlet,
            "outlets": telling.outlets,
            "since": telling.since.isoformat() if telling.since else None,
            "url": record.url,
            "link": f"{self._desk_url}/item/{record.id}",
        }
