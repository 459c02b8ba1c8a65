"""Scraped text is text, whatever it holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from desk_rooms import NOW, Room, room_over
from lxml import html

from service import accounts, triage
from service.database.cases import Dues

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastapi.testclient import TestClient

    from index import Document

    Over = Callable[[list[Document]], TestClient]

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</title></textarea></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "<a href='javascript:alert(1)'>اضغط</a>",
    "&lt;b&gt; &#x3c;i&#x3e;",
    "<iframe src='//evil.example'></iframe><base href='//evil.example/'>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "-->]]><![CDATA[<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '" onmouseover=alert(1) hx-get=//evil.example hx-trigger=load "',
    "<form action=//evil.example><input name=csrf><button>دخول</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "%3Cscript%3Ealert(1)%3C/script%3E ${7*7} #{7*7} <%= 7*7 %>",
    '=HYPERLINK("http://evil.example","اضغط")',
    "\r\nSet-Cookie: forged=1",
    "كلمة" * 30,
]


def _poisoned(document: Document, payload: str) -> Document:
    """Put the payload into everything that is scraped or read from scraped text."""
    text = f"{payload}\n{payload}"
    span = {"text": payload, "start": 0, "end": len(payload)}
    appeal = {
        "start": 0,
        "end": len(text),
        "appellants": [span],
        "addressees": [span],
        "needs": [payload],
        "urgency": "critical",
        "governorates": [payload],
        "facilities": [span],
        "summary": payload,
        "evidence": [{**span, "why": payload}],
    }
    place = {**span, "kind": payload, "name": payload, "governorate": payload, "score": 0.5}
    analysis = {
        **document.analysis,
        "places": [place],
        "facilities": [{**span, "type": payload, "governorate": None}],
        "appeals": [appeal],
    }
    return replace(
        document,
        title=payload,
        body=payload,
        url=f"https://a.example/{payload}",
        outlet=payload,
        outlet_name=payload,
        needs=(payload,),
        governorates=(payload,),
        primary=(payload,),
        facility_types=(payload,),
        case=payload,
        case_state=payload,
        group=payload,
        analysis=analysis,
    )


def _only_our_scripts(page: html.HtmlElement) -> bool:
    scripts = list(page.iter("script"))
    return bool(scripts) and all(
        script.get("src", "").startswith("/static/") and not (script.text or "").strip() for script in scripts
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_scraped_text_is_shown_and_never_run(payload: str, newsroom: list[Document], desk_over: Over) -> None:
    document = _poisoned(newsroom[0], payload)
    twin = replace(document, id="f" * 64, url="https://b.example/1")
    client = desk_over([document, twin])
    for path in (f"/item/{document.id}", "/", f"/?item={document.id}&lang=en"):
        page = html.fromstring(client.get(path).text)
        assert _only_our_scripts(page)
        assert not list(page.iter("img", "style", "iframe", "object", "embed", "base"))
        for element in page.iter():
            assert not [name for name in element.attrib if name.startswith("on") or name in {"style", "autofocus"}]
            assert not element.get("href", "").lower().startswith(("javascript:", "data:"))
        assert payload.strip() in page.text_content()


def test_markup_stays_text_on_every_page(newsroom: list[Document], tmp_path: Path) -> None:
    poisoned = [
        replace(_poisoned(newsroom[0], payload), id=f"{number:064x}", case=f"case-{number}", case_state="new")
        for number, payload in enumerate(PAYLOADS)
    ]
    urls = f"sqlite:///{tmp_path}/rasid.db", f"sqlite:///{tmp_path}/index.db"
    with room_over(poisoned, *urls) as room, room.client("chief") as client:
        token = html.fromstring(client.get("/").text).cssselect("[name=csrf]")[0].get("value")
        paths = ["/", "/cases?state=any", "/saved", "/overview", "/sources", "/alerts", "/alerts/messages"]
        paths += ["/audit", "/users", "/account"]
        for number, payload in enumerate(PAYLOADS):
            item, case = poisoned[number].id, f"case-{number}"
            _decide(room, case, payload)
            client.post("/saved", data={"csrf": token, "name": payload[:80], "query": urlencode({"q": payload})})
            paths += [f"/item/{item}", f"/?item={item}&lang=en", f"/item/{item}/versions"]
            paths += [f"/cases?state=any&case={case}", f"/cases/{case}", f"/cases/{case}/strip"]
            paths.append("/alerts/new?" + urlencode({"q": payload, "outlet": payload}))
            paths.append("/cases?" + urlencode({"q": payload, "assignee": payload, "need": payload}))
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert "set-cookie" not in answer.headers
            _assert_clean(html.fromstring(answer.text), path)


def _decide(room: Room, case: str, payload: str) -> None:
    """Put the payload into what people write."""
    with room.database.write() as connection:
        triage.set_state(
            connection,
            case,
            "referred",
            actor="editor",
            revision=1,
            now=NOW,
            dues=Dues(),
            referred_to=payload[:200],
            reason=payload[:200],
        )
        triage.add_note(connection, case, payload, actor="editor", now=NOW)
        accounts.note(connection, payload, "login", f"user:{payload}", NOW, why=payload)


def _assert_clean(page: html.HtmlElement, path: str) -> None:
    """Assert that nothing is there that our templates do not make."""
    for script in page.iter("script"):
        assert script.get("src", "").startswith("/static/"), path
        assert not (script.text or "").strip(), path
    assert not list(page.iter("img", "style", "iframe", "object", "embed", "base", "math", "mtext")), path
    for form in page.iter("form"):
        target = form.get("action") or "/"
        assert target.startswith("/"), path
        assert not target.startswith("//"), path
    for element in page.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in {"style", "http-equiv"}], path
        for name in ("href", "src", "hx-get", "hx-post"):
            value = element.get(name, "").strip().lower()
            assert not value.startswith(("javascript:", "data:", "//")), path


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "//evil.example"])
def test_only_web_addresses_become_links(url: str, newsroom: list[Document], desk_over: Over) -> None:
    client = desk_over([replace(newsroom[0], url=url)])
    page = html.fromstring(client.get(f"/item/{newsroom[0].id}").text)
    assert not page.cssselect("a.source")
    assert "عنوان المصدر غير صالح للفتح" in page.text_content()


def test_characters_that_reorder_text_are_not_shown(newsroom: list[Document], desk_over: Over) -> None:
    trick = "خبر \u202egpj.exe\u202c \u2066عاجل\u2069 \u202dabc"
    client = desk_over([_poisoned(newsroom[0], trick)])
    for path in ("/", f"/item/{newsroom[0].id}"):
        assert not set(client.get(path).text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_foreign_runs_stand_in_isolation(client: TestClient, newsroom: list[Document]) -> None:
    page = html.fromstring(client.get(f"/?item={newsroom[0].id}").text)
    for selector in (".row-title", ".number", "[data-facet=outlet] .choice-name", ".outlet"):
        assert {element.tag for element in page.cssselect(selector)} == {"bdi"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_the_address_is_shown_and_never_run(payload: str, client: TestClient) -> None:
    answer = client.get("/", params={"q": payload, "need": payload, "day": payload, "outlet": payload, "item": payload})
    page = html.fromstring(answer.text)
    assert answer.status_code == 200
    assert _only_our_scripts(page)
    assert page.cssselect("#q")[0].get("value") == payload.strip()
    assert not list(page.iter("img"))
