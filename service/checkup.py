"""`rasid doctor`: is everything here that is needed, and what to do where it is not."""

from __future__ import annotations

import importlib.util
import shutil
import smtplib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from crawler.errors import CrawlerError
from index.errors import RasidIndexError
from nlp.errors import NlpError
from service import accounts, assembly
from service.database import articles, changes, documents, outbox
from service.desk.guard import is_loopback
from service.errors import RasidError
from service.indexer import refused
from service.settings import configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.settings import Settings

FREE_GIGABYTES = 2.0
"""Free disk below which is warned: a year of thirty outlets takes about that much."""

SMTP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok`, `missing` (something will not work), or `note` (good to know)."""

    name: str
    state: Literal["ok", "missing", "note"]
    seen: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that Rasid needs, in the order in which it is needed. Raises nothing that it looks for."""
    looks: list[Callable[[Settings], Finding]] = [
        _python,
        _configuration,
        _registry,
        _database,
        _users,
        _desk,
        _index,
        _analyser,
        _mail,
        _disk,
        _torch,
    ]
    return [_guarded(look, settings) for look in looks]


def _guarded(look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except (RasidError, CrawlerError, RasidIndexError, NlpError, OSError) as error:
        return Finding(look.__name__.strip("_"), "missing", " ".join(str(error).split()))


def _python(_: Settings) -> Finding:
    version = sys.version.split()[0]
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "missing", version)


def _configuration(_: Settings) -> Finding:
    path = configuration()
    if path.is_file():
        return Finding("configuration", "ok", str(path.resolve()))
    return Finding("configuration", "note", f"no {path} here, defaults and RASID_* are used", "`rasid init` writes one")


def _registry(settings: Settings) -> Finding:
    registry = assembly.registry(settings)
    verified = sum(outlet.verified for outlet in registry.outlets)
    seen = f"{len(registry.outlets)} outlets with {len(registry.sources)} sources, {verified} outlets verified"
    if verified == len(registry.outlets):
        return Finding("registry", "ok", seen)
    return Finding("registry", "note", seen, "`rasid sources check` says which of them answer from here")


def _database(settings: Settings) -> Finding:
    with assembly.database(settings) as database, database.read() as connection:
        waiting = articles.states(connection)
        mails = outbox.states(connection)
        held = documents.count(connection)
    seen = (
        f"{held} documents, {waiting.get('spooled', 0)} articles wait, {waiting.get('failed', 0)} failed, "
        f"{mails.get('pending', 0)} mails wait, {mails.get('dead', 0)} refused for good"
    )
    return Finding("database", "ok", seen)


def _users(settings: Settings) -> Finding:
    with assembly.database(settings) as database, database.read() as connection:
        known = sum(not user.disabled for user in accounts.every_user(connection))
        administrators = accounts.count_administrators(connection)
    if not administrators:
        advice = "`rasid users add NAME --role administrator` adds the first"
        return Finding("users", "missing", f"{known} users, no administrator: nobody can let others in", advice)
    return Finding("users", "ok", f"{known} users, {administrators} of them administrators")


def _desk(settings: Settings) -> Finding:
    seen = settings.desk_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    reached = {host, urlsplit(seen).netloc}
    if seen.startswith("https://") or all(is_loopback(name) for name in reached):
        return Finding("desk", "ok", seen if is_loopback(host) else f"{seen}, answering on {host}")
    advice = "set host to 127.0.0.1 behind a web server that does TLS, and base_url to its https address"
    return Finding(
        "desk", "note", f"{seen}, answering on {host}: without https passwords can be read on the way", advice
    )


def _index(settings: Settings) -> Finding:
    with assembly.database(settings) as database, assembly.index(settings) as index, database.read() as connection:
        behind = changes.last(connection) - changes.position(connection, changes.INDEXER)
        held, known, refusals = index.count(), documents.count(connection), refused(connection)
        what = index.describe()
    if held + refusals < known and not behind:
        return Finding("index", "missing", f"{held} of {known} documents; {what}", "`rasid reindex` makes it again")
    seen = f"{held} documents, {behind} changes behind the database, {refusals} refused; {what}"
    return Finding("index", "ok", seen)


def _analyser(settings: Settings) -> Finding:
    return Finding("analyser", "ok", assembly.analyser(settings).version)


def _mail(settings: Settings) -> Finding:
    if not settings.alert_to:
        return Finding("mail", "note", "nobody is told of new appeals", "set alert_to, smtp_host and mail_from")
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_SECONDS) as server:
            code, _ = server.noop()
    except (OSError, smtplib.SMTPException) as error:
        if settings.smtp_security != "tls":
            where = f"{settings.smtp_host}:{settings.smtp_port}"
            return Finding("mail", "missing", f"{where}: {error}", "set smtp_host and smtp_port")
        return Finding("mail", "note", "a TLS server is tried with the first mail only")
    return Finding("mail", "ok", f"{settings.smtp_host}:{settings.smtp_port} answers {code}")


def _disk(settings: Settings) -> Finding:
    place = Path.cwd()
    if settings.database.startswith("sqlite:///"):
        place = Path(settings.database.removeprefix("sqlite:///")).resolve().parent
    free = shutil.disk_usage(place if place.exists() else Path.cwd()).free / 1e9
    if free < FREE_GIGABYTES:
        return Finding("disk", "missing", f"{free:.1f} GB free at {place}", "make room, or keep the database elsewhere")
    return Finding("disk", "ok", f"{free:.1f} GB free at {place}")


def _torch(_: Settings) -> Finding:
    if importlib.util.find_spec("torch") is not None:
        return Finding("torch", "ok", "present: training and bigger models can be used")
    return Finding(
        "torch",
        "note",
        "absent, and not needed to run Rasid",
        "only training a model, or loading a bigger one from a hub, wants it: see README, «Without torch»",
    )
