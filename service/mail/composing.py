"""How an alert mail reads: right-to-left HTML with inlined styles and a plain part."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from service.alerts.messages import MOST_TOLD, Message
from service.labels import labels
from service.mail.smtp import in_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.alerts.messages import Letter, Telling

_COLOURS = {"critical": "#b3261e", "high": "#8a5300", "normal": "#3f5a6b", "": "#3f5a6b"}
_JOINERS = "\u200c\u200d"
"""They shape letters (Kurdish and Persian words need them) and turn no text around, as other unseen signs do."""
_MARKS = {"critical": "▲", "high": "◆", "normal": "●", "": "○"}


class Teller:
    """Puts what a letter tells into the words of its language; the same for mails and posts."""

    def __init__(self, letter: Letter, desk_url: str, now: datetime) -> None:
        self._letter, self._now, self._desk_url = letter, now, desk_url
        self.labels = labels(letter.subscription.language)

    @property
    def desk_link(self) -> str:
        """The list that the subscription searches."""
        query = self._letter.subscription.query
        language = "lang=en" if self.labels.language == "en" else ""
        return f"{self._desk_url}/?{'&'.join(part for part in (query, language) if part)}".rstrip("?")

    def subject(self) -> str:
        """Return the subject: how many cases, and the first of them."""
        first = self._letter.ordered[0]
        new = sum(not one.follows for one in self._letter.tellings)
        following = len(self._letter.tellings) - new
        parts = [self.labels.count("new_appeal", new)] if new else []
        parts += [self.labels.count("follow_up", following)] if following else []
        return self.labels.text(
            "mail_subject_urgent" if first.level == "critical" else "mail_subject",
            count=self.labels.text("list_separator").join(parts),
            first=_line(self._title(first), 90),
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the cases that are written out."""
        return [self._row(one) for one in self._letter.ordered[:MOST_TOLD]]

    def rest(self) -> str:
        """Return how many cases are not written out."""
        return self.labels.text("mail_rest", count=self.labels.count("appeal", len(self._letter.tellings) - MOST_TOLD))

    def _title(self, telling: Telling) -> str:
        record = telling.record
        summary = telling.appeal["summary"] if telling.appeal else ""
        return self._letter.shown(record, record.title or summary or record.body[:140])

    def _row(self, telling: Telling) -> dict[str, Any]:
        record, names, appeal = telling.record, self.labels, telling.appeal or {}
        published = telling.since or record.published or record.fetched
        row = {
            "title": _line(self._title(telling), 160),
            "summary": _line(self._letter.shown(record, appeal.get("summary", "")), 400),
            "urgency": names.name("urgency", telling.level)
            if telling.level
            else names.name("stance", record.analysis["stance"]),
            "colour": _COLOURS[telling.level],
            "mark": _MARKS[telling.level],
            "needs": names.listed("need", tuple(appeal.get("needs", ()))),
            "places": names.listed("governorate", tuple(record.analysis["governorates"]["primary"]))
            or names.text("nowhere"),
            "facilities": self._joined(telling, appeal.get("facilities", ())),
            "appellants": self._joined(telling, appeal.get("appellants", ())),
            "addressees": self._joined(telling, appeal.get("addressees", ())),
            "outlets": names.count("outlet", telling.outlets) if telling.outlets > 1 else "",
            "outlet": _line(telling.outlet, 80),
            "since": names.ago(published, self._now),
            "exact": names.exact(published),
            "why": [self._why(fact) for fact in telling.facts],
            "follows": telling.follows,
            "state": names.name("case_state", telling.state) if telling.state not in {"", "new"} else "",
            "link": self._link(record.id),
        }
        row["line"] = " · ".join(
            str(row[part]) for part in ("urgency", "needs", "places", "facilities", "outlets", "since") if row[part]
        )
        return row

    def _why(self, fact: str) -> str:
        kind, _, value = fact.partition(":")
        if kind == "urgency":
            return self.labels.text("fact_urgency", urgency=self.labels.name("urgency", value))
        if kind == "place":
            return self.labels.text("fact_place", place=value)
        if kind == "outlets":
            return self.labels.text("fact_outlets", count=self.labels.count("outlet", int(value)))
        return self.labels.text(f"fact_{kind}")

    def _link(self, item: str) -> str:
        return f"{self._desk_url}/item/{item}{'?lang=en' if self.labels.language == 'en' else ''}"

    def _joined(self, telling: Telling, spans: Sequence[Mapping[str, Any]]) -> str:
        words = dict.fromkeys(_line(self._letter.shown(telling.record, span["text"]), 80) for span in spans)
        return self.labels.text("list_separator").join(words)


class Composer:
    """Writes alert mails from one sender, with links to one desk."""

    def __init__(self, *, sender: str, desk_url: str) -> None:
        self._sender = sender
        self._desk_url = desk_url
        environment = Environment(
            loader=PackageLoader("service.mail", "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html = environment.get_template("alert.html")
        self._plain = environment.get_template("alert.txt")

    def compose(self, letter: Letter, now: datetime) -> Message:
        """Write one mail; its Message-ID depends only on the recipient and on what is told."""
        teller = Teller(letter, self._desk_url, now)
        rows = teller.rows()
        leave = f"{self._desk_url}/unsubscribe?{urlencode({'token': letter.leave})}"
        values = {
            "labels": teller.labels,
            "subject": teller.subject(),
            "cases": rows,
            "rest": teller.rest() if len(letter.tellings) > MOST_TOLD else "",
            "total": len(letter.tellings),
            "name": _line(letter.subscription.name, 120) if letter.subscription.owner is not None else "",
            "desk_url": self._desk_url,
            "desk_link": teller.desk_link,
            "leave": leave + ("&lang=en" if teller.labels.language == "en" else ""),
            "made": teller.labels.exact(now),
        }
        sender = parseaddr(self._sender)[1]
        domain = in_ascii(sender).rpartition("@")[2]
        to = in_ascii(letter.recipient.address)
        message = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
        message["Message-ID"] = f"<{letter.key[:40]}@{domain}>"
        message["Date"] = format_datetime(now)
        message["From"] = self._sender.replace(sender, in_ascii(sender))
        message["To"] = to
        message["Subject"] = values["subject"]
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5
        message["Precedence"] = "bulk"
        message["List-Unsubscribe"] = f"<{leave}>"  # RFC 2369, 3.2
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058, 3.1
        message["X-Rasid-Cases"] = str(len(letter.tellings))
        message.set_content(self._plain.render(values), cte="base64")
        message.add_alternative(self._html.render(values), subtype="html", cte="base64")
        message["Content-Language"] = teller.labels.language  # last: setting the content takes such headers out
        return Message(str(message["Message-ID"]), str(values["subject"]), message.as_bytes())


def _line(text: str, most: int) -> str:
    """Return the text on one line without control characters, cut at a word's end where it is too long."""
    line = " ".join("".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text).split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"
