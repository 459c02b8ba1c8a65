"""`rasid cases`: the cases and what people decide on them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failing import command

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from service.database.case_reading import CaseEvent, CaseRow
    from service.database.cases import Dues
    from service.triage import Decision


def add(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(
        help="The cases, and what people decide on them. Decisions are taken --as a user, and stand in the audit log.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(command(list_cases))
    group.command("show")(command(show))
    group.command("state")(command(state))
    group.command("assign")(command(assign))
    group.command("note")(command(note))
    group.command("due")(command(due))
    group.command("merge")(command(merge))
    group.command("split")(command(split))
    group.command("undo")(command(undo))
    app.add_typer(group, name="cases")


CaseId = Annotated[str, typer.Argument(metavar="CASE", help="As case-0123456789ab.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="The user who decides: an editor or administrator.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the case's history.")]


def list_cases(
    state: Annotated[
        list[str] | None, typer.Option(help="As verified; may be repeated. Without it those that wait.")
    ] = None,
    governorate: Annotated[list[str] | None, typer.Option(help="As IQ-BA; may be repeated.")] = None,
    need: Annotated[list[str] | None, typer.Option(help="As water; may be repeated.")] = None,
    urgency: Annotated[list[str] | None, typer.Option(help="critical, high or normal; may be repeated.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that should have been answered.")] = False,
    assignee: Annotated[
        list[str] | None, typer.Option(help='Name of a user, or "" for nobody; may be repeated.')
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One case a line, as JSON.")] = False,
) -> None:
    """List the cases, overdue ones first, then what is due soonest."""
    from dataclasses import replace
    from datetime import UTC

    from service import assembly
    from service.accounts import fold_name
    from service.database import case_reading
    from service.database.case_query import CaseQuery
    from service.database.cases import OPEN_STATES, URGENCIES
    from service.settings import read_settings
    from service.triage import STATES

    query = CaseQuery(
        states=_known(state, STATES, "--state") or OPEN_STATES,
        governorates=tuple(governorate or ()),
        needs=tuple(need or ()),
        urgencies=_known(urgency, URGENCIES, "--urgency"),
        assignees=tuple(fold_name(name) for name in assignee or ()),
        due="overdue" if overdue else "",
        size=500,
    )
    now = datetime.now(UTC)
    with assembly.database(read_settings()) as database, database.read() as connection:
        while True:
            page = case_reading.listed(connection, query, now, counted=False)
            for row in page.rows:
                typer.echo(json.dumps(_fields(row, now), ensure_ascii=False) if json_ else _line(row, now))
            if not page.next:
                return
            query = replace(query, after=page.next)


def show(case: CaseId, json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show a case with its items and its history; the number before a decision is what `rasid cases undo` takes."""
    from dataclasses import asdict
    from datetime import UTC

    from service import assembly
    from service.database import case_reading
    from service.errors import DecisionRefused
    from service.settings import read_settings

    now = datetime.now(UTC)
    with assembly.database(read_settings()) as database, database.read() as connection:
        row = case_reading.find(connection, case)
        if row is None:
            raise DecisionRefused("no_case", f"there is no case {case}")
        told = case_reading.told(connection, case)
        events = case_reading.events(connection, case)
    if json_:
        items = [
            {"id": one.id, "title": one.title, "outlet": one.outlet, "stance": one.stance, "fetched": one.fetched}
            for one in told
        ]
        fields = _fields(row, now) | {"items": items, "events": [asdict(event) for event in events]}
        typer.echo(json.dumps(fields, ensure_ascii=False, indent=1, default=str))
        return
    for name, value in _fields(row, now).items():
        if value not in (None, "", [], False):
            typer.echo(f"{name:14} {', '.join(value) if isinstance(value, list) else value}")
    for one in told:
        typer.echo(f"item           {one.id}\t{one.outlet}\t{one.title or one.opening}")
    for event in events:
        typer.echo(_event_line(event))


def state(
    case: CaseId,
    to: Annotated[str, typer.Argument(metavar="STATE", help="new, verified, referred, answered, resolved, rejected.")],
    as_: As,
    referred_to: Annotated[str, typer.Option(help="To whom, where it is referred.")] = "",
    reason: Reason = "",
) -> None:
    """Give a case another state."""
    from service import triage

    _decide(
        as_,
        case,
        lambda connection, dues, taken: triage.set_state(
            connection, case, to, dues=dues, referred_to=referred_to, reason=reason, **taken
        ),
    )


def assign(
    case: CaseId,
    as_: As,
    name: Annotated[str, typer.Argument(metavar="[USER]", help="Who takes care of it; nobody without it.")] = "",
) -> None:
    """Give a case to a user, or take it away from who has it."""
    from service import triage

    _decide(as_, case, lambda connection, _dues, taken: triage.assign(connection, case, name, **taken))


