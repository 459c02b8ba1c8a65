"""The physical indexes behind the aliases: made, swapped at once, kept until told.

`PREFIX-items` is read and `PREFIX-items-write` is written; behind both stands `PREFIX-items-vSCHEMA`, or, once it was
made anew, `PREFIX-items-vSCHEMA-2` and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import elasticsearch

from index.elasticsearch.schema import SCHEMA, mapping, settings
from index.errors import IndexBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elasticsearch import Elasticsearch

_EXISTS = "resource_already_exists_exception"


@dataclass(frozen=True, slots=True)
class Names:
    """What one Rasid reads and writes on a server: two aliases, or (not `aliased`) one physical index."""

    read: str
    write: str
    aliased: bool = True

    @classmethod
    def of(cls, prefix: str) -> Names:
        """Return the names that begin with `prefix`."""
        return cls(f"{prefix}-items", f"{prefix}-items-write")


def prepare(client: Elasticsearch, names: Names, replicas: int | None) -> None:
    """Make the first physical index and its aliases where there are none.

    Raises IndexBroken where what stands behind them was made by another version of Rasid.
    """
    behind = current(client, names)
    if not behind:
        first = f"{names.read}-v{SCHEMA}"
        made = _make(client, first, replicas)
        if not current(client, names):
            _point(client, names, first, ())
        if made:
            client.cluster.health(index=first, wait_for_status="yellow", timeout="10s")
        return
    for index, told in client.indices.get_mapping(index=names.read).items():
        schema = told["mappings"].get("_meta", {}).get("schema")
        if schema != SCHEMA:
            raise IndexBroken(f"{index} has schema {schema}, this program needs {SCHEMA}: run `rasid reindex`")


def current(client: Elasticsearch, names: Names) -> tuple[str, ...]:
    """Return the physical indexes behind the read alias."""
    try:
        return tuple(sorted(client.indices.get_alias(name=names.read)))
    except elasticsearch.NotFoundError:
        return ()


def make_next(client: Elasticsearch, names: Names, replicas: int | None) -> str:
    """Make an empty physical index under the next free name and return the name."""
    base = f"{names.read}-v{SCHEMA}"
    taken = _physical(client, names)
    numbered = (re.fullmatch(rf"{re.escape(base)}(?:-(\d+))?", name) for name in taken)
    number = max((int(found[1] or 1) for found in numbered if found), default=0)
    while True:
        number += 1
        name = base if number == 1 else f"{base}-{number}"
        if _make(client, name, replicas):
            client.cluster.health(index=name, wait_for_status="yellow", timeout="10s")
            return name


def swap(client: Elasticsearch, names: Names, new: str) -> tuple[str, ...]:
    """Let both aliases lead to `new` from one moment to the next, and return what they led to before."""
    before = current(client, names)
    _point(client, names, new, before)
    return before


def old(client: Elasticsearch, names: Names) -> tuple[str, ...]:
    """Return the physical indexes to which no alias leads any more."""
    return tuple(sorted(set(_physical(client, names)) - set(current(client, names))))


def drop(client: Elasticsearch, indexes: tuple[str, ...]) -> None:
    """Delete physical indexes for good."""
    for index in indexes:
        client.options(ignore_status=404).indices.delete(index=index)


def _physical(client: Elasticsearch, names: Names) -> Mapping[str, object]:
    found: Mapping[str, object] = client.indices.get(index=f"{names.read}-v*", expand_wildcards="all").body
    return found


def _make(client: Elasticsearch, name: str, replicas: int | None) -> bool:
    """Make a physical index and say whether it was this call that made it."""
    try:
        client.indices.create(index=name, settings=settings(replicas=replicas), mappings=mapping())
    except elasticsearch.BadRequestError as error:
        if error.error != _EXISTS:
            raise
        return False
    return True


def _point(client: Elasticsearch, names: Names, new: str, before: tuple[str, ...]) -> None:
    actions: list[dict[str, object]] = [
        {"remove": {"index": index, "alias": alias, "must_exist": False}}
        for index in before
        for alias in (names.read, names.write)
        if index != new
    ]
    actions.append({"add": {"index": new, "alias": names.read}})
    actions.append({"add": {"index": new, "alias": names.write, "is_write_index": True}})
    client.indices.update_aliases(actions=actions)
