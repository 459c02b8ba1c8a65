"""Schemathesis asks every operation for what its description allows, and for what it does not."""

from __future__ import annotations

from typing import Any

import schemathesis
from api_programs import program_in, token_of
from desk_rooms import NOW, Room
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from index import Document
from service.database.tables import outbox

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
ADDRESS = "http://127.0.0.1"

NEVER_RIGHT = {"POST /api/v1/subscriptions", "PUT /api/v1/subscriptions/{subscription}"}
"""Their bodies hold addresses of recipients, which nobody hits upon by chance: only that they are refused is seen."""

asked = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def ask(
    operation: schemathesis.APIOperation, client: ASGIClient, headers: dict[str, str], known: dict[str, Any]
) -> set[int]:
    """Ask rightly for what is there, and wrongly for anything; return the statuses seen."""
    seen = set()
    names = {parameter.name for parameter in operation.path_parameters}
    fixed: dict[str, Any] = {"path_parameters": {name: known[name] for name in names}} if names else {}
    if any(parameter.name.lower() == "if-match" for parameter in operation.headers):
        fixed["headers"] = {"If-Match": "*"}
    right = operation.as_strategy(schemathesis.GenerationMode.POSITIVE, **fixed)
    for way in (right, operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)):

        @asked
        @given(case=way)
        def each(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(base_url=ADDRESS, session=client, headers=headers, checks=CHECKS)
            seen.add(answer.status_code)

        each()
    return seen


def prepare(room: Room, document: Document) -> dict[str, int]:
    """Let there be one of each thing that operations name by a number, and return the numbers."""
    client = program_in(room)("chief")

    def make(path: str, **given: Any) -> dict[str, Any]:
        answer = client.post(f"/api/v1/{path}", json=given)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    with room.database.write() as connection:
        mail = {"message_id": "<1@x>", "recipient": "a@b.example", "subject": "x", "message": b"", "state": "dead"}
        message = connection.execute(
            outbox.insert().values(**mail, due=NOW, created=NOW).returning(outbox.c.id)
        ).scalar_one()
    return {
        "correction": make(f"items/{document.id}/corrections", field="governorate", value=["IQ-NI"])["id"],
        "event": make("cases/case-road/decisions", kind="note", text="x")["event"],
        "message": message,
        "search": make("saved-searches", name="x")["id"],
        "subscription": make("subscriptions", name="x", query="", recipients=["a@b.example"])["id"],
    }


def test_every_operation_answers_as_it_is_described(own_room: Room, newsroom: list[Document]) -> None:
    headers = {"Authorization": f"Bearer {token_of(own_room, 'chief')}"}
    described = program_in(own_room)("chief").get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    schema.app = own_room.app
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in described["paths"].values())
    operations.sort(key=lambda operation: operation.method == "delete")  # what is there must be there for the others
    document = next(document for document in newsroom if document.case)
    known = {"item": document.id, "case": document.case} | prepare(own_room, document)
    of_event = known | {"case": "case-road"}
    with get_client(own_room.app) as client:
        seen = {
            operation.label: ask(operation, client, headers, of_event if "{event}" in operation.path else known)
            for operation in operations
        }
    never = {label for label, statuses in seen.items() if not statuses & {200, 201, 204}}
    assert never <= NEVER_RIGHT, seen
