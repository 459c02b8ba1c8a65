"""`rasid subscriptions`: the searches that are told of, to whom and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.alerts.subscriptions import Subscription
    from service.labels import Language


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(
        help="Searches that are told of, to whom and when.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("list")(command(list_subscriptions))
    group.command("add")(command(add_subscription))
    group.command("pause")(command(pause))
    group.command("resume")(command(resume))
    group.command("remove")(command(remove))
    group.command("preview")(command(show_preview))
    app.add_typer(group, name="subscriptions")


Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `rasid subscriptions list` has it.")]


def list_subscriptions(
    json_: Annotated[bool, typer.Option("--json", help="One subscription a line, as JSON.")] = False,
) -> None:
    """List the subscriptions of all users, and that of the setting alert_to."""
    from service import accounts, assembly
    from service.alerts import subscriptions
    from service.settings import read_settings

    with assembly.database(read_settings()) as database, database.read() as connection:
        names = {user.id: user.name for user in accounts.every_user(connection)}
        for held in subscriptions.every(connection):
            fields = _fields(held, names.get(held.owner or 0, ""))
            typer.echo(json.dumps(fields, ensure_ascii=False) if json_ else _line(fields))


def add_subscription(
    name: Annotated[str, typer.Argument(help="By which people know it.")],
    to: Annotated[
        list[str], typer.Option("--to", metavar="ADDRESS", help="Mail, https or apprise address; may be repeated.")
    ],
    as_: Annotated[str, typer.Option("--as", metavar="USER", help="Whose it is; the role says what may be read.")],
    query: Annotated[str, typer.Option(help='That of the list\'s address, as "q=…&primary=IQ-BA".')] = "",
    tells: Annotated[
        list[str] | None, typer.Option(help="new, urgency, place, outlets, overdue; may be repeated.")
    ] = None,
    cadence: Annotated[str, typer.Option(help="at_once, hourly, daily or weekly.")] = "at_once",
    at: Annotated[str, typer.Option(help="Time in Baghdad, for daily and weekly.")] = "08:00",
    weekday: Annotated[int, typer.Option(min=0, max=6, help="0 Monday to 6 Sunday, for weekly.")] = 6,
    quiet: Annotated[str, typer.Option(metavar="FROM-TO", help="Hours in Baghdad, as 22:00-07:00.")] = "",
    quiet_critical: Annotated[
        bool, typer.Option("--quiet-critical", help="Let even what is critical wait for their end.")
    ] = False,
    language: Annotated[str, typer.Option(help="ar or en.")] = "ar",
) -> None:
    """Subscribe addresses to a search; it begins with what is on its way now."""
    from datetime import UTC, datetime
    from typing import cast

    from starlette.datastructures import QueryParams

    from service import accounts, assembly
    from service.alerts import owning
    from service.alerts.subscriptions import USUALLY, Subscription
    from service.cli.users import operator
    from service.desk.address import Address
    from service.desk.saved import stored
    from service.errors import AccountRefused
    from service.settings import read_settings

    if language not in {"ar", "en"}:
        raise typer.BadParameter(f"{language!r} is none of ar, en", param_hint="--language")
    bounds = quiet.partition("-")
    plan = owning.schedule(cadence, at, weekday, (bounds[0], bounds[2]), but_critical=not quiet_critical)
    with assembly.database(read_settings()) as database, database.write() as connection:
        owner = accounts.find_user(connection, as_)
        if owner is None or owner.disabled:
            raise AccountRefused("no_user", f"--as {as_}: there is no such user (see `rasid users list`)")
        now = datetime.now(UTC)
        made = Subscription(
            name=name,
            query=stored(Address.read(QueryParams(query.removeprefix("?")))),
            recipients=owning.recipients(to, owner, owner.role),
            schedule=plan,
            language=cast("Language", language),
            owner=owner.id,
            tells=owning.tells(tells) if tells else USUALLY,
        )
        number = owning.add(connection, made, now)
        detail = {"name": made.name, "query": made.query}
        accounts.note(connection, operator(), "subscription_made", owning.subject(number), now, **detail)
        held = _found(connection, number)
    typer.echo(f"subscription {number}: {held.name}")
    for one in held.recipients:
        if one.secret:
            typer.echo(f"secret of {one.address}: {one.secret}")


def pause(number: Number) -> None:
    """Stop a subscription until it is resumed."""
    _turn(number, on=False)


def resume(number: Number) -> None:
    """Let a paused subscription go on from now; what came meanwhile is not told."""
    _turn(number, on=True)


def remove(number: Number) -> None:
    """Remove a subscription with what it is owed."""
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.alerts import owning, subscriptions
    from service.cli.users import operator
    from service.settings import read_settings

    with assembly.database(read_settings()) as database, database.write() as connection:
        held = _found(connection, number)
        owning.owner_of(connection, held)
        subscriptions.remove(connection, number)
        detail = {"name": held.name, "query": held.query}
        now = datetime.now(UTC)
        accounts.note(connection, operator(), "subscription_removed", owning.subject(number), now, **detail)
    typer.echo(f"subscription {number} is removed")


def show_preview(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Of a subscription.")] = None,
    query: Annotated[str, typer.Option(help="Of a search instead.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what a search found in the last seven days."""
    from datetime import UTC, datetime

    from service import assembly
    from service.alerts.preview import TOO_BROAD, preview
    from service.settings import read_settings

    settings = read_settings()
    if number is not None:
        with assembly.database(settings) as database, database.read() as connection:
            query = _found(connection, number).query
    with assembly.index(settings) as index:
        week = preview(index, query.removeprefix("?"), datetime.now(UTC))
    first = [(hit.document.id, hit.document.title or hit.document.body[:80]) for hit in week.rows]
    if json_:
        fields = {"items": week.items, "cases": week.cases, "more": week.more, "broad": week.broad}
        typer.echo(json.dumps(fields | {"days": dict(week.days), "first": dict(first)}, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{'more than ' if week.more else ''}{week.cases} cases in {week.items} items of the last 7 days")
    if week.broad:
        typer.echo(f"too broad: more than {TOO_BROAD} cases a day")
    for day, count in week.days:
        typer.echo(f"{day}\t{count}")
    for id_, title in first:
        typer.echo(f"{id_[:12]}\t{title}")


def _turn(number: int, *, on: bool) -> None:
    from datetime import UTC, datetime

    from service import accounts, assembly
    from service.alerts import owning, subscriptions
    from service.cli.users import operator
    from service.settings import read_settings

    now = datetime.now(UTC)
    with assembly.database(read_settings()) as database, database.write() as connection:
        held = _found(connection, number)
        if on:
            subscriptions.resume(connection, number, now)
        else:
            subscriptions.pause(connection, number, now)
        action = "subscription_resumed" if on else "subscription_paused"
        accounts.note(connection, operator(), action, owning.subject(number), now, name=held.name)
    typer.echo(f"subscription {number} {'goes on' if on else 'is paused'}")


def _found(connection: sa.Connection, number: int) -> Subscription:
    from service.alerts import subscriptions
    from service.errors import SubscriptionRefused

    held = subscriptions.find(connection, number)
    if held is None:
        raise SubscriptionRefused("number", f"there is no subscription {number} (see `rasid subscriptions list`)")
    return held


def _fields(held: Subscription, owner: str) -> dict[str, Any]:
    from service.alerts import owning
    from service.desk.alert_form import shown_address

    kept = owning.as_kept(held, secrets=False)
    return {
        **{name: kept[name] for name in ("id", "name", "query", "tells", "cadence", "at", "weekday", "quiet")},
        "quiet_but_critical": kept["but_critical"],
        "language": held.language,
        "owner": owner,
        "recipients": [shown_address(one, whole=False) for one in held.recipients],
        "paused": held.paused.isoformat() if held.paused else None,
        "told": held.told.isoformat() if held.told else None,
        "fault": held.fault,
    }


def _line(fields: dict[str, Any]) -> str:
    state = "paused" if fields["paused"] else "fault" if fields["fault"] else "active"
    to = ",".join(fields["recipients"]) or "-"
    facts = (fields["id"], state, fields["owner"] or "alert_to", fields["cadence"], to, fields["query"] or "-")
    return "\t".join(str(fact) for fact in (*facts, fields["name"]))
