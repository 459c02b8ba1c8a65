"""Panels of Kibana's Lens: from a readable description to columns, layers and the visualization that shows them.

The shapes are those that Kibana 8.8 and later export (datasource `formBased`); Kibana 9 migrates them on import.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

Columns = dict[str, dict[str, Any]]

_SPACE = uuid.UUID("6f1c3e58-0c52-4a5e-9a0f-3d2b7f3b5a11")
DURATION = {"id": "duration", "params": {"decimals": 1, "fromUnit": "seconds", "toUnit": "humanizePrecise"}}


class Panel(BaseModel):
    """One panel of a dashboard as objects.toml describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    title: str
    width: int = Field(ge=1, le=48)
    height: int = Field(ge=1)
    query: str = ""
    field: str = ""
    split: str = ""
    of: str = ""
    values: int = Field(10, ge=1, le=1000)
    percentile: int = Field(95, ge=1, le=99)
    interval: str = "1d"


@dataclass(frozen=True, slots=True)
class Layer:
    """The one layer of a panel: its columns in their order, and how they are shown."""

    id: str
    columns: Columns
    type: str
    visualization: dict[str, Any]


def identifier(*parts: str) -> str:
    """Return an id that is the same for the same parts, so that an import replaces what an earlier one brought."""
    return str(uuid.uuid5(_SPACE, "/".join(parts)))


def layer(panel: Panel, labels: Mapping[str, str], where: str) -> Layer:
    """Return the layer of a panel. Raises KeyError for a kind that is none."""
    return _KINDS[panel.kind](panel, labels, identifier(where, panel.title))


