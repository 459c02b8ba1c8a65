"""How an alert mail reads: right-to-left HTML with inlined styles and a plain part, private data masked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from nlp import mask_private
from service.labels import labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.database.documents import Record
    from service.labels import Labels, Language

MOST_CASES = 20
"""Cases written out in one mail; a link leads to the rest."""

_URGENCIES = ("critical", "high", "normal")
_COLOURS = {"critical": "#b3261e", "high": "#8a5300", "normal": "#3f5a6b"}


@dataclass(frozen=True, slots=True)
class Told:
    """A Case as a mail tells it: by the Document that brought it, with the outlet's name and the number of outlets."""

    case: str
    record: Record
    outlet: str
    outlets: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A composed mail. `message` is all of it as it is sent; `message_id` depends only on recipient and Cases."""

    message_id: str
    subject: str
    message: bytes


class Composer:
    """Writes alert mails in one language, from one sender, with links to one desk."""

    def __init__(self, *, sender: str, desk_url: str, language: Language) -> None:
        self._sender = sender
        self._desk_url = desk_url
        self._labels = labels(language)
        environment = Environment(
            loader=PackageLoader("service.mail", "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html = environment.get_template("alert.html")
        self._plain = environment.get_template("alert.txt")

    def compose(self, recipient: str, told: Sequence[Told], now: datetime) -> Mail:
        """Write one mail that tells a recipient of Cases, the most urgent first, at most `MOST_CASES` of them."""
        ordered = sorted(told, key=lambda case: _URGENCIES.index(_appeal(case.record)["urgency"]))
        shown = [self._row(case, now) for case in ordered[:MOST_CASES]]
        worst = _appeal(ordered[0].record)["urgency"]
        subject = self._labels.text(
            "mail_subject_urgent" if worst == "critical" else "mail_subject",
            count=self._labels.count("new_appeal", len(told)),
            first=_line(
                _masked(ordered[0].record, ordered[0].record.title or _appeal(ordered[0].record)["summary"]), 90
            ),
        )
        values = {
            "labels": self._labels,
            "subject": subject,
            "cases": shown,
            "rest": len(told) - len(shown),
            "desk_url": self._desk_url,
            "made": self._labels.exact(now),
        }
        digest = hashlib.sha256("\n".join([recipient, *sorted(case.case for case in told)]).encode()).hexdigest()
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["Message-ID"] = f"<{digest[:40]}@{domain}>"
        message["Date"] = format_datetime(now)
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = subject
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5
        message["Precedence"] = "bulk"
        message["X-Rasid-Cases"] = str(len(told))
        message["Content-Language"] = self._labels.language
        message.set_content(self._plain.render(values), cte="base64")
        message.add_alternative(self._html.render(values), subtype="html", cte="base64")
        return Mail(str(message["Message-ID"]), subject, message.as_bytes())

    def _row(self, told: Told, now: datetime) -> dict[str, Any]:
        record, names = told.record, self._labels
        appeal = _appeal(record)
        published = record.published or record.fetched
        return {
            "title": _line(_masked(record, record.title or appeal["summary"]), 160),
            "summary": _masked(record, appeal["summary"]),
            "urgency": names.name("urgency", appeal["urgency"]),
            "colour": _COLOURS[appeal["urgency"]],
            "needs": names.listed("need", tuple(appeal["needs"])),
            "places": names.listed("governorate", tuple(appeal["governorates"])) or names.text("nowhere"),
            "facilities": _joined(names, record, appeal["facilities"]),
            "appellants": _joined(names, record, appeal["appellants"]),
            "addressees": _joined(names, record, appeal["addressees"]),
            "outlets": names.count("outlet", told.outlets) if told.outlets > 1 else "",
            "outlet": told.outlet,
            "since": names.ago(published, now),
            "exact": names.exact(published),
            "link": f"{self._desk_url}/item/{record.id}",
        }


def _appeal(record: Record) -> Mapping[str, Any]:
    """Return the most urgent appeal of a Document that has at least one."""
    appeals: Sequence[Mapping[str, Any]] = record.analysis["appeals"]
    return min(appeals, key=lambda appeal: _URGENCIES.index(appeal["urgency"]))


def _masked(record: Record, text: str) -> str:
    """Return a text without private numbers and without the names of the private persons of its Document."""
    return mask_private(text, [one["text"] for one in record.analysis.get("private", ()) if one["kind"] == "person"])


def _joined(names: Labels, record: Record, spans: Sequence[Mapping[str, Any]]) -> str:
    words = dict.fromkeys(_line(_masked(record, span["text"]), 80) for span in spans)
    return names.text("list_separator").join(words)


def _line(text: str, most: int) -> str:
    """Return the text on one line without control characters, cut at a word's end where it is too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"
