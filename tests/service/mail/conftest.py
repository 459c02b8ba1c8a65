"""Owed messages on each database, and servers that take them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alert_newsroom import SENDER, Newsroom
from mail_servers import Authority, Office, serving

from service.database.engine import Database
from service.mail.smtp import SmtpAccount


@pytest.fixture
def happening(database: Database) -> Newsroom:
    return Newsroom(database)


@pytest.fixture
def office() -> Iterator[Office]:
    with serving(Office()) as office:
        yield office


@pytest.fixture
def account(office: Office) -> SmtpAccount:
    return SmtpAccount("127.0.0.1", office.port, "none", "", "", SENDER, timeout=5)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "Somebody Else")


@pytest.fixture
def owed(happening: Newsroom) -> Newsroom:
    """A mail to one recipient that is owed."""
    happening.subscribe()
    happening.store(1)
    happening.match()
    assert happening.digest() == 1
    return happening
