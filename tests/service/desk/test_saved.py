from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from desk_rooms import NOW, Room
from lxml import html
from starlette.datastructures import QueryParams

from service.accounts import find_user
from service.database import searches
from service.database.tables import audit, saved_searches
from service.desk.address import Address
from service.desk.saved import COUNTED, stored

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

SCRIPT = {"hx-request": "true"}


def _csrf(client: TestClient) -> str:
    page = html.fromstring(client.get("/saved").text)
    return str(page.cssselect("form [name=csrf]")[0].get("value"))


def _post(client: TestClient, path: str, *, script: bool = False, **data: str) -> Any:
    answer = client.post(path, data=data | {"csrf": _csrf(client)}, headers=SCRIPT if script else {})
    assert answer.status_code in {200, 303, 409}, answer.text
    return answer


def _save(client: TestClient, name: str, query: str = "") -> int:
    assert _post(client, "/saved", name=name, query=query).status_code == 303
    row = _rows(client)[name]
    return int(row.get("id").removeprefix("saved-"))


def _rows(client: TestClient, path: str = "/saved") -> dict[str, html.HtmlElement]:
    page = html.fromstring(client.get(path).text)
    return {row.cssselect("h3")[0].text_content(): row for row in page.cssselect(".saved-row[id]")}


def _words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _buttons(row: html.HtmlElement) -> list[str]:
    return [_words(button) for button in row.cssselect("button")]


def test_a_saved_list_is_told_in_words_and_opens_as_it_was(own_room: Room) -> None:
    client = own_room.client()
    query = "?q=ماء&need=water&need=health&primary=IQ-BA&sort=urgency&item=abc&after=x&lang=en"
    _save(client, "ماء البصرة", query)
    row = _rows(client)["ماء البصرة"]
    told = [_words(pair) for pair in row.cssselect(".saved-told div")]
    assert told == [
        "كلمات البحث«ماء»",
        "الحاجةماء، صحة",
        "المحافظةالبصرة",
        "النوعمناشدة، شكوى",
        "الترتيبالأعجل أولاً",
    ]
    link = row.cssselect("h3 a")[0].get("href")
    assert Address.read(QueryParams(link.partition("?")[2])) == Address.read(
        QueryParams("q=ماء&need=water&need=health&primary=IQ-BA&sort=urgency")
    )
    shown = html.fromstring(client.get(link).text)
    assert _words(row.cssselect(".saved-total")[0]) == _words(shown.cssselect(".list-title .quiet")[0]) == "3 نتائج"
    assert "lang=en" in _rows(client, "/saved?lang=en")["ماء البصرة"].cssselect("h3 a")[0].get("href")


def test_the_head_of_the_list_saves_it_without_leaving(own_room: Room) -> None:
    client = own_room.client()
    page = html.fromstring(client.get("/?q=كهرباء&stance=any").text)
    (form,) = page.cssselect(".list-head form.saving")
    fields = {field.get("name"): field.get("value") for field in form.cssselect("input")}
    assert fields["name"] == "كهرباء"
    answer = client.post(form.get("hx-post"), data=fields, headers=SCRIPT)
    assert answer.status_code == 200
    assert "حُفظ باسم كهرباء" in _words(html.fromstring(answer.text))
    again = client.post(form.get("hx-post"), data=fields, headers=SCRIPT)
    assert again.status_code == 409
    assert "لديك بحث محفوظ بهذا الاسم" in _words(html.fromstring(again.text).cssselect(".fault")[0])
    assert _words(_rows(client)["كهرباء"].cssselect(".saved-told")[0]) == "كلمات البحث«كهرباء»النوعكل الأنواع"


def test_a_refused_name_can_be_mended_without_a_script(own_room: Room) -> None:
    client = own_room.client()
    _save(client, "بحث", "?q=ماء")
    for name, fault in (("بحث", "بهذا الاسم"), ("  \u202e ", "اكتب اسماً"), ("ط" * 81, "أطول من 80")):
        answer = _post(client, "/saved", name=name, query="?q=مدرسة")
        assert answer.status_code == 409
        page = html.fromstring(answer.text)
        assert fault in _words(page.cssselect(".fault")[0])
        assert page.cssselect(".saved-again input[name=query]")[0].get("value") == Address(text="مدرسة").query()


def test_a_search_is_renamed_and_its_name_stays_unique(own_room: Room) -> None:
    client = own_room.client()
    number, _ = _save(client, "الأول"), _save(client, "الثاني")
    renamed = _post(client, f"/saved/{number}/name", script=True, name="الثالث")
    assert _words(html.fromstring(renamed.text).cssselect("h3")[0]) == "الثالث"
    taken = _post(client, f"/saved/{number}/name", script=True, name="الثاني")
    assert taken.status_code == 409
    assert html.fromstring(taken.text).cssselect(".fault")
    assert _post(client, f"/saved/{number}/name", name="الثاني").status_code == 409
    assert set(_rows(client)) == {"الثاني", "الثالث"}
    assert _save(own_room.client("second"), "الثاني")


def test_what_is_shared_is_seen_by_all_and_changed_by_none_of_them(own_room: Room) -> None:
    owner, second, reader = own_room.client(), own_room.client("second"), own_room.client("reader")
    number = _save(owner, "ماء الجنوب", "?need=water")
    assert _rows(second) == _rows(reader) == {}
    _post(owner, f"/saved/{number}/share", shared="true")
    for other in (second, reader):
        row = _rows(other)["ماء الجنوب"]
        assert "من editor" in _words(row)
        assert _buttons(row) == []
        for action in ("name", "delete"):
            refused = other.post(f"/saved/{number}/{action}", data={"csrf": _csrf(other), "name": "x"})
            assert refused.status_code == 403
    _post(owner, f"/saved/{number}/share", shared="false")
    assert _rows(second) == {}
    assert second.get(f"/saved/{number}/total").status_code == 404


