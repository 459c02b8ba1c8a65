"""Puts the parts together from the settings: each function makes one part, late, so that commands start quickly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler import CrawlOptions, Registry
    from index import Index
    from nlp import Analyser
    from service.alerts.digesting import Digester
    from service.alerts.matching import Matcher
    from service.alerts.messages import Writer
    from service.database.cases import Dues
    from service.database.engine import Database
    from service.mail.delivery import Mailer
    from service.mail.smtp import SmtpAccount
    from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Outlets:
    """What the stages after the crawler know of the outlets.

    `names` is what people call them, by id; `homes` their home governorates, "" for a national one.
    """

    names: Mapping[str, str]
    homes: Mapping[str, str]


def database(settings: Settings) -> Database:
    """Open the database, and make its schema where it is empty."""
    from service.database.engine import Database  # noqa: PLC0415 - commands without a database start without it

    return Database.open(settings.database, create=True)


def index(settings: Settings) -> Index:
    """Open the index that the settings name."""
    from index import ServerOptions, open_index  # noqa: PLC0415 - commands without an index start without it
    from nlp import place_names  # noqa: PLC0415 - as above

    options = ServerOptions(
        ca=Path(settings.index_ca) if settings.index_ca else None,
        fingerprint=settings.index_fingerprint,
        api_key=settings.index_api_key.get_secret_value(),
        replicas=settings.index_replicas if settings.index_replicas >= 0 else None,
    )
    return open_index(settings.index, options, place_names())


def analyser(settings: Settings) -> Analyser:
    """Load gazetteer, vocabulary and model. Raises ModelFault for a model that cannot be loaded."""
    from nlp import Analyser  # noqa: PLC0415 - takes a second

    return Analyser.load(entities=settings.entities_model)


def registry(settings: Settings) -> Registry:
    """Read the registry of outlets. Raises SettingsError where there is none, RegistryError where it is faulty."""
    from crawler import load_registry  # noqa: PLC0415 - only some commands need it

    if not settings.sources.is_file():
        raise SettingsError(
            f"there is no registry of outlets at {settings.sources}: `rasid init` writes one to start from"
        )
    return load_registry(settings.sources)


def outlets(settings: Settings) -> Outlets:
    """Return names and homes from the registry; without a registry the ids stand for themselves."""
    if not settings.sources.is_file():
        return Outlets({}, {})
    known = registry(settings).outlets
    return Outlets({outlet.id: outlet.name for outlet in known}, {outlet.id: outlet.home for outlet in known})


def crawl_options(settings: Settings) -> CrawlOptions:
    """Return how politely and how far to crawl."""
    from crawler import CrawlOptions  # noqa: PLC0415 - only the crawl needs it

    return CrawlOptions(
        contact=settings.crawl_contact,
        delay=settings.crawl_delay,
        allow_private_hosts=frozenset(settings.crawl_private_hosts),
    )


def dues(settings: Settings) -> Dues:
    """Return how soon cases must be answered."""
    from service.database.cases import Dues  # noqa: PLC0415 - only the desk and the worker need it

    return Dues(
        critical=timedelta(hours=settings.due_critical),
        high=timedelta(hours=settings.due_high),
        normal=timedelta(hours=settings.due_normal),
    )


def matcher(settings: Settings, database: Database, outlets: Outlets) -> Matcher:
    """Return what matches subscriptions, and bring that of the setting alert_to in step with it."""
    from nlp import place_names  # noqa: PLC0415 - only the matcher needs it
    from service.alerts.matching import Matcher  # noqa: PLC0415 - as above
    from service.alerts.subscriptions import keep_in_step  # noqa: PLC0415 - as above

    with database.write() as connection:
        keep_in_step(connection, settings.alert_to, settings.language, datetime.now(UTC))
    return Matcher(database, outlets.names, tuple(place_names()))


def digester(settings: Settings, database: Database, outlets: Outlets) -> Digester:
    """Return what writes the messages that are owed."""
    from service.alerts.digesting import Digester  # noqa: PLC0415 - only the matcher needs it

    return Digester(database, writer(settings), outlets.names, timedelta(seconds=settings.alert_interval))


def writer(settings: Settings) -> Writer:
    """Return who writes mails and posts."""
    from service.alerts.messages import Writer  # noqa: PLC0415 - only the matcher needs it
    from service.alerts.posts import Poster  # noqa: PLC0415 - as above
    from service.mail.composing import Composer  # noqa: PLC0415 - as above

    composer = Composer(sender=settings.mail_from, desk_url=settings.desk_url)
    return Writer(composer, Poster(desk_url=settings.desk_url))


def mailer(settings: Settings, database: Database) -> Mailer:
    """Return what sends messages to mail servers, webhooks and other services."""
    from service.mail.carriers import Carriers  # noqa: PLC0415 - only the mailer needs it
    from service.mail.delivery import Mailer  # noqa: PLC0415 - as above

    return Mailer(
        database,
        Carriers(account(settings), frozenset(settings.webhook_private_hosts)),
        per_minute=settings.mail_per_minute,
        per_recipient=settings.mail_per_recipient,
    )


def account(settings: Settings) -> SmtpAccount:
    """Return how the mail server is reached."""
    from service.mail.smtp import SmtpAccount  # noqa: PLC0415 - only the mailer needs it

    return SmtpAccount(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        sender=settings.mail_from,
        ca=settings.smtp_ca,
    )
