from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from service.database.tables import articles
from service.desk.versions import Piece, difference

if TYPE_CHECKING:
    from typing import Any

    from index import Document

TEXTS = st.lists(st.sampled_from(["ماء", "كهرباء", "البصرة", "\n", "منذ", "أسبوع", "1,200"]), max_size=40).map(" ".join)


def test_a_changed_word_is_told_with_words_around_it() -> None:
    before = " ".join(["كلمة"] * 40) + " منذ أسبوع " + " ".join(["أخرى"] * 40)
    pieces = difference(before, before.replace("أسبوع", "أسبوعين"))
    assert [piece.text.strip() for piece in pieces if piece.kind == "removed"] == ["أسبوع"]
    assert [piece.text.strip() for piece in pieces if piece.kind == "added"] == ["أسبوعين"]
    assert pieces[0] == Piece("gap", "…")
    assert pieces[-1] == Piece("gap", "…")


def test_a_text_that_only_moved_its_blanks_did_not_change() -> None:
    assert difference("ماء  الشرب\n\nفي البصرة", "ماء الشرب في البصرة") == ()


@given(TEXTS, TEXTS)
def test_what_was_added_stands_in_the_new_text_and_what_was_removed_in_the_old(before: str, after: str) -> None:
    for piece in difference(before, after):
        if piece.kind == "removed":
            assert piece.text in before
        elif piece.kind != "gap":
            assert piece.text in after


def test_long_and_repetitive_texts_are_compared_quickly() -> None:
    before, after = "ماء كهرباء " * 50_000, "كهرباء ماء " * 50_000
    started = time.perf_counter()
    difference(before, after)
    assert time.perf_counter() - started < 2


def _edit(room: Any, document: Document, body: str) -> None:
    with room.database.write() as connection:
        first = connection.execute(sa.select(articles).where(articles.c.document == document.id)).one()
        values = dict(first._mapping) | {
            "id": None,
            "version": 2,
            "body": body,
            "fetched": first.fetched + timedelta(hours=1),
        }
        del values["id"]
        connection.execute(articles.insert().values(**values))


def test_the_item_says_that_it_was_edited_and_shows_what_changed(own_room: Any, newsroom: list[Document]) -> None:
    document = newsroom[0]
    _edit(own_room, document, document.body + " وأضاف الأهالي أن الماء عاد أمس.")
    with own_room.client() as client:
        page = html.fromstring(client.get(f"/item/{document.id}").text)
        (link,) = page.cssselect("a.show-changes")
        shown = html.fromstring(client.get(link.get("href")).text)
    assert "عُدّل النص مرة واحدة" in page.text_content()
    assert "وأضاف الأهالي أن الماء عاد أمس." in " ".join(shown.cssselect("ins")[0].text_content().split())
    assert len(shown.cssselect(".versions > li")) == 2


def test_a_reader_sees_no_private_number_in_an_earlier_text(own_room: Any, newsroom: list[Document]) -> None:
    document = newsroom[0]
    _edit(own_room, document, document.body + " للتواصل 07701234567")
    with own_room.client("reader") as client:
        shown = client.get(f"/item/{document.id}/versions").text
    assert "0770123" not in shown
    assert "67" in shown


def test_an_item_with_one_text_has_no_earlier_ones(client: Any, newsroom: list[Document]) -> None:
    assert not html.fromstring(client.get(f"/item/{newsroom[0].id}").text).cssselect("a.show-changes")
    assert client.get("/item/unknown/versions").status_code == 404
