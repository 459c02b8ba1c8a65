"""What can be checked of Kibana's objects without a Kibana: they are whole, and every panel has data to show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from elasticsearch import Elasticsearch

from index import Document, open_index
from index.elasticsearch.kibana.building import ndjson, read_objects, saved_objects
from index.elasticsearch.schema import mapping

NAMES = {"needs": {"water": "ماء", "health": "صحة"}, "urgency": {"critical": "حرج"}}
ALIAS = "rasid-items"

OPERATIONS = {
    "terms": {"keyword"},
    "date_histogram": {"date"},
    "unique_count": {"keyword"},
    "percentile": {"long", "date"},
    "max": {"date", "long"},
    "count": {"records"},
}


@pytest.fixture(scope="module")
def objects():
    return saved_objects(ALIAS, NAMES)


def _types():
    fields = {name: told.get("type", "object") for name, told in mapping()["properties"].items()}
    for name, told in mapping()["properties"].items():
        fields |= {f"{name}.{sub}": inner["type"] for sub, inner in told.get("fields", {}).items()}
    return fields | {"___records___": "records"}


def _panels(objects):
    for saved in objects:
        if saved["type"] == "dashboard":
            for panel in json.loads(saved["attributes"]["panelsJSON"]):
                yield saved, panel


def _lens(objects):
    for _, panel in _panels(objects):
        if panel["type"] == "lens":
            yield panel["embeddableConfig"]["attributes"]


def _layers(objects):
    for lens in _lens(objects):
        yield from (
            (lens, id_, layer) for id_, layer in lens["state"]["datasourceStates"]["formBased"]["layers"].items()
        )


def test_every_reference_leads_to_an_object_that_comes_along(objects):
    there = {(saved["type"], saved["id"]) for saved in objects}
    assert len(there) == len(objects)
    for saved in objects:
        names = [reference["name"] for reference in saved["references"]]
        assert len(names) == len(set(names))
        assert {(reference["type"], reference["id"]) for reference in saved["references"]} <= there


def test_every_panel_and_control_names_a_reference_of_its_dashboard(objects):
    for board, panel in _panels(objects):
        names = {reference["name"] for reference in board["references"]}
        inner = panel["embeddableConfig"]["attributes"]
        wanted = [reference["name"] for reference in inner.get("references", [])]
        if panel["type"] == "map":
            wanted = [json.loads(inner["layerListJSON"])[0]["sourceDescriptor"]["indexPatternRefName"]]
        assert wanted
        assert {f"{panel['panelIndex']}:{name}" for name in wanted} <= names
    for board in (saved for saved in objects if saved["type"] == "dashboard"):
        names = {reference["name"] for reference in board["references"]}
        for id_ in json.loads(board["attributes"]["controlGroupInput"]["panelsJSON"]):
            assert f"controlGroup_{id_}:optionsListDataView" in names


def test_every_field_exists_with_a_type_that_the_operation_takes(objects):
    types = _types()
    for lens, _, layer in _layers(objects):
        for column in layer["columns"].values():
            assert types[column["sourceField"]] in OPERATIONS[column["operationType"]], lens["title"]
    for _, panel in _panels(objects):
        if panel["type"] == "map":
            (shown,) = json.loads(panel["embeddableConfig"]["attributes"]["layerListJSON"])
            assert types[shown["sourceDescriptor"]["geoField"]] == "geo_point"
    described = read_objects()
    for search in described.search:
        assert {*search.columns, search.sort[0]} <= types.keys()
    for board in described.dashboard:
        assert all(types[field] == "keyword" for field in board.controls)
    assert described.view.labels.keys() <= types.keys()
    assert types[described.view.time] == "date"


def test_columns_and_what_shows_them_agree(objects):
    for lens, id_, layer in _layers(objects):
        assert sorted(layer["columnOrder"]) == sorted(layer["columns"])
        assert f"indexpattern-datasource-layer-{id_}" in {reference["name"] for reference in lens["references"]}
        shown = lens["state"]["visualization"]
        inner = shown["layers"][0] if "layers" in shown else shown
        assert inner["layerId"] == id_
        used = [inner[key] for key in inner if key.lower().endswith("accessor")]
        used += inner.get("accessors", []) + [column["columnId"] for column in inner.get("columns", [])]
        assert set(used) == layer["columns"].keys(), lens["title"]
        for column in layer["columns"].values():
            if column["operationType"] == "terms":
                assert column["params"]["orderBy"]["columnId"] in layer["columns"]
        buckets = [layer["columns"][name]["isBucketed"] for name in layer["columnOrder"]]
        assert buckets == sorted(buckets, reverse=True)


def test_panels_fill_the_grid_without_overlap(objects):
    for board in (saved for saved in objects if saved["type"] == "dashboard"):
        cells = set()
        for panel in json.loads(board["attributes"]["panelsJSON"]):
            grid = panel["gridData"]
            own = {
                (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
            }
            assert grid["x"] + grid["w"] <= 48
            assert not own & cells
            cells |= own


def test_the_same_objects_are_the_same_lines(objects):
    text = ndjson(objects)
    assert text == ndjson(saved_objects(ALIAS, NAMES))
    assert [json.loads(line)["id"] for line in text.splitlines()] == [saved["id"] for saved in objects]


def test_values_are_shown_by_their_names(objects):
    formats = json.loads(objects[0]["attributes"]["fieldFormatMap"])
    assert {"key": "water", "value": "ماء"} in formats["needs"]["params"]["lookupEntries"]


@pytest.fixture(scope="module")
def filled(elasticsearch_node):
    """The client and read alias of an index with appeals of the last days."""
    now = datetime.now(UTC)
    url = f"{elasticsearch_node}?prefix=test-kibana"
    with open_index(url) as index:
        index.clear()
        index.write(
            Document(
                id=f"item-{number}",
                version=1,
                url=f"https://example.org/{number}",
                title="مناشدة",
                body="نص",
                outlet=f"outlet-{number % 3}",
                outlet_name=f"منفذ {number % 3}",
                published=now - timedelta(hours=3 * number, minutes=5),
                fetched=now - timedelta(hours=3 * number),
                stance="appeal" if number % 2 else "complaint",
                urgency=("critical", "high", "normal")[number % 3],
                needs=("water",) if number % 2 else ("health", "water"),
                governorates=("IQ-BA",),
                primary=() if number % 5 == 0 else ("IQ-BA",),
                facility_types=("health",),
                case=f"case-{number}",
                case_state="new",
                points=((30.5, 47.8),),
            )
            for number in range(40)
        )
        index.refresh()
    with Elasticsearch(elasticsearch_node) as client:
        yield client, "test-kibana-items"
        client.indices.delete(index=list(client.indices.get(index="test-kibana-*")))


def _aggregation(column, layer):
    kind, field = column["operationType"], column["sourceField"]
    if kind == "terms":
        by = column["params"]["orderBy"]["columnId"]
        ordered = layer["columns"][by]
        key = "_count" if ordered["operationType"] == "count" else by
        inner = {} if key == "_count" else {by: _aggregation(ordered, layer)}
        direction = column["params"]["orderDirection"]
        return {
            "terms": {"field": field, "size": column["params"]["size"], "order": {key: direction}},
            **({"aggs": inner} if inner else {}),
        }
    if kind == "date_histogram":
        return {"date_histogram": {"field": field, "fixed_interval": column["params"]["interval"]}}
    if kind == "unique_count":
        return {"cardinality": {"field": field}}
    if kind == "percentile":
        return {"percentiles": {"field": field, "percents": [column["params"]["percentile"]]}}
    if kind == "max":
        return {"max": {"field": field}}
    return {"value_count": {"field": "_index"}}


def _asked(layer):
    """Nest the buckets of a layer as Lens does, the metrics inside the last."""
    aggregations = {
        name: _aggregation(column, layer) for name, column in layer["columns"].items() if not column["isBucketed"]
    }
    for name in reversed(layer["columnOrder"]):
        column = layer["columns"][name]
        if column["isBucketed"]:
            outer = _aggregation(column, layer)
            outer["aggs"] = outer.get("aggs", {}) | aggregations
            aggregations = {name: outer}
    return aggregations


def _has_data(told):
    if isinstance(told, dict):
        if told.get("buckets"):
            return True
        if isinstance(told.get("value"), int | float) and told["value"] > 0:
            return True
        return any(map(_has_data, told.values())) or any(told.get("values", {}).values())
    return False


def _as_lucene(query):
    """Read the part of KQL that our objects use as Lucene's language, which has the same words in capitals."""
    words = {" and ": " AND ", " or ": " OR ", "not ": "NOT ", ": ": ":", "published < ": "published:<"}
    for kql, lucene in words.items():
        query = query.replace(kql, lucene)
    return query or "*"


