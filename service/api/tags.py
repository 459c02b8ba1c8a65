"""Entity tags: what a program saw, so that what it decides on it overwrites nothing newer (RFC 9110, 8.8.3, 13.1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Header
from fastapi.responses import Response

from service.api.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"')
_DIGITS = 12

IfMatch = Annotated[str | None, Header(description="The ETag of what was seen.")]
IfNoneMatch = Annotated[str | None, Header(description="The ETag of what is held already.")]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an If-Match or If-None-Match names: the values of strong tags, or anything at all for "*"."""

    values: tuple[str, ...]
    anything: bool = False

    @classmethod
    def read(cls, header: str | None, *, weak: bool = False) -> Seen:
        """Return what a header names; weak tags only where they count."""
        text = (header or "").strip()
        found = _TAG.finditer(text)
        return cls(tuple(tag["value"] for tag in found if weak or not tag["weak"]), anything=text == "*")

    def holds(self, value: str) -> bool:
        """Tell whether the value is among them."""
        return self.anything or value in self.values

    def revisions(self) -> set[int]:
        """Return the revisions that the tags begin with."""
        heads = (value.partition("-")[0] for value in self.values)
        return {int(head) for head in heads if head.isascii() and head.isdigit() and len(head) < 19}


def value_of(body: bytes, revision: int | None = None) -> str:
    """Return the tag's value for a body: its digest, after the revision where it has one."""
    digest = hashlib.sha256(body).hexdigest()[:_DIGITS]
    return digest if revision is None else f"{revision}-{digest}"


def refuse_unless_seen(if_match: str | None, model: BaseModel, what: str) -> None:
    """Raise Problem 412 where an If-Match is given that does not name `model` as it is; `what` says what it is."""
    value = value_of(model.model_dump_json().encode())
    if if_match is not None and not Seen.read(if_match).holds(value):
        raise Problem(412, f"The {what} was changed meanwhile.", kind="conflict")


def tagged(
    model: BaseModel,
    *,
    revision: int | None = None,
    held: str | None = None,
    status: int = 200,
    location: str = "",
) -> Response:
    """Return the answer with its ETag; 304 without a body where it is `held` (an If-None-Match) already."""
    body = model.model_dump_json().encode()
    value = value_of(body, revision)
    headers = {"ETag": f'"{value}"'} | ({"Location": location} if location else {})
    if Seen.read(held, weak=True).holds(value):
        return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, media_type="application/json", headers=headers)
