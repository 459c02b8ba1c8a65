"""Importing and exporting, against a server that checks requests as Kibana does."""

from __future__ import annotations

import json
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from index import RasidIndexError
from index.elasticsearch.kibana.building import ndjson, saved_objects
from index.elasticsearch.kibana.exchange import Kibana, export, install
from index.errors import KibanaFailed

OBJECTS = ndjson(saved_objects("rasid-items", {}))


class Server:
    """Answers as told, and keeps what it was asked, checked as Kibana checks it."""

    def __init__(self):
        self.answer = (200, "application/json", b"{}")
        self.asked = []
        self.faults = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(server):  # noqa: N805 - `self` is the handler's, within
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.asked.append((self.path, dict(self.headers), body))
                if "kbn-xsrf" not in self.headers:
                    server.faults.append("Request must contain a kbn-xsrf header.")
                status, kind, answer = server.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Say nothing."""

        return Handler


@pytest.fixture
def kibana():
    server = Server()
    yield server
    server.close()


def _form(headers, body):
    """Return the parts of a multipart form: (name, filename, content)."""
    message = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    assert message.get_content_type() == "multipart/form-data"
    return [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
        for part in message.get_payload()
    ]


def _imported(**told):
    return 200, "application/json", json.dumps({"success": True, "successCount": 0, **told}).encode()


def test_the_import_is_asked_for_as_kibana_wants_it(kibana):
    kibana.answer = _imported(
        successResults=[
            {"type": "index-pattern", "id": "rasid-items", "meta": {"title": "rasid-items"}, "overwrite": True},
            {"type": "dashboard", "id": "rasid-appeals", "meta": {"title": "راصد: المناشدات"}},
        ]
    )
    done = install(Kibana(kibana.url, api_key="c2VzYW1l", space="غرفة"), OBJECTS)
    ((path, headers, body),) = kibana.asked
    assert path == "/s/%D8%BA%D8%B1%D9%81%D8%A9/api/saved_objects/_import?overwrite=true"
    assert headers["Authorization"] == "ApiKey c2VzYW1l"
    ((name, filename, content),) = _form(headers, body)
    assert (name, filename) == ("file", "rasid.ndjson")
    assert content.decode() == OBJECTS
    assert all(json.loads(line)["type"] for line in content.splitlines())
    assert kibana.faults == []
    assert done.created == (("dashboard", "راصد: المناشدات"),)
    assert done.replaced == (("index-pattern", "rasid-items"),)


def test_a_login_in_the_url_is_sent_and_never_told(kibana):
    kibana.answer = (401, "application/json", b'{"statusCode":401,"message":"Unauthorized"}')
    address = kibana.url.replace("http://", "http://elastic:sesame@")
    with pytest.raises(KibanaFailed, match=r"401: Unauthorized .*check the login") as caught:
        install(Kibana(address), OBJECTS)
    assert "sesame" not in str(caught.value)
    assert kibana.asked[0][1]["authorization"].startswith("Basic ")


def test_what_kibana_does_not_take_is_told_object_by_object(kibana):
    kibana.answer = _imported(
        success=False,
        errors=[
            {
                "type": "dashboard",
                "id": "a",
                "title": "لوحة",
                "error": {"type": "missing_references", "references": [{"type": "index-pattern", "id": "gone"}]},
            },
            {"type": "search", "id": "b", "meta": {"title": "بحث"}, "error": {"type": "conflict"}},
        ],
    )
    assert install(Kibana(kibana.url), OBJECTS).failed == (
        ("dashboard", "لوحة", "missing_references: index-pattern gone"),
        ("search", "بحث", "conflict"),
    )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, "text/html", b"<h1>nginx</h1>"), "no Kibana at this address"),
        ((403, "application/json", b'{"message":"Forbidden"}'), "may not write"),
        ((503, "text/plain", b"Kibana server is not ready yet"), "503"),
        ((200, "text/html", b"<html>login</html>"), "did not answer as Kibana does"),
        ((500, "application/json", b"\xff\xfe"), "500"),
    ],
)
def test_other_answers_are_clear_errors(kibana, answer, told):
    kibana.answer = answer
    with pytest.raises(KibanaFailed, match=told):
        install(Kibana(kibana.url), OBJECTS)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "kibana:5601", "ftp://host", "http://"])
def test_an_address_where_nobody_is_is_told(url):
    with pytest.raises(RasidIndexError, match=r"cannot be reached|no http"):
        install(Kibana(url), OBJECTS)


def test_an_export_is_sorted_and_without_what_every_save_changes(kibana):
    lines = [
        {"type": "search", "id": "b", "version": "WzFd", "updated_at": "2026-01-01", "attributes": {"title": "ب"}},
        {"type": "dashboard", "id": "a", "managed": False, "attributes": {"title": "أ"}},
    ]
    kibana.answer = (200, "application/ndjson", "\n".join(map(json.dumps, lines)).encode())
    text = export(Kibana(kibana.url), [("dashboard", "a"), ("search", "b")])
    assert [json.loads(line) for line in text.splitlines()] == [
        {"type": "dashboard", "id": "a", "attributes": {"title": "أ"}},
        {"type": "search", "id": "b", "attributes": {"title": "ب"}},
    ]
    path, headers, body = kibana.asked[0]
    assert path == "/api/saved_objects/_export"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["includeReferencesDeep"] is True
    kibana.answer = _imported()
    install(Kibana(kibana.url), text)