def test_a_reader_saves_but_does_not_share(own_room: Room) -> None:
    reader = own_room.client("reader")
    number = _save(reader, "لي")
    assert _buttons(_rows(reader)["لي"]) == ["احفظ", "احذف"]
    assert reader.post(f"/saved/{number}/share", data={"csrf": _csrf(reader), "shared": "true"}).status_code == 403


def test_an_administrator_takes_back_what_another_shared(own_room: Room) -> None:
    owner, chief = own_room.client(), own_room.client("chief")
    number = _save(owner, "قديم")
    _post(owner, f"/saved/{number}/share", shared="true")
    assert _buttons(_rows(chief)["قديم"]) == ["أوقف المشاركة", "احذف"]
    assert _post(chief, f"/saved/{number}/share", script=True, shared="false").text == ""
    assert _rows(chief) == {}
    assert "قديم" in _rows(owner)


def test_a_deleted_search_comes_back_as_it_was(own_room: Room) -> None:
    client, second = own_room.client(), own_room.client("second")
    number = _save(client, "مدارس", "?need=education")
    _post(client, f"/saved/{number}/share", shared="true")
    gone = html.fromstring(_post(client, f"/saved/{number}/delete", script=True).text)
    assert "حُذف مدارس" in _words(gone)
    assert _rows(client) == {}
    undo = gone.cssselect("form")[0].get("hx-post")
    assert second.post(undo, data={"csrf": _csrf(second)}).status_code == 404
    back = html.fromstring(_post(client, undo, script=True).text)
    assert back.get("id") == f"saved-{number}"
    assert "مشترك" in _words(back)
    assert _post(client, undo, script=True).status_code == 409
    with own_room.database.read() as connection:
        did = connection.scalars(sa.select(audit.c.action).where(audit.c.subject == f"search:{number}")).all()
    assert did == ["search_saved", "search_shared", "search_deleted", "search_restored"]


def test_deleting_and_undoing_work_without_a_script(own_room: Room) -> None:
    client = own_room.client()
    number = _save(client, "طرق", "?need=roads_transport")
    answer = _post(client, f"/saved/{number}/delete")
    assert answer.headers["location"] == f"/saved?deleted={number}"
    page = html.fromstring(client.get(answer.headers["location"]).text)
    undo = page.cssselect(".saved-gone form")[0].get("action")
    assert _post(client, undo).headers["location"] == "/saved"
    assert "طرق" in _rows(client)
    assert not html.fromstring(client.get(f"/saved?deleted={number}").text).cssselect(".saved-gone")
    for odd in ("x", "9" * 40, "-1", "٣"):
        assert client.get(f"/saved?deleted={odd}").status_code == 200


def test_only_the_first_totals_are_counted_with_the_page(own_room: Room) -> None:
    client = own_room.client()
    with own_room.database.write() as connection:
        user = find_user(connection, "editor")
        assert user is not None
        for place in range(COUNTED + 2):
            searches.add(connection, user.id, f"بحث {place:02}", "stance=any", NOW)
    rows = list(_rows(client).values())
    later = [row.cssselect(".saved-total")[0].get("hx-get") for row in rows]
    assert [link is None for link in later] == [True] * COUNTED + [False] * 2
    total = html.fromstring(client.get(later[-1]).text)
    assert _words(total) == _words(rows[0].cssselect(".saved-total")[0])


def test_nobody_saves_more_than_the_most(own_room: Room) -> None:
    with own_room.database.write() as connection:
        user = find_user(connection, "editor")
        assert user is not None
        rows = [{"owner": user.id, "name": str(n), "query": "", "created": NOW} for n in range(searches.MOST)]
        connection.execute(saved_searches.insert(), rows)
    answer = _post(own_room.client(), "/saved", script=True, name="زائد")
    assert answer.status_code == 409
    assert "مئة بحث" in answer.text


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_names_and_queries_are_text(own_room: Room, payload: str) -> None:
    client = own_room.client()
    _save(client, payload, f"?q={payload}&need={payload}")
    page = html.fromstring(client.get("/saved").text)
    assert page.cssselect(".saved-row h3")[0].text_content() == payload
    assert not page.cssselect(".saved-row script, .saved-row img")


def test_a_query_is_kept_without_what_is_not_of_the_list() -> None:
    address = Address.read(QueryParams("q=ماء&item=abc&after=xyz&lang=en&evil=1&need=water"))
    assert stored(address) == Address(text="ماء", filters={**address.filters}).query().removeprefix("?")
    assert stored(Address()) == ""


def test_a_search_that_is_not_there_is_said_so(own_room: Room) -> None:
    client = own_room.client()
    for number in ("1", str(2**63 - 1), str(2**63), "x"):
        assert client.get(f"/saved/{number}/total").status_code in {404, 422}
        assert client.post(f"/saved/{number}/delete", data={"csrf": _csrf(client)}).status_code in {404, 422}


def test_an_empty_page_says_how_to_begin(own_room: Room) -> None:
    assert "لا بحث محفوظاً بعد" in own_room.client().get("/saved").text