def test_every_panel_has_data_on_a_real_server(objects, filled):
    client, alias = filled
    boards = {saved["id"]: saved for saved in objects if saved["type"] == "dashboard"}
    asked = 0
    for board, panel in _panels(objects):
        source = json.loads(boards[board["id"]]["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        inner = panel["embeddableConfig"]["attributes"]
        queries = [source["query"]["query"]]
        if panel["type"] == "map":
            aggregations = {"grid": {"geotile_grid": {"field": "points", "precision": 7}}}
        else:
            queries.append(inner["state"]["query"]["query"])
            (layer,) = inner["state"]["datasourceStates"]["formBased"]["layers"].values()
            aggregations = _asked(layer)
        answer = client.search(
            index=alias,
            size=0,
            query={"bool": {"filter": [{"query_string": {"query": _as_lucene(query)}} for query in queries]}},
            aggregations=aggregations,
        )
        assert _has_data(answer["aggregations"]), panel["title"]
        asked += 1
    assert asked >= 15


def test_every_saved_search_finds_what_it_is_for(filled):
    client, alias = filled
    for search in read_objects().search:
        found = client.search(index=alias, q=_as_lucene(search.query), sort=":".join(search.sort), size=3)
        assert found["hits"]["total"]["value"] > 0, search.title
