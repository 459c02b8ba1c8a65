from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from desk_rooms import NOW, Room
from fastapi.testclient import TestClient
from lxml import html

from index import Document
from service.database import cases as sums
from service.database.tables import analyses, articles, audit, case_events, cases
from service.desk.case_history import told_reason
from service.labels import labels

SCRIPT = {"HX-Request": "true"}
SIBA = "/cases/case-siba"


def _page(client: TestClient, path: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return html.fromstring(answer.text)


def _words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _titles(page: html.HtmlElement) -> list[str]:
    return [row.get("id").removeprefix("r-") for row in page.cssselect(".row")]


def _facet(page: html.HtmlElement, name: str) -> dict[str, html.HtmlElement]:
    links = page.cssselect(f'[data-facet="{name}"] .choices a')
    return {_words(link.cssselect(".choice-name")[0]): link for link in links}


def _send(client: TestClient, path: str, *, script: bool = True, status: int = 200, **sent: Any) -> html.HtmlElement:
    """Send the form of the page at `back` as a browser would: with its token and the revision that was seen."""
    back = sent.pop("back", f"/cases?case={path.split('/')[2]}")
    page = sent.pop("page", None)
    page = html.fromstring(client.get(back).text) if page is None else page
    values = {field: page.cssselect(f"[name={field}]")[0].get("value") for field in ("csrf",)}
    revisions = page.cssselect("[name=revision]")
    values |= {"revision": revisions[0].get("value")} if revisions else {}
    answer = client.post(path, data=values | {"back": back} | sent, headers=SCRIPT if script else {})
    assert answer.status_code == status, answer.text
    return answer if not script else html.fromstring(f"<div>{answer.text}</div>")


def _state(room: Room, case: str = "case-siba") -> Any:
    with room.database.read() as connection:
        return connection.execute(sa.select(cases).where(cases.c.id == case)).one()


def test_the_list_opens_on_open_cases_and_a_row_tells_what_decides(room: Room, client: TestClient) -> None:
    page = _page(client, "/cases")
    row = page.cssselect("#r-case-siba")[0]
    assert _words(row.cssselect(".urgency")[0]) == "حرج"
    assert _words(row.cssselect(".state")[0]) == "جديدة"
    assert _words(row.cssselect(".clock")[0]) == "خلال 3 ساعات"
    assert "edge-critical" in row.get("class")
    facts = [_words(fact) for fact in row.cssselect(".row-facts > span")]
    assert facts[0] == "البصرة"
    assert "3 منافذ" in facts
    assert "case-missing" not in _titles(page)  # it was answered
    late = page.cssselect("#r-case-bridge .clock-late")[0]
    assert _words(late) == "متأخرة 4 ساعات"
    assert "حرج" in row.cssselect("a")[0].get("aria-label")
    assert row.cssselect("a")[0].get("href") == "/cases?case=case-siba"
    english = _page(client, "/cases?lang=en")
    assert _words(english.cssselect("#r-case-bridge .clock-late")[0]) == "4 hours late"
    assert english.cssselect("#r-case-siba a")[0].get("href") == "/cases?lang=en&case=case-siba"


def test_facets_combine_and_are_removed_one_by_one(client: TestClient) -> None:
    page = _page(client, "/cases")
    needs = _facet(page, "need")
    assert _words(needs["صحة"].cssselect(".number")[0]) == "4"
    narrowed = _page(client, needs["صحة"].get("href"))
    assert set(_titles(narrowed)) >= {"case-siba", "case-blood"}
    both = _page(client, _facet(narrowed, "governorate")["البصرة"].get("href"))
    assert _titles(both) == ["case-siba"]
    chips = {_words(chip.cssselect("bdi")[0]): chip.get("href") for chip in both.cssselect(".chip")}
    assert list(chips) == ["المفتوحة", "صحة", "البصرة"]
    assert _titles(_page(client, chips["صحة"])) == ["case-siba"]
    assert "case-missing" in _titles(_page(client, chips["المفتوحة"].replace("need=health&governorate=IQ-BA", "")))
    assert _titles(_page(client, "/cases?state=answered")) == ["case-missing"]
    assert "case-siba" in _titles(_page(client, "/cases?q=السيبة"))
    assert "case-bridge" in _titles(_page(client, "/cases?due=overdue"))
    assert _words(_page(client, "/cases?q=لاشيءكهذا").cssselect(".state-page h2")[0]) == "لا شيء يطابق ما اخترته."


@pytest.mark.parametrize(
    "query",
    [
        "state=%00&need=%00&q=%00%EF%BF%BF&case=%00&assignee=%00",
        "due=never&sort=never&state=never",
        "case=" + "x" * 5000,
        "&".join(f"need={number}" for number in range(500)),
    ],
)
def test_a_strange_query_still_gives_a_page(client: TestClient, query: str) -> None:
    _page(client, f"/cases?{query}")


def test_a_page_of_another_list_is_refused(client: TestClient) -> None:
    _page(client, "/cases?after=nonsense", status=400)
    _page(client, "/cases/case-nothing", status=404)
    _page(client, "/cases/%00", status=404)


def test_the_card_answers_in_order(client: TestClient, newsroom: list[Document]) -> None:
    page = _page(client, "/cases?case=case-siba")
    assert page.cssselect(".row > a[aria-current]")[0].get("href") == "/cases?case=case-siba"
    card = page.cssselect("article.case")[0]
    questions = [_words(question) for question in card.cssselect(".facts dt")]
    assert questions == ["المطلوب", "من يُناشَد", "من يناشد", "أين", "العجلة", "رُويت أول مرة", "المنافذ", "الموعد"]
    answers = [_words(answer) for answer in card.cssselect(".facts dd")]
    assert "محافظ البصرة" in answers[1]
    assert "أهالي ناحية السيبة" in answers[2]
    assert "ناحية السيبة" in answers[3]
    assert len(card.cssselect(".told > li")) == 3
    told = [document for document in newsroom if document.case == "case-siba"]
    assert {link.get("href") for link in card.cssselect(".told a")} >= {f"/item/{document.id}" for document in told}
    alone = _page(client, SIBA)
    assert _words(alone.cssselect("article.case h2")[0]) == _words(card.cssselect("h2")[0])
    assert _words(_page(client, "/cases?case=case-nothing").cssselect("#reading h2")[0]) == "لم نجد هذه القضية"


def test_a_reader_sees_the_card_without_forms_and_may_not_decide(room: Room) -> None:
    with room.client("reader") as reader:
        page = _page(reader, "/cases?case=case-siba")
        assert page.cssselect("#reading article.case")
        assert page.cssselect("#reading form") == []
        token = page.cssselect("[name=csrf]")[0].get("value")
        for path in ("state", "assign", "due", "note", "merge", "split", "accept", "dismiss"):
            answer = reader.post(f"{SIBA}/{path}", data={"csrf": token, "revision": "1", "state": "verified"})
            assert answer.status_code == 403, path
        assert reader.post("/cases/events/1/undo", data={"csrf": token}).status_code == 403
        assert reader.get("/cases/case-siba/strip").text.count("<form") == 0
    assert _state(room).state == "new"


@pytest.mark.parametrize(
    ("reason", "arabic", "english"),
    [
        ("the first to tell it", "أول من روى القضية", "The first to tell the case"),
        ("edited into an appeal", "انضمّت حين عُدّل نصها فصار مناشدة", "Joined when its text was edited into an appeal"),
        ("version 3 asks for nothing", "خرجت لأنها لم تعد تطلب شيئاً في نسختها 3", None),
        ("something new", "something new", "something new"),
    ],
)
def test_reasons_of_the_machine_are_told_in_words(reason: str, arabic: str, english: str | None) -> None:
    assert told_reason(reason, {}, labels("ar")).text == arabic
    if english:
        assert told_reason(reason, {}, labels("en")).text == english


def test_a_likeness_names_the_item_and_what_is_shared() -> None:
    same = told_reason("the same text as abc123 (likeness 0.91)", {"abc123": "عنوان"}, labels("ar"))
    assert (same.document, same.title, same.likeness) == ("abc123", "عنوان", "91%")
    need = told_reason(
        "the same need as abc123: place:الشامية, need:water, names, facility:مستشفى، العام, "
        "wording:0.83 (likeness 0.74)",
        {},
        labels("en"),
    )
    assert need.shared == (
        "place: الشامية",
        "need: Water",
        "names that both mention",
        "facility: مستشفى، العام",
        "wording 83% alike",
    )
    assert (need.title, need.likeness) == ("abc123", "74%")


def test_a_decision_by_htmx_swaps_the_pane_updates_the_row_and_can_be_undone(own_room: Room) -> None:
    with own_room.client() as client:
        answer = _send(client, f"{SIBA}/state", state="verified", reason="اتصلنا بهم")
        assert _words(answer.cssselect("article.case .item-kind .state")[0]) == "متحقق منها"
        row = answer.cssselect("#r-case-siba")[0]
        assert row.get("hx-swap-oob") == "true"
        assert _words(row.cssselect(".state")[0]) == "متحقق منها"
        toast = answer.cssselect('[hx-swap-oob="innerHTML:#toast"]')[0]
        assert "صارت الحالة: متحقق منها" in _words(toast)
        undo = toast.cssselect("form")[0]
        assert toast.cssselect("button")[0].get("data-key") == "u"
        assert _state(own_room).state == "verified"
        line = _words(answer.cssselect(".history .event")[0])
        assert line.startswith("editor الحالة من «جديدة» إلى «متحقق منها»")
        assert "اتصلنا بهم" in line
        undone = _send(client, undo.get("action"), back="/cases?case=case-siba")
        assert _words(undone.cssselect("article.case .item-kind .state")[0]) == "جديدة"
        assert _state(own_room).state == "new"
        assert "رُجع عنه" in _words(undone.cssselect(".event-undone")[0])
        with own_room.database.read() as connection:
            actions = connection.scalars(sa.select(audit.c.action).where(audit.c.subject == "case:case-siba")).all()
        assert actions == ["case_state", "case_undone"]


def test_without_a_script_a_decision_sends_back_to_where_it_was_taken(own_room: Room) -> None:
    with own_room.client() as client:
        back = "/cases?need=water&lang=en&case=case-siba"
        answer = _send(client, f"{SIBA}/assign?lang=en", script=False, status=303, assignee="second", back=back)
        assert answer.headers["location"] == back
        assert _state(own_room).assignee == "second"
        page = _page(client, back)
        assert _words(page.cssselect("#r-case-siba .who")[0]) == "second"
        foreign = _send(
            client, f"{SIBA}/note", script=False, status=303, text="x", page=page, back="https://evil.example"
        )
        assert foreign.headers["location"] == "/"


def test_every_form_of_the_card_does_what_it_says(own_room: Room) -> None:
    with own_room.client() as client:
        _send(client, f"{SIBA}/assign", assignee="editor")
        assert _state(own_room).assignee == "editor"
        _send(client, f"{SIBA}/due", due="2026-07-15T12:00")
        assert _state(own_room).due.isoformat() == "2026-07-15T09:00:00+00:00"
        assert _state(own_room).due_by == "editor"
        page = _page(client, "/cases?case=case-siba")
        assert page.cssselect("[name=due]")[0].get("value") == "2026-07-15T12:00"
        _send(client, f"{SIBA}/due", clear="1", due="2026-07-15T12:00")
        assert _state(own_room).due_by == ""
        noted = _send(client, f"{SIBA}/note", text="سطر أول\nسطر ثانٍ")
        assert "سطر أول" in _words(noted.cssselect(".history .event-note")[0])
        referred = _send(client, f"{SIBA}/state", state="referred", referred_to="دائرة الماء")
        assert "دائرة الماء" in _words(referred.cssselect(".item-origin")[0])
        assert "دائرة الماء" in [option.get("value") for option in referred.cssselect("datalist option")]
        refused = _send(client, f"{SIBA}/due", status=422, due="tomorrow")
        assert "لم يُفهم الموعد" in _words(refused.cssselect("[role=alert]")[0])
        assert _send(client, f"{SIBA}/state", status=422, state="unheard-of").cssselect("[role=alert]")
        assert _send(client, f"{SIBA}/split", status=422).cssselect("[role=alert]")
        assert client.post("/cases/case-nothing/note", data={"csrf": _token(client), "text": "x"}).status_code == 404
        assert client.post("/cases/events/999999/undo", data={"csrf": _token(client)}).status_code == 404


def _token(client: TestClient) -> str:
    return str(_page(client, "/cases").cssselect("[name=csrf]")[0].get("value"))


def test_cases_are_merged_and_split_in_the_pane(own_room: Room, newsroom: list[Document]) -> None:
    with own_room.client() as client:
        merged = _send(client, "/cases/case-farm/merge", into_id="case-siba", reason="واحدة")
        assert merged.cssselect("article.case")[0].get("data-case") == "case-siba"
        assert merged.cssselect("#r-case-farm")[0].get("hx-swap-oob") == "delete"
        assert _state(own_room, "case-farm").merged_into == "case-siba"
        page = _page(client, "/cases/case-farm")
        assert "دُمجت هذه القضية في غيرها." in _words(page.cssselect("article.case .fault")[0])
        assert page.cssselect(".deeds") == []
        _send(client, merged.cssselect(".undo")[-1].get("action"))
        assert _state(own_room, "case-farm").merged_into is None
        told = [document.id for document in newsroom if document.case == "case-siba"]
        split = _send(client, f"{SIBA}/split", document=[told[-1]])
        assert len(split.cssselect(".told > li")) == 2
        other = split.cssselect(".history .event-head a")[0].get("href")
        assert len(_page(client, other).cssselect(".told > li")) == 1


def test_a_case_to_merge_with_is_offered(own_room: Room) -> None:
    with own_room.database.write() as connection:
        for case, kind, value in (("case-farm", "governorate", "IQ-BA"),):
            connection.execute(
                sa.text("INSERT INTO case_labels VALUES (:c, :k, :v)"), {"c": case, "k": kind, "v": value}
            )
    with own_room.client() as client:
        offered = _page(client, SIBA).cssselect("[name=into]")
        assert [one.get("value") for one in offered] == ["case-farm"]


def test_who_decides_second_sees_who_decided_what_and_overwrites_nothing(own_room: Room) -> None:
    with own_room.client() as first, own_room.client("second") as second:
        seen = _page(second, "/cases?case=case-siba&lang=en")
        _send(first, f"{SIBA}/state", state="rejected", reason="مكررة")
        answer = _send(second, f"{SIBA}/state?lang=en", status=409, state="verified", reason="I called them", page=seen)
        told = _words(answer.cssselect(".case-conflict")[0])
        assert "editor State from “New” to “Rejected”" in told
        assert "مكررة" in told
        assert "set the state to “Verified”" in told
        assert "I called them" in told
        assert answer.cssselect(".case-conflict a.button")[0].get("href") == "/cases?case=case-siba"
        assert _state(own_room).state == "rejected"
        plain = _send(second, f"{SIBA}/assign", script=False, status=409, assignee="second", page=seen)
        assert "سبقك زميل إلى هذه القضية" in plain.text
        assert _state(own_room).assignee == ""
        strip = _send(second, f"{SIBA}/assign", status=409, assignee="second", view="strip", page=seen)
        assert strip.cssselect("#case-strip.case-conflict")


def test_a_proposal_is_accepted_or_dismissed(own_room: Room, newsroom: list[Document]) -> None:
    proposal = {"state": "resolved", "document": newsroom[-1].id, "reason": "fixed: أُعيد الماء (likeness 0.80)"}
    with own_room.database.write() as connection:
        connection.execute(cases.update().where(cases.c.id.in_(("case-siba", "case-blood"))).values(proposal=proposal))
    with own_room.client() as client:
        banner = _page(client, SIBA).cssselect(".proposal")[0]
        assert "خبر لاحق يقول إن الحاجة لُبّيت:" in _words(banner)
        assert "في الخبر: «أُعيد الماء» (تشابه 80%)" in _words(banner)
        assert banner.cssselect("a")[0].get("href") == f"/item/{newsroom[-1].id}"
        _send(client, f"{SIBA}/accept")
        assert _state(own_room).state == "resolved"
        _send(client, "/cases/case-blood/dismiss")
        assert _state(own_room, "case-blood").state == "verified"
        assert _page(client, "/cases/case-blood").cssselect(".proposal") == []


def test_an_items_pane_brings_the_case_with_the_state_in_place(own_room: Room, newsroom: list[Document]) -> None:
    item = next(document.id for document in newsroom if document.case == "case-siba")
    with own_room.client() as client:
        pane = _page(client, f"/item/{item}")
        hook = pane.cssselect("#case-strip")[0]
        assert hook.cssselect("a")[0].get("href") == SIBA
        strip = _page(client, hook.get("hx-get"))
        assert _words(strip.cssselect(".state")[0]) == "جديدة"
        form = next(form for form in strip.cssselect("form") if form.get("action").endswith("/state"))
        sent = {field.get("name"): field.get("value") for field in form.cssselect("input[type=hidden]")}
        assert sent["back"] == f"/item/{item}"
        answer = client.post(form.get("action"), data=sent | {"state": "answered"}, headers=SCRIPT)
        told = html.fromstring(f"<div>{answer.text}</div>")
        assert _words(told.cssselect("#case-strip .state")[0]) == "أُجيب عنها"
        assert told.cssselect("article.case") == []
        undo = told.cssselect(".toast form")[0]
        assert undo.get("hx-target") == "#case-strip"
        plain = client.post(form.get("action"), data=sent | {"state": "verified", "revision": "2"})
        assert plain.headers["location"] == f"/item/{item}"


def test_private_data_is_masked_for_readers(own_room: Room, newsroom: list[Document]) -> None:
    item = next(document for document in newsroom if document.case == "case-blood")
    title = "عائلة حسين علي تستغيث: 07701234567"
    analysis = {**item.analysis, "private": [{"text": "حسين علي", "start": 0, "end": 8, "kind": "person"}]}
    with own_room.database.write() as connection:
        connection.execute(articles.update().where(articles.c.document == item.id).values(title=title))
        connection.execute(analyses.update().where(analyses.c.document == item.id).values(analysis=analysis))
        sums.refresh(connection, "case-blood", sums.Dues())
        connection.execute(
            case_events.insert().values(
                case="case-blood", at=NOW, actor="editor", kind="note", reason="هاتف حسين علي 07701234567"
            )
        )
        connection.execute(
            case_events.insert().values(
                case="case-blood",
                at=NOW,
                actor=sums.MACHINE,
                kind="proposed",
                reason="fixed: شكر حسين علي 07701234567 (likeness 0.80)",
            )
        )
    with own_room.client("reader") as reader, own_room.client() as editor:
        for path in ("/cases?case=case-blood", "/cases/case-blood", "/cases/case-blood/strip"):
            text = reader.get(path).text
            assert "07701234567" not in text
            assert "حسين علي" not in text
        assert "07701234567" in editor.get("/cases/case-blood").text


def test_scraped_text_stays_text(own_room: Room) -> None:
    payload = "<script>alert(1)</script>\u202e\"' onmouseover=x"
    with own_room.database.write() as connection:
        connection.execute(
            cases.update()
            .where(cases.c.id == "case-siba")
            .values(title=payload, summary=payload, facility=payload, referred_to=payload, state="referred")
        )
    with own_room.client() as client:
        for path in ("/cases?case=case-siba", SIBA):
            answer = client.get(path)
            assert "<script>alert" not in answer.text
            assert "\u202e" not in answer.text
            assert "onmouseover" not in {
                name for element in html.fromstring(answer.text).iter() for name in element.attrib
            }


def test_overdue_cases_are_counted_in_the_navigation_at_once_after_a_decision(own_room: Room) -> None:
    with own_room.database.write() as connection:
        connection.execute(cases.update().where(cases.c.id == "case-siba").values(due=NOW - timedelta(hours=3)))
    with own_room.client() as client:
        before = _page(client, "/cases?due=overdue")
        assert "case-siba" in _titles(before)
        _send(client, f"{SIBA}/state", state="answered")
        after = _page(client, "/cases?due=overdue")
        assert len(_titles(after)) == len(_titles(before)) - 1
        counts = [_words(page.cssselect(".sections a[aria-current] .number")[0]) for page in (before, after)]
        assert int(counts[1]) == int(counts[0]) - 1
