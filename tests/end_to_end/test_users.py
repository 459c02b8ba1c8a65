"""`rasid users`, as an administrator runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from service import auditing
from service.auditing import Chosen
from service.database.engine import Database

Rasid = Callable[..., subprocess.CompletedProcess[str]]

PASSWORD = "a long password\n"


def _list(rasid: Rasid) -> dict[str, tuple[str, bool]]:
    listed = rasid("users", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    users = [json.loads(line) for line in listed.stdout.splitlines()]
    return {user["name"]: (user["role"], user["disabled"]) for user in users}


def test_users_are_added_listed_changed_and_disabled(rasid: Rasid, tmp_path: Path) -> None:
    added = rasid("users", "add", "Suad", "--role", "administrator", "--stdin", given=PASSWORD)
    assert (added.returncode, added.stdout) == (0, "suad may log in as administrator\n")
    assert rasid("users", "add", "علي", "--stdin", given=PASSWORD).returncode == 0
    assert _list(rasid) == {"suad": ("administrator", False), "علي": ("editor", False)}
    assert rasid("users", "role", "علي", "reader").returncode == 0
    assert rasid("users", "disable", "علي").returncode == 0
    assert _list(rasid)["علي"] == ("reader", True)
    assert "علي\treader\tdisabled" in rasid("users", "list").stdout
    assert rasid("users", "enable", "علي").returncode == 0
    assert rasid("users", "password", "علي", "--stdin", given="another password\n").returncode == 0
    with Database.open(f"sqlite:///{tmp_path}/rasid.db") as database, database.read() as connection:
        entries = auditing.read(connection, Chosen(subject="user:علي")).entries
    assert [entry.action for entry in entries] == [
        "password_changed",
        "user_enabled",
        "user_disabled",
        "role_changed",
        "user_added",
    ]
    assert all(entry.actor.startswith("command line") for entry in entries)


def test_what_cannot_be_is_one_line_and_status_1(rasid: Rasid) -> None:
    assert rasid("users", "add", "suad", "--role", "administrator", "--stdin", given=PASSWORD).returncode == 0
    for arguments, said in (
        (["add", "suad", "--stdin"], "there is a user suad already"),
        (["add", "a b", "--stdin"], "'a b' is no user name: 2 to 40 letters, digits, and . - _ within"),
        (["disable", "nobody"], "there is no user nobody"),
        (["disable", "suad"], "the last administrator must stay one: make another one first"),
        (["role", "suad", "editor"], "the last administrator must stay one: make another one first"),
    ):
        refused = rasid("users", *arguments, given=PASSWORD)
        assert (refused.returncode, refused.stderr) == (1, f"rasid: {said}\n")
    short = rasid("users", "add", "other", "--stdin", given="short\n")
    assert (short.returncode, short.stderr) == (1, "rasid: a password has at least 10 characters\n")
    assert rasid("users", "role", "suad", "king").returncode == 2
    assert list(_list(rasid)) == ["suad"]
