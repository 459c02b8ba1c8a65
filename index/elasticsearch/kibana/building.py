"""Kibana's saved objects, built from `objects.toml`: what `rasid kibana install` imports."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from index.elasticsearch.kibana.lens import Panel, attributes, identifier, layer

Saved = dict[str, Any]

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE = Path(__file__).with_name("objects.toml")
_COLUMNS = 48
_PANEL_VERSION = "8.9.0"
_IRAQ = {"lat": 33.2, "lon": 43.7, "zoom": 5.4}


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    time: str
    labels: dict[str, str]


class _Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    query: str
    columns: list[str]
    sort: tuple[str, str]


class _Dashboard(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    description: str
    since: str
    query: str
    controls: list[str]
    panel: list[Panel]


class Objects(BaseModel):
    """What objects.toml holds."""

    model_config = ConfigDict(extra="forbid")

    view: _View
    search: list[_Search]
    dashboard: list[_Dashboard]


def read_objects() -> Objects:
    """Return the shipped description."""
    return Objects.model_validate(tomllib.loads(_SOURCE.read_text(encoding="utf-8")))


def saved_objects(alias: str, names: Mapping[str, Mapping[str, str]]) -> list[Saved]:
    """Return the saved objects over what the read `alias` leads to.

    `names` gives, by field of the mapping, what people call each value (water: ماء); Kibana shows it instead.
    """
    described = read_objects()
    view = _view(described.view, alias, names)
    searches = [_search(search, alias) for search in described.search]
    return [view, *searches, *(_dashboard(board, described.view, alias) for board in described.dashboard)]


def ndjson(objects: list[Saved]) -> str:
    """Return the objects as Kibana's import takes them, one a line, the same text for the same objects."""
    return "".join(json.dumps(saved, ensure_ascii=False, sort_keys=True) + "\n" for saved in objects)


def _view(view: _View, alias: str, names: Mapping[str, Mapping[str, str]]) -> Saved:
    formats: dict[str, Any] = {
        field: {
            "id": "static_lookup",
            "params": {"lookupEntries": [{"key": key, "value": value} for key, value in values.items()]},
        }
        for field, values in names.items()
    }
    formats["url"] = {"id": "url", "params": {}}
    formats["lag_seconds"] = {"id": "duration", "params": {"inputFormat": "seconds", "outputFormat": "humanizePrecise"}}
    return {
        "type": "index-pattern",
        "id": alias,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
        "references": [],
        "attributes": {
            "title": alias,
            "name": view.title,
            "timeFieldName": view.time,
            "fieldAttrs": _text({field: {"customLabel": label} for field, label in view.labels.items()}),
            "fieldFormatMap": _text(formats),
            "fields": "[]",
            "runtimeFieldMap": "{}",
            "sourceFilters": _text([{"value": "analysis"}]),
            "typeMeta": "{}",
        },
    }


def _search(search: _Search, alias: str) -> Saved:
    source = {
        "query": {"query": search.query, "language": "kuery"},
        "filter": [],
        "highlightAll": True,
        "version": True,
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }
    return {
        "type": "search",
        "id": search.id,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
        "references": [_reference("kibanaSavedObjectMeta.searchSourceJSON.index", alias)],
        "attributes": {
            "title": search.title,
            "description": "",
            "columns": search.columns,
            "sort": [list(search.sort)],
            "grid": {},
            "hideChart": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
        },
    }


