"""What the desk hands out as files."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from lxml import etree, html

from index import IndexUnavailable
from service.database.tables import audit
from service.desk.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_rooms import Room
    from fastapi.testclient import TestClient

    from index import Document, Page, Query

    Over = Callable[[list[Document]], TestClient]


def _table(client: TestClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def _lines(client: TestClient, path: str) -> list[dict[str, object]]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_an_export_has_all_that_the_list_has(room: Room, newsroom: list[Document]) -> None:
    client = room.client()
    rows = _table(client, "/export?format=csv")
    wanted = [document for document in newsroom if document.stance in {"appeal", "complaint"}]
    wanted.sort(key=lambda document: document.published, reverse=True)
    assert [row["المعرّف"] for row in rows] == [document.id for document in wanted]
    narrowed = _table(client, "/export?format=csv&need=water&primary=IQ-BA&after=zzz&item=zzz&lang=en")
    assert {row["Governorate"] for row in narrowed} == {"Basra"}
    assert len(narrowed) == 3
    assert len(_lines(client, "/export?format=jsonl&stance=any")) == len(newsroom)


def test_the_lists_head_offers_each_format(client: TestClient) -> None:
    page = html.fromstring(client.get("/?q=السيبة&need=water").text)
    links = [link.get("href") for link in page.cssselect("[data-facet=export] a")]
    assert [link.partition("format=")[2].partition("&")[0] for link in links] == ["xlsx", "csv", "jsonl"]
    assert len(_table(client, links[1])) == len(page.cssselect(".row")) == 3
    assert len(_lines(client, links[2])) == 3
    with zipfile.ZipFile(io.BytesIO(client.get(links[0]).content)) as workbook:
        sheet = etree.fromstring(workbook.read("xl/worksheets/sheet1.xml"))
    assert len(sheet.findall(".//{*}row")) == 4


@pytest.mark.parametrize("format_", ["csv", "xlsx", "jsonl"])
def test_a_file_is_named_after_the_day_and_kept_by_no_cache(client: TestClient, format_: str) -> None:
    headers = client.get(f"/export?format={format_}").headers
    plain, extended = headers["content-disposition"].removeprefix("attachment; ").split("; ")
    assert plain == f'filename="rasid-2026-07-14.{format_}"'
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == f"راصد-2026-07-14.{format_}"
    assert extended.isascii()
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_format_that_is_not_written_is_not_found(client: TestClient) -> None:
    assert client.get("/export").status_code == client.get("/export?format=exe").status_code == 404
    assert client.get("/cases/export?format=exe").status_code == 404


def test_a_reader_gets_private_data_masked_an_editor_everything(own_room: Room, newsroom: list[Document]) -> None:
    private = {"text": "زينب كاظم", "start": 0, "end": 9, "kind": "person"}
    told = newsroom[0]
    summary = {**told.analysis["appeals"][0], "summary": "زينب كاظم تطلب الماء، هاتفها 07701234567"}
    document = replace(
        told,
        version=2,
        title="زينب كاظم تناشد، هاتفها 07701234567",
        analysis={**told.analysis, "private": [private], "appeals": [summary]},
    )
    own_room.index.write([document])
    own_room.index.refresh()
    for format_ in ("csv", "xlsx", "jsonl"):
        seen = {}
        for name in ("reader", "editor"):
            content = own_room.client(name).get(f"/export?format={format_}").content
            if format_ == "xlsx":
                with zipfile.ZipFile(io.BytesIO(content)) as workbook:
                    content = workbook.read("xl/worksheets/sheet1.xml")
            seen[name] = content.decode()
        for secret in ("زينب كاظم", "0770123456"):
            assert secret in seen["editor"]
            assert secret not in seen["reader"]
    page = own_room.client("reader").get("/")
    assert "مخفية في ما يصدّره القارئ" in page.text


def test_who_took_out_what_is_in_the_audit_log(own_room: Room) -> None:
    own_room.client("reader").get("/export?format=csv&need=water")
    own_room.client().get("/cases/export?format=jsonl&state=any")
    with own_room.database.read() as connection:
        rows = connection.execute(sa.select(audit).where(audit.c.action == "exported").order_by(audit.c.id)).all()
    assert [(row.actor, row.subject) for row in rows] == [("reader", "documents"), ("editor", "cases")]
    assert rows[0].detail == {"format": "csv", "query": "?need=water", "count": 4, "masked": True}
    assert (rows[1].detail["query"], rows[1].detail["masked"]) == ("/cases?state=any", False)


def test_nobody_exports_without_a_login(room: Room) -> None:
    stranger = room.client(None)
    for path in ("/export?format=csv", "/cases/export?format=csv"):
        assert stranger.get(path).headers["location"].startswith("/login")


def test_an_index_that_does_not_answer_gives_a_page_and_no_broken_file(own_room: Room) -> None:
    class Gone:
        def __getattr__(self, name: str) -> object:
            return getattr(own_room.index, name)

        def search(self, query: Query) -> Page:
            return own_room.index.search(query)

        def scan(self, query: Query) -> Iterator[Document]:
            raise IndexUnavailable("gone")
            yield

    app = create_app(Gone(), own_room.database, outlets={})  # type: ignore[arg-type]  # an Index but for its failing
    client = replace(own_room, app=app).client()
    for format_ in ("csv", "xlsx", "jsonl"):
        answer = client.get(f"/export?format={format_}")
        assert answer.status_code == 503
        assert "الفهرس لا يجيب الآن" in answer.text


def test_no_connection_of_the_database_is_held_while_a_file_goes_out(own_room: Room) -> None:
    client = own_room.client()
    with client.stream("GET", "/export?format=csv") as answer:
        assert answer.status_code == 200
        assert own_room.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a QueuePool


def test_cases_go_out_as_they_are_listed(room: Room, newsroom: list[Document]) -> None:
    client = room.client()
    rows = _table(client, "/cases/export?format=csv&state=any")
    assert {row["المعرّف"] for row in rows} == {document.case for document in newsroom if document.case}
    siba = next(row for row in rows if row["المعرّف"] == "case-siba")
    assert (siba["حالة القضية"], siba["المحافظات"], siba["المنافذ"]) == (
        "جديدة",
        "البصرة",
        "نبض الجنوب، بريد الرافدين، شط العرب اليوم",
    )
    assert siba["آخر ظهور"] == "2026-07-14 12:18:00"
    narrowed = _lines(client, "/cases/export?format=jsonl&governorate=IQ-BA")
    assert all("IQ-BA" in case["governorates"] for case in narrowed)  # type: ignore[operator]
    assert len(narrowed) < len(rows)
    with zipfile.ZipFile(io.BytesIO(client.get("/cases/export?format=xlsx").content)) as workbook:
        assert workbook.testzip() is None


def test_many_cases_are_read_page_by_page_each_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    client = room.client()
    whole = _lines(client, "/cases/export?format=jsonl&state=any")
    monkeypatch.setattr("service.desk.case_exporting._PAGE", 3)
    assert _lines(client, "/cases/export?format=jsonl&state=any") == whole
