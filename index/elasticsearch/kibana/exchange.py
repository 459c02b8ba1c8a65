"""Kibana's saved-objects API: bringing ours in, and getting what analysts made of them out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from index.address import without_login
from index.errors import KibanaFailed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SECONDS = 60.0
_SHOWN = 300
_TOO_OLD = 404


@dataclass(frozen=True, slots=True)
class Kibana:
    """Where Kibana is and how it is reached.

    `url` may carry user and password; `api_key` is an encoded one and wins over them; `ca` is a PEM file of the
    authority that signed its certificate; `space` is a space's id, "" for the default one.
    """

    url: str
    api_key: str = field(default="", repr=False)
    ca: Path | None = None
    space: str = ""

    @property
    def address(self) -> str:
        """The URL without user and password."""
        return without_login(self.url)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: (type, title) of each object that is new or was replaced, and of others why they failed."""

    created: tuple[tuple[str, str], ...]
    replaced: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, str, str], ...]


def install(kibana: Kibana, ndjson: str) -> Imported:
    """Import saved objects, replacing those with the same ids. Raises KibanaFailed where Kibana does not take them."""
    answer = _ask(
        kibana,
        "_import?overwrite=true",
        fields={"file": ("rasid.ndjson", ndjson.encode(), "application/ndjson")},
    )
    told = _json(kibana, answer)
    results = told.get("successResults", [])
    return Imported(
        tuple(_named(result) for result in results if not result.get("overwrite")),
        tuple(_named(result) for result in results if result.get("overwrite")),
        tuple((*_named(error), _why(error.get("error", {}))) for error in told.get("errors", [])),
    )


def export(kibana: Kibana, objects: Iterable[tuple[str, str]]) -> str:
    """Return the saved objects (type, id) with all that they refer to, one a line, as `install` takes them."""
    wanted = {
        "objects": [{"type": type_, "id": id_} for type_, id_ in objects],
        "includeReferencesDeep": True,
        "excludeExportDetails": True,
    }
    headers = {"Content-Type": "application/json"}
    answer = _ask(kibana, "_export", body=json.dumps(wanted).encode(), headers=headers)
    try:
        lines = [json.loads(line) for line in answer.data.decode().splitlines() if line.strip()]
    except (ValueError, UnicodeDecodeError) as error:
        raise KibanaFailed(f"{kibana.address} did not answer as Kibana does") from error
    # Without what changes at every save, and in one order, so that two exports can be compared.
    for saved in lines:
        for name in ("updated_at", "created_at", "updated_by", "created_by", "version", "managed", "namespaces"):
            saved.pop(name, None)
    lines.sort(key=lambda saved: (saved["type"], saved["id"]))
    return "".join(json.dumps(saved, ensure_ascii=False, sort_keys=True) + "\n" for saved in lines)


def _ask(kibana: Kibana, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> urllib3.BaseHTTPResponse:
    parts = urlsplit(kibana.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise KibanaFailed(f"the address of Kibana {kibana.address!r} is no http:// or https:// URL")
    if kibana.ca is not None and not kibana.ca.is_file():
        raise KibanaFailed(f"there is no file {kibana.ca}")
    sent = {"kbn-xsrf": "rasid", **(headers or {})}
    if kibana.api_key:
        sent["Authorization"] = f"ApiKey {kibana.api_key}"
    elif parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent |= urllib3.make_headers(basic_auth=login)
    space = f"/s/{quote(kibana.space, safe='')}" if kibana.space else ""
    url = f"{kibana.address.rstrip('/')}{space}/api/saved_objects/{path}"
    trust: dict[str, Any] = {"ca_certs": str(kibana.ca)} if kibana.ca is not None else {}
    with urllib3.PoolManager(timeout=_SECONDS, retries=False, **trust) as pool:
        try:
            answer = pool.request("POST", url, headers=sent, **body)
        except urllib3.exceptions.HTTPError as error:
            raise KibanaFailed(f"{kibana.address} cannot be reached: {str(error)[:_SHOWN]}") from error
    if answer.status != 200:
        raise KibanaFailed(f"{kibana.address} answered {answer.status}: {_reason(answer)}")
    return answer


def _json(kibana: Kibana, answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        told: dict[str, Any] = answer.json()
    except (ValueError, UnicodeDecodeError) as error:
        raise KibanaFailed(f"{kibana.address} did not answer as Kibana does") from error
    return told


def _reason(answer: urllib3.BaseHTTPResponse) -> str:
    advice = {401: "check the login or kibana_api_key", 403: "the login may not write saved objects"}
    if answer.status == _TOO_OLD:
        return "there is no Kibana at this address, or no such space"
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        message = "no reason given"
    known = advice.get(answer.status)
    return f"{' '.join(message.split())[:_SHOWN]}" + (f" ({known})" if known else "")


def _named(result: dict[str, Any]) -> tuple[str, str]:
    title = result.get("title") or result.get("meta", {}).get("title") or result.get("id", "")
    return str(result.get("type", "")), str(title)


def _why(error: dict[str, Any]) -> str:
    kind = str(error.get("type", "unknown"))
    if missing := error.get("references"):
        return f"{kind}: " + ", ".join("{type} {id}".format_map(reference) for reference in missing)
    return f"{kind}: {error['message']}" if error.get("message") else kind
