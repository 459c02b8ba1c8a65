import re

import pytest

from nlp import DataFault
from nlp.facilities import TYPES
from nlp.gazetteer import COLUMNS, GOVERNORATES, Toponym, load_places, read_places
from nlp.gazetteer_build import complete, geonames_records, main
from nlp.lexicon import Lexicon, read_toml
from nlp.needs import NEEDS
from nlp.summary import GOVERNORATE_NAMES, NEED_NAMES

HEADER = "\t".join(COLUMNS) + "\n"


def test_every_governorate_has_itself_a_seat_or_district_and_a_name():
    places = load_places()
    assert {place.governorate for place in places if place.kind == "governorate"} == GOVERNORATES
    assert set(GOVERNORATE_NAMES) == GOVERNORATES
    for code in GOVERNORATES:
        assert sum(place.governorate == code for place in places) >= 5


def test_no_place_stands_twice_in_one_governorate():
    rows = [(place.name, place.governorate) for place in load_places()]
    assert sorted(rows) == sorted(set(rows))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("عفك\t\tdistrict\tIQ-XX\t\t\t\trasid\n", "line 2: 'IQ-XX'"),
        ("عفك\t\tdistrict\tIQ-QA\t\t\t\n", "line 2: 7 columns"),
        ("عفك\t\tdistrict\tIQ-QA\tnorth\t\t\trasid\n", "line 2: 'north'"),
        ("عفك\t\tdistrict\tIQ-QA\t\t\tmaybe\trasid\n", "line 2: decided_by 'maybe'"),
        ("\t\tdistrict\tIQ-QA\t\t\t\trasid\n", "line 2: name"),
    ],
)
def test_a_wrong_line_is_named(line, fault):
    with pytest.raises(DataFault, match=re.escape(fault)):
        list(read_places([HEADER, line]))


def test_a_file_with_other_columns_is_refused():
    with pytest.raises(DataFault, match="line 1"):
        list(read_places(["name\tkind\n"]))


def test_the_vocabulary_knows_every_need_and_every_type_of_facility():
    assert set(NEEDS) == set(NEED_NAMES)
    assert {kind.partition(".")[0] for kind in Lexicon("needs.toml").kinds} == {*NEEDS, "urgency"}
    table = read_toml("facilities.toml")
    assert {head["type"] for head in table["head"]} - {"service"} | set(table["services"]) == TYPES


def test_a_missing_file_is_a_data_fault():
    with pytest.raises(DataFault, match=r"absent\.toml"):
        read_toml("absent.toml")


CITY = {"geonameid": 1, "countrycode": "IQ", "admin1code": "04", "latitude": 32.06, "longitude": 45.23}


def test_building_fills_in_coordinates_and_adds_only_unknown_places():
    afak = Toponym("عفك", (), "district", "IQ-QA", None, None, "", "rasid")
    records = list(
        geonames_records([
            CITY | {"ar": ["عفك"]},
            CITY | {"ar": ["قضاء عفك"], "admin1code": "03"},
            CITY | {"ar": ["ناحية الجديدة هنا", "گرەک"], "geonameid": 2},
            CITY | {"ar": ["پێنجوێن"]},
            CITY | {"ar": ["دبي"], "countrycode": "AE"},
        ])
    )  # fmt: skip
    filled, added = complete([afak], records)
    assert (filled.latitude, filled.source, filled.decided_by) == (32.06, "rasid; GeoNames 1", "")
    assert (added.name, added.governorate, added.decided_by) == ("الجديدة هنا", "IQ-QA", "head")


def test_the_command_is_idempotent_and_tells_faults_on_one_line(tmp_path, capsys):
    places, cities = tmp_path / "places.tsv", tmp_path / "cities.json"
    places.write_text(HEADER + "عفك\tآفاك\tdistrict\tIQ-QA\t\t\t\trasid\n", encoding="utf-8")
    cities.write_text(
        '[{"geonameid": 7, "countrycode": "IQ", "admin1code": "04", "latitude": 32, "longitude": 45, "ar": ["عفك"]}]'
    )
    arguments = ["--places", str(places), "--geonames", str(cities)]
    assert main(arguments) == 0
    once = places.read_text(encoding="utf-8")
    assert main(arguments) == 0
    assert places.read_text(encoding="utf-8") == once
    assert "GeoNames 7" in once
    cities.write_text("no json")
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1
