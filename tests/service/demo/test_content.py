from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from crawler.article import Reason
from crawler.registry import GOVERNORATES, parse_registry
from nlp.analysis import ALERTABLE
from service.demo import ContentError, Expected, load_outlets
from service.demo.content import PLANNED, Outlet, _read
from service.demo.sources import registry_text
from service.labels import labels

OUTLETS = load_outlets()
ITEMS = [item for outlet in OUTLETS for item in outlet.items]
FIRST_DAY, LAST_DAY = "2026-11-20", "2026-11-23"


def test_five_outlets_hold_about_sixty_items() -> None:
    assert [outlet.id for outlet in OUTLETS] == ["anbar-local", "baghdad-post", "karbala-now", "rafid", "sada-dhiqar"]
    assert 55 <= len(ITEMS) <= 65


def test_every_label_has_a_name_that_people_read() -> None:
    names = labels("ar").names
    for item in ITEMS:
        assert item.stance in names["stance"]
        assert set(item.needs) <= names["need"].keys()
        assert set(item.primary) <= GOVERNORATES


def test_ids_are_unique_over_all_outlets() -> None:
    counts = Counter(entry.id for outlet in OUTLETS for entry in outlet.entries)
    assert max(counts.values()) == 1


def test_items_fall_on_the_fixed_days() -> None:
    days = {str(entry.published)[:10] for outlet in OUTLETS for entry in outlet.entries}
    assert min(days) == FIRST_DAY
    assert max(days) == LAST_DAY


def test_appeals_are_varied_and_the_rest_is_the_larger_half() -> None:
    asked = [item for item in ITEMS if item.stance in ALERTABLE]
    assert len({item.story for item in asked}) >= 22
    assert len(asked) < len(ITEMS) / 2
    assert len({need for item in asked for need in item.needs}) >= 15
    assert len({governorate for item in asked for governorate in item.primary}) >= 9
    assert {item.stance for item in ITEMS} == {"appeal", "complaint", "response", "mention", "none"}


def test_dispatches_and_retellings_join_what_they_should() -> None:
    expected = Expected.of(OUTLETS, 80)
    assert sorted(len(urls) for urls in expected.dispatches.values()) == [2, 3]
    assert len(expected.stories["nasiriyah-dialysis"]) == 3
    for urls in expected.stories.values():
        items = [expected.articles[url] for url in urls]
        assert len({(item.needs, item.primary) for item in items}) == 1


def test_telephone_numbers_are_invented_ones() -> None:
    digits = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
    numbers = re.findall(r"07\d{9}", " ".join(item.body for item in ITEMS).translate(digits))
    assert len(numbers) >= 4
    assert all("0000" in number for number in numbers)


def test_each_planned_reason_stands_once() -> None:
    assert Expected.of(OUTLETS, 80).reasons == {reason.value: 1 for reason in PLANNED}


def test_items_of_one_sentence_are_there() -> None:
    assert sum(len(item.body) < 200 and "\n" not in item.body for item in ITEMS) >= 4


def test_the_registry_names_every_list_of_the_outlets() -> None:
    registry = parse_registry(registry_text(4711), Path("sources.toml"))
    assert {outlet.id: (outlet.name, outlet.home) for outlet in registry.outlets} == {
        outlet.id: (outlet.outlet.name, outlet.outlet.home) for outlet in OUTLETS
    }
    listed = {source.url for outlet in registry.outlets for source in outlet.sources}
    for outlet in OUTLETS:
        for each in outlet.lists:
            pages = -(-len(outlet.entries) // each.page_size) if each.kind == "listing" else 1
            further = [each.page_path.format(page=number) for number in range(2, pages + 1)]
            for path in [each.path, *further]:
                assert f"http://{outlet.outlet.host}:4711{path}" in listed


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"needs": []}, "an appeal or complaint has needs"),
        ({"section": "لا شيء"}, "no such section"),
        ({"stance": "loud"}, "stance"),
        ({"dispatch": "another"}, "a dispatch carries the name of its story"),
    ],
)
def test_a_wrong_item_is_refused(change: dict[str, object], complaint: str) -> None:
    plain = OUTLETS[0].model_dump(mode="python")
    plain["items"] = [plain["items"][0] | change]
    with pytest.raises(ValueError, match=complaint):
        Outlet.model_validate(plain)


def test_a_reason_that_cannot_be_served_is_refused() -> None:
    plain = next(outlet for outlet in OUTLETS if outlet.rejects).model_dump(mode="python")
    plain["rejects"] = [plain["rejects"][0] | {"reason": Reason.TIMEOUT, "loop": ""}]
    with pytest.raises(ValueError, match="reason must be one of"):
        Outlet.model_validate(plain)


def test_a_fault_in_a_file_is_told_with_file_and_field(tmp_path) -> None:
    sheet = tmp_path / "bad.toml"
    sheet.write_text("[outlet]\nid = 3\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"bad\.toml: .*outlet\.id"):
        _read(sheet)


def test_a_file_that_is_no_toml_is_told_by_name(tmp_path) -> None:
    sheet = tmp_path / "bad.toml"
    sheet.write_bytes(b"id = \xff")
    with pytest.raises(ContentError, match=r"bad\.toml"):
        _read(sheet)
