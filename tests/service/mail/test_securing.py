"""The mail server's TLS and login: real handshakes; what cannot be trusted gets neither a mail nor a password."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from alert_newsroom import SENDER, Newsroom
from mail_servers import PASSWORD, USER, Authority, Office, details, due_now, let_in, serving

from service import assembly
from service.mail.carriers import Carriers
from service.mail.delivery import Delivered, Mailer
from service.mail.smtp import SmtpAccount
from service.settings import Settings


def _account(office: Office, **changed: Any) -> SmtpAccount:
    return dataclasses.replace(SmtpAccount("localhost", office.port, "none", "", "", SENDER, timeout=5), **changed)


def _deliver(owed: Newsroom, account: SmtpAccount) -> Delivered:
    return Mailer(owed.database, Carriers(account)).deliver()


def _options(authority: Authority, security: str, host: str = "localhost", **certificate: int) -> dict[str, Any]:
    context = authority.context(host, **certificate)
    return {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_that_the_authority_of_the_setting_vouches_for(
    owed: Newsroom, authority: Authority, security: Any
) -> None:
    with serving(Office(), **_options(authority, security)) as office:
        account = _account(office, security=security, ca=str(authority.file))
        assert _deliver(owed, account) == Delivered(sent=1)
    assert len(office.accepted) == 1
    if security == "starttls":
        assert office.secured == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "wrong",
    [
        ("none", "localhost", 2, "certificate verify failed"),
        ("stranger", "localhost", 2, "certificate verify failed"),
        ("authority", "mail.elsewhere.example", 2, "certificate is not valid for 'localhost'"),
        ("authority", "localhost", -1, "certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_right_delays_the_mail_and_says_why(
    owed: Newsroom,
    authority: Authority,
    stranger: Authority,
    security: Any,
    wrong: tuple[str, str, int, str],
) -> None:
    trusted, host, days, reason = wrong
    ca = {"none": "", "stranger": str(stranger.file), "authority": str(authority.file)}[trusted]
    with serving(Office(), **_options(authority, security, host, days=days)) as office:
        login = {"user": USER, "password": PASSWORD}
        assert _deliver(owed, _account(office, security=security, ca=ca, **login)) == Delivered(delayed=1)
    assert reason in details(owed.database)[0]
    assert office.accepted == []


def test_a_file_of_the_authority_that_is_not_there_delays_the_mail_and_is_named(
    owed: Newsroom, office: Office, tmp_path: Path
) -> None:
    missing = tmp_path / "ca.pem"
    assert _deliver(owed, _account(office, security="starttls", ca=str(missing))) == Delivered(delayed=1)
    assert str(missing) in details(owed.database)[0]


def test_a_server_that_wants_tls_first_says_so_to_a_client_that_was_not_set_to(
    owed: Newsroom, authority: Authority
) -> None:
    with serving(Office(), **_options(authority, "starttls")) as office:
        assert _deliver(owed, _account(office)) == Delivered(delayed=1)
    assert "530" in details(owed.database)[0]
    assert office.accepted == []


def test_the_right_password_lets_in_and_a_wrong_one_delays_the_mail_without_telling_it(
    owed: Newsroom, authority: Authority
) -> None:
    options = _options(authority, "starttls") | {"authenticator": let_in, "auth_required": True}
    with serving(Office(), **options) as office:
        account = _account(office, security="starttls", ca=str(authority.file), user=USER, password=PASSWORD)
        wrong = dataclasses.replace(account, password="forgotten")
        assert _deliver(owed, wrong) == Delivered(delayed=1)
        assert "535" in details(owed.database)[0]
        assert "forgotten" not in details(owed.database)[0]
        due_now(owed.database)
        assert _deliver(owed, dataclasses.replace(account, user="", password="")) == Delivered(delayed=1)
        assert "530" in details(owed.database)[0]
        due_now(owed.database)
        assert _deliver(owed, account) == Delivered(sent=1)


def test_no_password_is_shown_to_a_server_whose_certificate_is_not_trusted(
    owed: Newsroom, authority: Authority
) -> None:
    tried = []

    def note(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        tried.append(data)
        return let_in(server, session, envelope, mechanism, data)

    with serving(Office(), **_options(authority, "starttls"), authenticator=note) as office:
        account = _account(office, security="starttls", user=USER, password=PASSWORD)
        assert _deliver(owed, account) == Delivered(delayed=1)
    assert tried == []


def test_the_settings_name_authority_security_and_login() -> None:
    given = {"smtp_ca": "/etc/ca.pem", "smtp_security": "tls", "smtp_user": "noor", "smtp_password": "geheim"}
    account = assembly.account(Settings(**given))
    assert (account.ca, account.security, account.user, account.password) == ("/etc/ca.pem", "tls", "noor", "geheim")
