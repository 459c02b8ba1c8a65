"""Page cursors: a position bound to the query that it was given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING

from index.errors import BadQuery
from index.moments import to_micros

if TYPE_CHECKING:
    from index.protocol import Query

_DIGEST = 6
"""Bytes that tell queries apart. They guard against mistakes, not against forgery: a cursor opens nothing that the
query itself would not."""

_LONGEST = 100_000
"""Characters of the longest cursor that an index gives. Under 200 are usual, some thousand after a thousand hits by
relevance, and only thousands of hits with one and the same score make it longer."""


def seal(query: Query, position: bytes) -> str:
    """Return a cursor for `Page.next`, safe in a URL; `position` means something to the index alone."""
    return base64.urlsafe_b64encode(_digest(query) + position).decode().rstrip("=")


def unseal(query: Query) -> bytes | None:
    """Return the position that `query.after` holds, None on the first page. Raises BadQuery for any other string."""
    if not query.after:
        return None
    if len(query.after) > _LONGEST:
        raise BadQuery(f"no page gave a cursor of {len(query.after)} characters: ask again from the first page")
    try:
        sealed = base64.b64decode(query.after + "=" * (-len(query.after) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadQuery(f"no page gave the cursor {query.after[:40]!r}: ask again from the first page") from error
    if sealed[:_DIGEST] != _digest(query):
        raise BadQuery(f"the cursor {query.after[:40]!r} belongs to another query: ask again from the first page")
    return sealed[_DIGEST:]


def _digest(query: Query) -> bytes:
    asked = (
        query.text,
        sorted((name.value, sorted(values)) for name, values in query.filters.items() if values),
        query.since and to_micros(query.since),
        query.until and to_micros(query.until),
        query.sort.value,
    )
    return hashlib.blake2b(json.dumps(asked).encode(), digest_size=_DIGEST).digest()
