"""Writes: bulk requests of bounded size, each Document only where its version is above the stored one."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch.helpers import streaming_bulk

from index.elasticsearch.documents import to_source
from index.elasticsearch.failing import blocked, reason_of
from index.errors import IndexBroken, IndexUnavailable
from index.protocol import Written
from index.refusal import encodable, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from elasticsearch import Elasticsearch

    from index.document import Document
    from index.elasticsearch.versions import Names

BATCH = 500
"""Documents a request, at most."""

BYTES = 8 * 1024 * 1024
"""Bytes a request, at most, unless one Document alone has more."""

AT_ONCE = 4
"""Requests under way at once: while the server works on some, the next is made ready."""

_RETRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 4, 0.5, 10.0
"""How often and after how many seconds what the server had no room for (429) is sent again."""

_ROUNDS = 10
_CONFLICT, _NOT_FOUND, _DENIED = 409, 404, 403
_BUSY = (429, 503)

Outcomes = list[tuple[bool, dict[str, Any]]]
"""What the server said of each action, in order."""


@dataclass(slots=True)
class _Tally:
    stored: int = 0
    stale: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def write(client: Elasticsearch, names: Names, documents: Iterable[Document]) -> Written:
    """Store Documents; see `Index.write`. Memory is bounded by the requests under way, however many there are."""
    tally = _Tally()
    for batch, outcomes in _sent(client, names, _batches(_accepted(documents, tally))):
        _settle(client, names, _heard(client, batch, outcomes, tally), tally)
    return Written(tally.stored, tally.stale, tally.refused)


def _sent(
    client: Elasticsearch, names: Names, batches: Iterable[list[Document]]
) -> Iterator[tuple[list[Document], Outcomes]]:
    """Send each batch, several at once, and yield it with what the server said, in order."""

    def send(batch: list[Document]) -> Outcomes:
        return list(_bulk(client, names, (_indexing(names, document) for document in batch)))

    waiting: deque[tuple[list[Document], Future[Outcomes]]] = deque()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rasid-bulk") as pool:
        for batch in batches:
            waiting.append((batch, pool.submit(send, batch)))
            # Some wait ready, so that no slow one leaves the server idle.
            if len(waiting) == 2 * AT_ONCE:
                first, told = waiting.popleft()
                yield first, told.result()
        for batch, told in waiting:
            yield batch, told.result()


def delete(client: Elasticsearch, names: Names, ids: Iterable[str]) -> int:
    """Remove Documents; see `Index.delete`."""
    actions = ({"_op_type": "delete", "_index": names.write, "_id": id_} for id_ in ids if id_ and encodable(id_))
    return sum(ok and outcome["delete"]["result"] == "deleted" for ok, outcome in _bulk(client, names, actions))


def _accepted(documents: Iterable[Document], tally: _Tally) -> Iterator[Document]:
    for document in documents:
        reason = refusal(document)
        if reason is None:
            yield document
        else:
            tally.refused[document.id] = reason


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield the Documents of one request after the other."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.title) + len(document.body)
        if len(batch) == BATCH or size >= BYTES // 2:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _indexing(names: Names, document: Document) -> dict[str, Any]:
    return {
        "_op_type": "index",
        "_index": names.write,
        "_id": document.id,
        "version": document.version,
        "version_type": "external",
        "_source": to_source(document),
    }


def _heard(client: Elasticsearch, documents: list[Document], outcomes: Outcomes, tally: _Tally) -> list[Document]:
    """Count what became of each Document and return those whose version the server did not take."""
    conflicting = []
    for document, (ok, outcome) in zip(documents, outcomes, strict=True):
        (item,) = outcome.values()
        if ok:
            tally.stored += 1
        elif item["status"] == _CONFLICT:
            conflicting.append(document)
        else:
            tally.refused[document.id] = _refused(client, item)
    return conflicting


def _settle(client: Elasticsearch, names: Names, conflicting: list[Document], tally: _Tally) -> None:
    """Store what only seems old.

    After a delete the server goes on counting from the deleted version for a while. Then the stored version decides,
    read together with the sequence number without whose change nothing is overwritten.
    """
    for _ in range(_ROUNDS):
        if not conflicting:
            return
        held = _held(client, names, conflicting)
        newer = []
        for document in conflicting:
            if document.id in held and held[document.id]["_source"]["version"] >= document.version:
                tally.stale += 1
            else:
                newer.append(document)
        # Of one id only the newest may be sent: the sequence number is used up by the first.
        newest = {document.id: document for document in sorted(newer, key=lambda document: document.version)}
        tally.stale += len(newer) - len(newest)
        sent = list(newest.values())
        replacing = (_replacing(names, document, held.get(document.id)) for document in sent)
        conflicting = _heard(client, sent, list(_bulk(client, names, replacing)), tally)
    if conflicting:
        raise IndexUnavailable(f"{len(conflicting)} Documents are being changed by others all the time: try again")


def _held(client: Elasticsearch, names: Names, documents: list[Document]) -> dict[str, Mapping[str, Any]]:
    ids = list({document.id for document in documents})
    answer = client.mget(index=names.write, ids=ids, source_includes=["version"])
    return {found["_id"]: found for found in answer["docs"] if found.get("found")}


def _replacing(names: Names, document: Document, held: Mapping[str, Any] | None) -> dict[str, Any]:
    action: dict[str, Any] = {"_index": names.write, "_id": document.id, "_source": to_source(document)}
    if held is None:
        return action | {"_op_type": "create"}
    return action | {
        "_op_type": "index", "if_seq_no": held["_seq_no"], "if_primary_term": held["_primary_term"]
    }  # fmt: skip


def _refused(client: Elasticsearch, item: Mapping[str, Any]) -> str:
    """Return why the server refuses one Document for good. Raises IndexUnavailable where it may take it later."""
    error = item.get("error", {})
    reason, status = reason_of(error), item["status"]
    address = client.transport.node_pool.all()[0].base_url
    if error.get("type") == "cluster_block_exception":
        raise blocked(address, reason)
    if status in _BUSY or status >= 500:
        raise IndexUnavailable(f"{address} has no room for writes now ({status}: {reason})")
    if status == _DENIED:
        raise IndexUnavailable(f"{address} denies writing ({reason}): check the login or API key and its role")
    if status == _NOT_FOUND:
        raise IndexBroken(f"{address} has lost the index ({reason}): run `rasid reindex`")
    return reason


def _bulk(
    client: Elasticsearch, names: Names, actions: Iterable[dict[str, Any]]
) -> Iterable[tuple[bool, dict[str, Any]]]:
    return streaming_bulk(
        client,
        actions,
        chunk_size=BATCH,
        max_chunk_bytes=BYTES,
        raise_on_error=False,
        max_retries=_RETRIES,
        initial_backoff=_FIRST_PAUSE,
        max_backoff=_LONGEST_PAUSE,
        require_alias=names.aliased,
    )
