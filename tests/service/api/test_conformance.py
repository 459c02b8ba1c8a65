"""Schemathesis asks every operation for what its description allows, and for what it does not."""

from __future__ import annotations

from typing import Any

import schemathesis
from api_programs import program_in, token_of
from desk_rooms import Room
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

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
ADDRESS = "http://127.0.0.1"

asked = settings(
    max_examples=20,
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


def test_every_operation_answers_as_it_is_described(own_room: Room, newsroom: list[Document]) -> None:
    headers = {"Authorization": f"Bearer {token_of(own_room, 'chief')}"}
    program = program_in(own_room)("chief")
    described = program.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    schema.app = own_room.app
    document = next(document for document in newsroom if document.case)
    noted = program.post("/api/v1/cases/case-road/decisions", json={"kind": "note", "text": "x"}).json()
    known = {"item": document.id, "case": document.case, "correction": 1, "search": 1}
    of_event = {"case": "case-road", "event": noted["event"]}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in described["paths"].values())
    with get_client(own_room.app) as client:
        seen = {
            operation.label: ask(operation, client, headers, of_event if "{event}" in operation.path else known)
            for operation in operations
        }
    never = {label for label, statuses in seen.items() if not statuses & {200, 201, 204}}
    assert not never, seen