def attributes(panel: Panel, made: Layer, view: str) -> dict[str, Any]:
    """Return what a dashboard holds of a Lens panel, by value."""
    reference = {"type": "index-pattern", "id": view, "name": f"indexpattern-datasource-layer-{made.id}"}
    columns = {"columnOrder": list(made.columns), "columns": made.columns, "incompleteColumns": {}, "sampling": 1}
    return {
        "title": panel.title,
        "description": "",
        "visualizationType": made.type,
        "type": "lens",
        "references": [reference],
        "state": {
            "visualization": made.visualization,
            "query": {"query": panel.query, "language": "kuery"},
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {made.id: columns}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def _number(panel: Panel, _: Mapping[str, str], id_: str) -> Layer:
    column = _distinct(panel.of, panel.title) if panel.of else _count(panel.title)
    return Layer(id_, {"value": column}, "lnsMetric", {"layerId": id_, "layerType": "data", "metricAccessor": "value"})


def _percentile_number(panel: Panel, _: Mapping[str, str], id_: str) -> Layer:
    column = _percentile(panel.field, panel.percentile, panel.title)
    return Layer(id_, {"value": column}, "lnsMetric", {"layerId": id_, "layerType": "data", "metricAccessor": "value"})


def _bars(panel: Panel, labels: Mapping[str, str], id_: str) -> Layer:
    columns = {"by": _terms(panel.field, labels, panel.values, "value")}
    if panel.split:
        columns["split"] = _terms(panel.split, labels, 5, "value")
    columns["value"] = _count(_COUNTED)
    return Layer(id_, columns, "lnsXY", _xy(id_, "bar_horizontal_stacked", ["value"], split=bool(panel.split)))


def _days(panel: Panel, labels: Mapping[str, str], id_: str) -> Layer:
    columns = {"by": _dates(panel.field, labels, panel.interval)}
    if panel.split:
        columns["split"] = _terms(panel.split, labels, panel.values, "value")
    columns["value"] = _count(_COUNTED)
    return Layer(id_, columns, "lnsXY", _xy(id_, "bar_stacked", ["value"], split=bool(panel.split)))


def _lines(panel: Panel, labels: Mapping[str, str], id_: str) -> Layer:
    columns = {
        "by": _dates(panel.field, labels, panel.interval),
        "half": _percentile(panel.of, 50, "نصف المواد خلال"),
        "most": _percentile(panel.of, 95, "95٪ من المواد خلال"),
    }
    return Layer(id_, columns, "lnsXY", _xy(id_, "line", ["half", "most"], split=False))


def _matrix(panel: Panel, labels: Mapping[str, str], id_: str) -> Layer:
    columns = {
        "by": _terms(panel.field, labels, panel.values, "value"),
        "split": _terms(panel.split, labels, 16, "value"),
        "value": _count(_COUNTED),
    }
    shown = {
        "layerId": id_,
        "layerType": "data",
        "shape": "heatmap",
        "xAccessor": "split",
        "yAccessor": "by",
        "valueAccessor": "value",
        "legend": {"isVisible": True, "position": "right", "type": "heatmap_legend"},
        "gridConfig": {
            "type": "heatmap_grid",
            "isCellLabelVisible": True,
            "isYAxisLabelVisible": True,
            "isXAxisLabelVisible": True,
            "isYAxisTitleVisible": False,
            "isXAxisTitleVisible": False,
        },
    }
    return Layer(id_, columns, "lnsHeatmap", shown)


def _last(panel: Panel, labels: Mapping[str, str], id_: str) -> Layer:
    newest = _metric("max", panel.of, labels[panel.of], "date")
    columns = {
        "by": _terms(panel.field, labels, panel.values, "value", descending=False),
        "value": newest,
        "count": _count(_COUNTED),
    }
    shown = {
        "layerId": id_,
        "layerType": "data",
        "columns": [{"columnId": name} for name in columns],
        "sorting": {"columnId": "value", "direction": "asc"},
    }
    return Layer(id_, columns, "lnsDatatable", shown)


_COUNTED = "عدد المواد"
_KINDS = {
    "number": _number,
    "percentile": _percentile_number,
    "bars": _bars,
    "days": _days,
    "lines": _lines,
    "matrix": _matrix,
    "last": _last,
}


def _xy(id_: str, series: str, accessors: list[str], *, split: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "layerId": id_, "layerType": "data", "seriesType": series, "xAccessor": "by", "accessors": accessors
    }  # fmt: skip
    if split:
        shown["splitAccessor"] = "split"
    return {
        "preferredSeriesType": series,
        "legend": {"isVisible": split or len(accessors) > 1, "position": "bottom"},
        "valueLabels": "hide",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
        "layers": [shown],
    }


def _terms(field: str, labels: Mapping[str, str], size: int, by: str, *, descending: bool = True) -> dict[str, Any]:
    return {
        "label": labels[field],
        "customLabel": True,
        "dataType": "string",
        "operationType": "terms",
        "scale": "ordinal",
        "sourceField": field,
        "isBucketed": True,
        "params": {
            "size": size,
            "orderBy": {"type": "column", "columnId": by},
            "orderDirection": "desc" if descending else "asc",
            "otherBucket": False,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def _dates(field: str, labels: Mapping[str, str], interval: str) -> dict[str, Any]:
    return {
        "label": labels[field],
        "customLabel": True,
        "dataType": "date",
        "operationType": "date_histogram",
        "scale": "interval",
        "sourceField": field,
        "isBucketed": True,
        "params": {"interval": interval, "includeEmptyRows": True, "dropPartials": False},
    }


def _count(label: str) -> dict[str, Any]:
    return {**_metric("count", "___records___", label, "number"), "params": {"emptyAsNull": False}}


def _distinct(field: str, label: str) -> dict[str, Any]:
    return {**_metric("unique_count", field, label, "number"), "params": {"emptyAsNull": False}}


def _percentile(field: str, percentile: int, label: str) -> dict[str, Any]:
    params = {"percentile": percentile, "format": DURATION}
    return {**_metric("percentile", field, label, "number"), "params": params}


def _metric(operation: str, field: str, label: str, type_: str) -> dict[str, Any]:
    return {
        "label": label,
        "customLabel": True,
        "dataType": type_,
        "operationType": operation,
        "scale": "ratio",
        "sourceField": field,
        "isBucketed": False,
        "params": {},
    }
