"""The same mails to a mail server that newsrooms run: Debian's Exim, with TLS and a login."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_newsroom import SENDER, TO, Newsroom
from mail_servers import PASSWORD, USER, Authority, details, due_now
from servers import exim
from servers.exim import Exim, NoServer

from service.mail.carriers import Carriers
from service.mail.delivery import Delivered, Mailer
from service.mail.smtp import SmtpAccount


@pytest.fixture(scope="module")
def running(authority: Authority) -> Iterator[Exim]:
    with tempfile.TemporaryDirectory(prefix="rasid-exim-") as folder:
        try:
            with exim.server(Path(folder), authority.certify("localhost"), user=USER, password=PASSWORD) as up:
                yield up
        except NoServer as error:
            if error.broken and os.environ.get("RASID_TEST_REQUIRE_SERVERS"):
                pytest.fail(f"{error} (RASID_TEST_REQUIRE_SERVERS is set)")
            pytest.skip(str(error))


@pytest.fixture
def account(running: Exim, authority: Authority) -> SmtpAccount:

    ca = str(authority.file)
    return SmtpAccount("localhost", running.port, "starttls", USER, PASSWORD, SENDER, ca=ca, timeout=15)


def _owe(happening: Newsroom, *addresses: str) -> list[bytes]:
    happening.subscribe(*addresses)
    happening.store(1)
    happening.match()
    happening.digest()
    return [mail.as_bytes() for mail in happening.mails()]


def _deliver(happening: Newsroom, account: SmtpAccount) -> Delivered:
    return Mailer(happening.database, Carriers(account)).deliver()


def _last(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_exim_takes_a_mail_over_tls_and_keeps_it_as_it_was_written(
    happening: Newsroom, account: SmtpAccount, running: Exim
) -> None:
    _owe(happening, TO)
    before = len(running.bodies())
    assert _deliver(happening, account) == Delivered(sent=1)
    assert details(happening.database)[0].startswith("250 OK id=")
    assert len(running.bodies()) == before + 1
    assert "P=esmtpsa" in _last(running.log())
    plain = happening.mails()[0].get_body(("plain",))
    assert plain is not None
    encoded = str(plain.get_payload()).replace("\r\n", "\n").strip().replace("\n", "\r\n").encode()
    assert any(encoded in body for body in running.bodies())


def test_exim_refuses_one_recipient_for_good_and_another_for_now(happening: Newsroom, account: SmtpAccount) -> None:
    _owe(happening, "gone@newsroom.example", "later@newsroom.example", TO)
    assert _deliver(happening, account) == Delivered(dead=1, delayed=1)
    due_now(happening.database)
    said = details(happening.database)
    assert "550 no such user here" in said[0]
    assert "451 come back later" in said[1]


def test_exim_does_not_let_in_who_has_not_the_password(happening: Newsroom, account: SmtpAccount) -> None:
    _owe(happening, TO)
    assert _deliver(happening, dataclasses.replace(account, password="forgotten")) == Delivered(delayed=1)
    assert "535" in details(happening.database)[0]


def test_exim_with_a_certificate_that_nobody_vouches_for_gets_nothing(
    happening: Newsroom, account: SmtpAccount
) -> None:
    _owe(happening, TO)
    assert _deliver(happening, dataclasses.replace(account, ca="")) == Delivered(delayed=1)
    assert "certificate verify failed" in details(happening.database)[0]


def test_exim_takes_letters_before_the_at(happening: Newsroom, account: SmtpAccount) -> None:
    _owe(happening, "نور@newsroom.example")
    assert _deliver(happening, account) == Delivered(sent=1)