def _dashboard(board: _Dashboard, view: _View, alias: str) -> Saved:
    panels, references = [], []
    x = y = tallest = 0
    for panel in board.panel:
        if x + panel.width > _COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        id_ = identifier(board.id, panel.title)
        shown, needed = _map(panel, id_) if panel.kind == "map" else _lens(panel, view, alias, board.id)
        grid = {"x": x, "y": y, "w": panel.width, "h": panel.height, "i": id_}
        panels.append({"version": _PANEL_VERSION, "gridData": grid, "panelIndex": id_, "title": panel.title, **shown})
        references += [_reference(f"{id_}:{name}", alias) for name in needed]
        x, tallest = x + panel.width, max(tallest, panel.height)
    controls = {}
    for order, field in enumerate(board.controls):
        id_ = identifier(board.id, "control", field)
        controls[id_] = {
            "order": order,
            "width": "medium",
            "grow": True,
            "type": "optionsListControl",
            "explicitInput": {"id": id_, "fieldName": field, "title": view.labels[field], "enhancements": {}},
        }
        references.append(_reference(f"controlGroup_{id_}:optionsListDataView", alias))
    return {
        "type": "dashboard",
        "id": board.id,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.9.0",
        "references": references,
        "attributes": {
            "title": board.title,
            "description": board.description,
            "timeRestore": True,
            "timeFrom": board.since,
            "timeTo": "now",
            "refreshInterval": {"pause": True, "value": 60_000},
            "optionsJSON": _text({"useMargins": True, "syncColors": True, "hidePanelTitles": False}),
            "panelsJSON": _text(panels),
            "kibanaSavedObjectMeta": {
                "searchSourceJSON": _text({"query": {"query": board.query, "language": "kuery"}, "filter": []})
            },
            "controlGroupInput": {
                "controlStyle": "oneLine",
                "chainingSystem": "HIERARCHICAL",
                "panelsJSON": _text(controls),
                "ignoreParentSettingsJSON": _text(
                    {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
                ),
            },
        },
    }


def _lens(panel: Panel, view: _View, alias: str, board: str) -> tuple[dict[str, Any], list[str]]:
    made = layer(panel, view.labels, board)
    shown = attributes(panel, made, alias)
    names = [reference["name"] for reference in shown["references"]]
    return {"type": "lens", "embeddableConfig": {"attributes": shown, "enhancements": {}}}, names


def _map(panel: Panel, id_: str) -> tuple[dict[str, Any], list[str]]:
    """Return a map of circles by geotile grid, on no base map: Elastic's map service is not asked."""
    name = "layer_0_source_index_pattern"
    size = {
        "type": "DYNAMIC",
        "options": {"minSize": 6, "maxSize": 36, "field": {"name": "doc_count", "origin": "source"}},
    }
    grid = {
        "id": identifier(id_, "layer"),
        "label": panel.title,
        "type": "GEOJSON_VECTOR",
        "visible": True,
        "alpha": 0.75,
        "minZoom": 0,
        "maxZoom": 24,
        "query": {"query": panel.query, "language": "kuery"},
        "sourceDescriptor": {
            "type": "ES_GEO_GRID",
            "id": identifier(id_, "source"),
            "geoField": panel.field,
            "requestType": "point",
            "resolution": "COARSE",
            "metrics": [{"type": "count"}],
            "applyGlobalQuery": True,
            "applyGlobalTime": True,
            "indexPatternRefName": name,
        },
        "style": {
            "type": "VECTOR",
            "isTimeAware": True,
            "properties": {
                "fillColor": {"type": "STATIC", "options": {"color": "#0f6e5a"}},
                "lineColor": {"type": "STATIC", "options": {"color": "#ffffff"}},
                "iconSize": size,
                "labelText": {"type": "DYNAMIC", "options": {"field": {"name": "doc_count", "origin": "source"}}},
            },
        },
    }
    state = {"zoom": _IRAQ["zoom"], "center": {"lat": _IRAQ["lat"], "lon": _IRAQ["lon"]}, "filters": []}
    made = {
        "title": panel.title,
        "description": "",
        "layerListJSON": _text([grid]),
        "mapStateJSON": _text(state),
        "uiStateJSON": "{}",
    }
    shown = {"attributes": made, "mapCenter": _IRAQ, "isLayerTOCOpen": False, "openTOCDetails": [], "enhancements": {}}
    return {"type": "map", "embeddableConfig": shown}, [name]


def _reference(name: str, alias: str) -> dict[str, str]:
    return {"type": "index-pattern", "id": alias, "name": name}


def _text(value: object) -> str:
    """Return what Kibana keeps as JSON in a string."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
