"""`rasid alerts`: the messages that wait or could not be delivered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from service.database.messages import Letter


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(
        help="Messages that wait to be sent, or are dead letters.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("list")(command(list_messages))
    group.command("retry")(command(retry))
    group.command("drop")(command(drop))
    app.add_typer(group, name="alerts")


Numbers = Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As `rasid alerts list` has them.")]


def list_messages(
    state: Annotated[
        list[str] | None, typer.Option(help="pending, sending, sent or dead; may be repeated. Without: all but sent.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One message a line, as JSON.")] = False,
) -> None:
    """List the messages, the latest first, with why the dead ones are dead."""
    from service import assembly
    from service.database import messages
    from service.settings import read_settings

    for value in state or ():
        if value not in messages.STATES:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(messages.STATES)}", param_hint="--state")
    states = tuple(state) if state else ("pending", "sending", "dead")
    before = None
    with assembly.database(read_settings()) as database, database.read() as connection:
        while True:
            found, before = messages.listed(connection, states=states, before=before, size=500)
            for letter in found:
                typer.echo(json.dumps(_fields(letter), ensure_ascii=False) if json_ else _line(letter))
            if before is None:
                return


def retry(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER...]", help="Of dead letters.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead letter whose recipient is still told.")] = False,
) -> None:
    """Send dead letters once more."""
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.cli.users import operator
    from service.database import messages
    from service.settings import read_settings

    if bool(numbers) == every:
        raise typer.BadParameter("name dead letters, or give --all")
    now = datetime.now(UTC)
    with assembly.database(read_settings()) as database, database.write() as connection:
        chosen = numbers or messages.dead(connection)
        done = [number for number in chosen if messages.retry(connection, number, now)]
        for number in done:
            accounts.note(connection, operator(), "message_retried", f"message:{number}", now)
    _tell(done, chosen, "waits again", "is no dead letter, or its recipient was taken out", every=every)


def drop(numbers: Numbers) -> None:
    """Forget messages that wait or are dead; they are never sent."""
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.cli.users import operator
    from service.database import messages
    from service.settings import read_settings

    now = datetime.now(UTC)
    with assembly.database(read_settings()) as database, database.write() as connection:
        done = []
        for number in numbers:
            letter = messages.find(connection, number)
            if letter is not None and messages.drop(connection, number):
                done.append(number)
                detail = {"to": letter.recipient if letter.channel == "mail" else letter.channel}
                accounts.note(connection, operator(), "message_dropped", f"message:{number}", now, **detail)
    _tell(done, numbers, "is dropped", "neither waits nor is dead")


def _tell(done: list[int], chosen: list[int], well: str, ill: str, *, every: bool = False) -> None:
    for number in done:
        typer.echo(f"message {number} {well}")
    left = [number for number in chosen if number not in done]
    for number in left:
        typer.echo(f"message {number} {ill}", err=True)
    if left and not every:
        raise typer.Exit(1)


def _fields(letter: Letter) -> dict[str, object]:
    from dataclasses import asdict
    from datetime import datetime

    from service.desk.alert_form import hidden_address

    told = asdict(letter) | {"recipient": hidden_address(letter.channel, letter.recipient), "owner": letter.owner_name}
    del told["owner_name"]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def _line(letter: Letter) -> str:
    from service.labels import BAGHDAD

    fields = _fields(letter)
    when = f"{letter.created.astimezone(BAGHDAD):%Y-%m-%d %H:%M}"
    why = " ".join(letter.detail.split()) or "-"
    facts = (letter.id, letter.state, when, letter.attempts, letter.channel, fields["recipient"], why, letter.subject)
    return "\t".join(str(fact) for fact in facts)