def note(case: CaseId, text: Annotated[str, typer.Argument(help="What to write.")], as_: As) -> None:
    """Write a note into a case's history."""
    from service import triage

    def take(connection: sa.Connection, _dues: Dues, taken: dict[str, Any]) -> Decision:
        return triage.add_note(connection, case, text, actor=taken["actor"], now=taken["now"])

    _decide(as_, case, take)


def due(
    case: CaseId,
    as_: As,
    at: Annotated[
        datetime | None,
        typer.Argument(
            metavar="[TIME]",
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            help='In Baghdad, as "2026-11-30 12:00"; without it what the urgency says.',
        ),
    ] = None,
) -> None:
    """Say until when a case must be answered."""
    from service import triage
    from service.labels import BAGHDAD

    until = None if at is None else at.replace(tzinfo=BAGHDAD)
    _decide(as_, case, lambda connection, dues, taken: triage.set_due(connection, case, until, dues=dues, **taken))


def merge(
    case: CaseId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The case that takes it over.")],
    as_: As,
    reason: Reason = "",
) -> None:
    """Let another case take over all that tells this one."""
    from service import triage

    _decide(
        as_,
        case,
        lambda connection, dues, taken: triage.merge(connection, case, into, dues=dues, reason=reason, **taken),
    )


def split(
    case: CaseId,
    items: Annotated[list[str], typer.Argument(metavar="ITEM...", help="Ids of items of the case, or how they begin.")],
    as_: As,
    reason: Reason = "",
) -> None:
    """Make a case of its own of some items of a case."""
    from service import triage
    from service.decisions import told_by

    def take(connection: sa.Connection, dues: Dues, taken: dict[str, Any]) -> Decision:
        told = told_by(connection, case)
        chosen = [id_ for item in items for id_ in _beginning(told, item)]
        return triage.split(connection, case, chosen, dues=dues, reason=reason, **taken)

    _decide(as_, case, take)


def undo(
    event: Annotated[int, typer.Argument(metavar="DECISION", help="Its number, as `rasid cases show` has it.")],
    as_: As,
) -> None:
    """Take a decision back, at any time."""
    from service import triage

    def take(connection: sa.Connection, dues: Dues, taken: dict[str, Any]) -> Decision:
        return triage.undo(connection, event, actor=taken["actor"], now=taken["now"], dues=dues)

    _decide(as_, "", take)


def _decide(name: str, case: str, take: Callable[[sa.Connection, Dues, dict[str, Any]], Decision]) -> None:
    """Have a user decide on a case as it is now, and print what it came to."""
    from datetime import UTC

    from service import assembly
    from service.database import case_reading
    from service.settings import read_settings

    settings = read_settings()
    with assembly.database(settings) as database, database.write() as connection:
        held = case_reading.find(connection, case)
        taken = {
            "actor": _actor(connection, name),
            "revision": 0 if held is None else held.revision,
            "now": datetime.now(UTC),
        }
        decision = take(connection, assembly.dues(settings), taken)
        row = case_reading.find(connection, decision.case)
    typer.echo(f"{decision.case}: {row.state if row else ''}, decision {decision.event}")


def _actor(connection: sa.Connection, name: str) -> str:
    from service import accounts
    from service.errors import AccountRefused
    from service.roles import Role

    user = accounts.find_user(connection, name)
    if user is None or user.disabled or not user.role.may(Role.EDITOR):
        raise AccountRefused("no_user", f"--as {name}: there is no such user who may decide (see `rasid users list`)")
    return user.name


def _beginning(told: list[str], item: str) -> list[str]:
    return [id_ for id_ in told if id_.startswith(item)] if item else []


def _known(given: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    for value in given or ():
        if value not in known:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}", param_hint=option)
    return tuple(given or ())


def _fields(row: CaseRow, now: datetime) -> dict[str, Any]:
    from dataclasses import asdict

    fields = {name: _plain(value) for name, value in asdict(row).items() if name != "urgency_rank"}
    return fields | {"overdue": row.late(now)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _line(row: CaseRow, now: datetime) -> str:
    from service.labels import BAGHDAD

    until = f"{row.due.astimezone(BAGHDAD):%Y-%m-%d %H:%M}" if row.due and row.waits else "-"
    facts = (
        *(row.id, row.state, row.urgency or "-", f"{until}{' overdue' if row.late(now) else ''}"),
        *(",".join(row.governorates) or "-", ",".join(row.needs) or "-", row.assignee or "-", row.title),
    )
    return "\t".join(facts)


def _event_line(event: CaseEvent) -> str:
    from service.labels import BAGHDAD

    after = (event.detail or {}).get("after") or {}
    told = [f"{name}={value}" for name, value in after.items() if value]
    told += [str((event.detail or {}).get("other") or ""), event.reason, "(taken back)" if event.undone else ""]
    when = f"{event.at.astimezone(BAGHDAD):%Y-%m-%d %H:%M}"
    return f"{event.id:<14} {when}\t{event.actor}\t{event.kind}\t{' '.join(filter(None, told))}"
