from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from index import Document, open_index
from index.protocol import Query
from service.masking import MaskedIndex, askable, masked

TITLE = "ناشد علي حسن كاظم وزارة الصحة"
BODY = "قال علي حسن كاظم إن ابنته تحتاج دماً. للتواصل 07701234567 مع علي حسن كاظم."


def _document() -> Document:
    text = f"{TITLE}\n{BODY}"
    start = text.index("علي حسن كاظم")
    name = {"text": "علي حسن كاظم", "start": start, "end": start + 12}
    appeal = {"start": 0, "end": 10, "appellants": [name], "summary": "علي حسن كاظم يطلب دماً، هاتفه 07701234567"}
    return Document(
        id="a" * 64,
        version=1,
        url="https://agency.example/1",
        title=TITLE,
        body=BODY,
        outlet="agency",
        outlet_name="الوكالة",
        published=datetime(2026, 11, 20, tzinfo=UTC),
        fetched=datetime(2026, 11, 20, tzinfo=UTC),
        analysis={"appeals": [appeal], "private": [{**name, "kind": "person"}]},
    )


def test_names_and_numbers_are_covered_wherever_they_stand() -> None:
    document = _document()
    shown = masked(document)
    everything = f"{shown.title} {shown.body} {shown.analysis}"
    assert "علي حسن" not in everything
    assert "0770123" not in everything
    assert "ع•• ح•• ك•••" in shown.title
    assert shown.body.count("ع•• ح•• ك•••") == 2
    assert shown.analysis["appeals"][0]["appellants"][0]["text"] == "ع•• ح•• ك•••"
    assert "private" not in shown.analysis


def test_offsets_stay_right() -> None:
    document = _document()
    shown = masked(document)
    span = shown.analysis["appeals"][0]["appellants"][0]
    assert f"{shown.title}\n{shown.body}"[span["start"] : span["end"]] == span["text"]
    assert (len(shown.title), len(shown.body)) == (len(document.title), len(document.body))


def test_what_is_public_is_left_as_it_is() -> None:
    shown = masked(_document())
    assert "وزارة الصحة" in shown.title


@pytest.mark.parametrize(
    "number",
    [
        "07701234567",
        "٠٧٧٠١٢٣٤٥٦٧",
        '"07701234567"',
        "ابنته 07701234567",
        "0770ـ1234567",
        "0770\u200d1234567",
        "0770\u064b1234567",
    ],
)
def test_who_may_not_read_a_number_finds_nobody_by_it(tmp_path: Path, number: str) -> None:
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        index.write([_document()])
        index.refresh()
        query = Query(text=number)
        assert index.search(query).total == 1
        shown = MaskedIndex(index)
        assert shown.search(query).total == 0
        assert list(shown.scan(query)) == []
        assert shown.search(Query(text="ابنته")).total == 1


def test_a_number_is_not_found_by_its_parts_either_but_a_date_is_a_date() -> None:
    apart = Query(text='"0770" "123" "4567" ماء')
    assert not any(letter.isdigit() for letter in askable(apart).text)
    assert "ماء" in askable(apart).text
    dated = Query(text="انقطاع الماء 26-11-2026")
    assert askable(dated) is dated
