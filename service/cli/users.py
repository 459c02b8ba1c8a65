"""`rasid users`: who may use the desk."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command
from service.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.accounts import User


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="The desk's users and their roles.", no_args_is_help=True, rich_markup_mode=None)
    group.command("add")(command(add_user))
    group.command("list")(command(list_users))
    group.command("role")(command(change_role))
    group.command("password")(command(change_password))
    group.command("disable")(command(disable))
    group.command("enable")(command(enable))
    app.add_typer(group, name="users")


Name = Annotated[str, typer.Argument(help="By which the user logs in.")]
GivenRole = Annotated[
    Role, typer.Option("--role", help="reader (private data masked), editor, or administrator (users too).")
]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input instead of asking for it.")]


def add_user(name: Name, role: GivenRole = Role.EDITOR, stdin: Stdin = False) -> None:
    """Add a user; the password is asked for twice."""
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.settings import read_settings

    password = _password(stdin=stdin)
    with assembly.database(read_settings()) as database, database.write() as connection:
        now = datetime.now(UTC)
        accounts.add_user(connection, name, password, role, now)
        accounts.note(connection, operator(), "user_added", f"user:{accounts.fold_name(name)}", now, role=role.value)
    typer.echo(f"{accounts.fold_name(name)} may log in as {role.value}")


def list_users(json_: Annotated[bool, typer.Option("--json", help="One user a line, as JSON.")] = False) -> None:
    """List the users with their roles."""
    from service import accounts, assembly
    from service.settings import read_settings

    with assembly.database(read_settings()) as database, database.read() as connection:
        for user in accounts.every_user(connection):
            if json_:
                told = {"name": user.name, "role": user.role.value, "disabled": user.disabled}
                typer.echo(json.dumps(told, ensure_ascii=False))
            else:
                typer.echo(f"{user.name}\t{user.role.value}{'	disabled' if user.disabled else ''}")


def change_role(name: Name, role: Annotated[Role, typer.Argument(help="reader, editor or administrator.")]) -> None:
    """Give a user another role."""
    _change(name, "role_changed", role=role)


def change_password(name: Name, stdin: Stdin = False) -> None:
    """Give a user another password, and end the sessions that were begun with the old one."""
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.settings import read_settings

    password = _password(stdin=stdin)
    with assembly.database(read_settings()) as database, database.write() as connection:
        user = _found(connection, name)
        accounts.set_password(connection, user.id, password)
        accounts.note(connection, operator(), "password_changed", f"user:{user.name}", datetime.now(UTC))
    typer.echo(f"{user.name} has another password; all sessions ended")


def disable(name: Name) -> None:
    """Keep a user out, at once; what was decided stays under the name."""
    _change(name, "user_disabled", disabled=True)


def enable(name: Name) -> None:
    """Let a disabled user in again."""
    _change(name, "user_enabled", disabled=False)


def _change(name: str, action: str, *, role: Role | None = None, disabled: bool | None = None) -> None:
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.settings import read_settings

    with assembly.database(read_settings()) as database, database.write() as connection:
        now = datetime.now(UTC)
        user = _found(connection, name)
        accounts.change_user(connection, user.id, now, role=role, disabled=disabled)
        detail = {"role": role.value} if role else {}
        accounts.note(connection, operator(), action, f"user:{user.name}", now, **detail)
    typer.echo(f"{user.name}: {action.replace('_', ' ')}")


def _found(connection: sa.Connection, name: str) -> User:
    from service import accounts
    from service.errors import AccountRefused

    user = accounts.find_user(connection, name)
    if user is None:
        raise AccountRefused("no_user", f"there is no user {name}")
    return user


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    return given


def operator() -> str:
    """Return who acts at the command line, for the audit log."""
    import getpass

    try:
        return f"command line ({getpass.getuser()})"
    except OSError:  # a user id without a name
        return "command line"
