"""A process that brings changes all the way to the mail server, and is killed at a named step.

As a program, `alert_child.py DATABASE INDEX SMTP_PORT`, it reads lines "STEP NTH" and for each forks a process that
kills itself when it comes to the step for the NTH time ("none 0" never does); it prints the process's number, and the
line "gone" when that process has ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from index import open_index
from nlp import place_names
from service.alerts import digesting, matching
from service.alerts.digesting import Digester
from service.alerts.matching import Matcher
from service.alerts.messages import Writer
from service.alerts.posts import Poster
from service.database import changes, outbox
from service.database.engine import Database
from service.indexer import index_changes
from service.mail import carriers
from service.mail.carriers import Carriers
from service.mail.composing import Composer
from service.mail.delivery import Mailer
from service.mail.smtp import SmtpAccount

SENDER = "Rasid <rasid@newsroom.example>"

STEPS: dict[str, tuple[Any, str, bool]] = {
    # name: whose, which function, and whether it has been done when the process dies
    "match, before it searches": (matching, "search_all", False),
    "match, after it searched": (matching, "search_all", True),
    "match, cursor moved but not committed": (changes, "advance", True),
    "match, committed": (Matcher, "match", True),
    "overdue, committed": (Matcher, "match_overdue", True),
    "digest, before it composes": (Composer, "compose", False),
    "digest, after it composed": (Composer, "compose", True),
    "digest, message owed but not committed": (outbox, "post", True),
    "digest, one subscription committed": (digesting.Digester, "_one", True),
    "send, claimed but not committed": (outbox, "claim", True),
    "send, claimed": (carriers.Rounds, "send", False),
    "send, accepted by the server": (carriers.Rounds, "send", True),
    "mark, not committed": (outbox, "sent", True),
    "mark, committed": (Mailer, "_one", True),
}
REPEATING = frozenset({"send, accepted by the server", "mark, not committed"})
"""Steps after which one mail, the one in flight, is sent again under the same Message-ID."""


def _die_at(step: str, nth: int) -> None:
    whose, name, done = STEPS[step]
    whole: Callable[..., Any] = getattr(whose, name)
    left = [nth]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        result = whole(*args, **kwargs) if done else None
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result if done else whole(*args, **kwargs)

    setattr(whose, name, deadly)


def _live(database_url: str, index_url: str, port: int) -> None:
    with Database.open(database_url) as database, open_index(index_url) as index:
        matcher = Matcher(database, {}, tuple(place_names()))
        writer = Writer(Composer(sender=SENDER, desk_url="http://desk.example"), Poster(desk_url="http://desk.example"))
        digester = Digester(database, writer, {}, timedelta(0))
        account = SmtpAccount(host="127.0.0.1", port=port, security="none", user="", password="", sender=SENDER)
        mailer = Mailer(database, Carriers(account), per_minute=10**6, per_recipient=10**6)
        while True:
            index_changes(database, index, {})
            now = datetime.now(UTC)
            matcher.match(now)
            matcher.match_overdue(now)
            digester.digest(now)
            mailer.deliver()
            time.sleep(0.005)


def main(database_url: str, index_url: str, port: int) -> None:
    """Fork a process for each line."""
    for line in sys.stdin:
        step, _, nth = line.rstrip("\n").rpartition(" ")
        process = os.fork()
        if process == 0:
            if step != "none":
                _die_at(step, int(nth))
            try:
                _live(database_url, index_url, port)
            finally:
                os._exit(1)
        print(process, flush=True)
        os.waitpid(process, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
