"""The description of the API: as OpenAPI for programs, as a page for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from service.api.answers import ALWAYS
from service.api.problems import KINDS, PREFIX
from service.api.shapes import ProblemDetails
from service.desk.access import allow, allowed, cookie_name
from service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.desk.parts import Desk

TITLE = "Rasid"
VERSION = "1"
SUMMARY = "Public appeals in the Arabic news of Iraq: items, cases and what people decide on them."

_METHODS = ("get", "post", "put", "patch", "delete")
_SAFE = frozenset({"get"})

_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter, with where it stands, or a field of the body."""

    name: str
    meaning: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page tells of it."""

    method: str
    path: str
    summary: str
    role: Role
    parameters: tuple[Value, ...]
    bodies: tuple[tuple[Value, ...], ...]  # the fields of each kind of body that it takes
    statuses: tuple[str, ...]


class Description:
    """Describes the operations of a router; made once, when it is first asked for."""

    def __init__(self, router: APIRouter, desk: Desk) -> None:
        self._router = router
        self._base = desk.pages.links.base
        self._cookie = cookie_name(secure=desk.secure)

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """Return the description by OpenAPI 3.1."""
        made = get_openapi(
            title=TITLE,
            version=VERSION,
            description=SUMMARY,
            routes=self._router.routes,
            servers=[{"url": self._base or "/"}],
            separate_input_output_schemas=False,
        )
        components = made.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        problem = ProblemDetails.model_json_schema(ref_template=_REFERENCE)
        schemas |= problem.pop("$defs", {})
        schemas["ProblemDetails"] = problem
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
            "session": {"type": "apiKey", "in": "cookie", "name": self._cookie, "description": "A browser's."},
            "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Of that session."},
        }
        roles = self._roles()
        for path, method, operation in _operations(made):
            _finish(operation, method, roles[path, method])
        return made

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Return what the page lists, in the order of the description."""
        roles = self._roles()
        schemas = self.openapi["components"]["schemas"]
        return tuple(
            Operation(
                method=method.upper(),
                path=path,
                summary=operation.get("description", operation["summary"]),
                role=roles[path, method],
                parameters=tuple(
                    Value(given["name"], given.get("description") or _kind(given["schema"], schemas), given["in"])
                    for given in operation.get("parameters", ())
                ),
                bodies=tuple(_bodies(operation, schemas)),
                statuses=tuple(operation["responses"]),
            )
            for path, method, operation in _operations(self.openapi)
        )

    def _roles(self) -> dict[tuple[str, str], Role]:
        found: dict[tuple[str, str], Role] = {}
        for route in self._router.routes:
            mark = allowed(getattr(route, "endpoint", None))
            for method in getattr(route, "methods", ()):
                found[getattr(route, "path", ""), method.lower()] = (mark and mark[0]) or Role.READER
        return found


def add(router: APIRouter, desk: Desk, described: Description) -> None:
    """Add the description itself and the page; neither is described."""

    @router.get("/openapi.json", include_in_schema=False)
    @allow(Role.READER)
    def describe() -> JSONResponse:
        return JSONResponse(described.openapi)

    @router.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    @allow(Role.READER)
    def show_docs(request: Request) -> HTMLResponse:
        return desk.draw(
            request,
            "api.html",
            operations=described.operations,
            kinds=KINDS,
            description_link=f"{desk.pages.links.base}{PREFIX}/openapi.json",
        )


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _finish(operation: dict[str, Any], method: str, role: Role) -> None:
    """Add what holds for every operation, and take away the answer that FastAPI would give by itself."""
    responses = operation["responses"]
    content = responses.get("422", {}).get("content", {})
    if "application/json" in content:
        del responses["422"]
    for status, told in ALWAYS.items():
        responses.setdefault(str(status), told)
    operation["responses"] = dict(sorted(responses.items()))
    session: dict[str, list[str]] = {"session": []} if method in _SAFE else {"session": [], "csrf": []}
    operation["security"] = [{"token": []}, session]
    operation["x-role"] = role.value


def _bodies(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[tuple[Value, ...]]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for model in () if body is None else body.get("oneOf") or [body]:
        fields = schemas.get(_name(model), model).get("properties", {})
        yield tuple(Value(name, held.get("description") or _kind(held, schemas)) for name, held in fields.items())


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return in a few words what a value is."""
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if name := _name(schema):
        return _kind(schemas[name], schemas) if "enum" in schemas[name] else name
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(_kind(option, schemas) for option in options)
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}), schemas)} …"
    return str(schema.get("format") or schema.get("type", ""))
