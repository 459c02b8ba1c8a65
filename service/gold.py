"""What people corrected as labelled items: to evaluate the model by, and to train the next one on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.database import corrections, documents
from service.overlay import model_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import sqlalchemy as sa

    from service.database.corrections import Correction
    from service.database.documents import Record


def labelled(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield each Document that a correction bears on as a labelled item, as `rasid evaluate` reads it.

    The labels are those in force: what nobody corrected is the model's, and an editor let it stand. "corrected" tells
    by field who corrected it, when, and what the model had said.
    """
    for ids in corrections.corrected(connection):
        made = corrections.live(connection, ids)
        records = documents.records(connection, ids)
        for record in sorted(records, key=lambda record: record.id):
            if record.corrected:
                yield _item(record, made[record.id])


def _item(record: Record, made: Mapping[str, Correction]) -> dict[str, Any]:
    analysis = record.analysis
    appeals = analysis["appeals"]
    return {
        "id": record.id,
        "source": record.outlet,
        "url": record.url,
        "text": record.text,
        "governorates": analysis["governorates"],
        "facilities": model_said(analysis, "facility"),
        "stance": analysis["stance"],
        "appellants": _once(span for appeal in appeals for span in appeal["appellants"]),
        "addressees": _once(span for appeal in appeals for span in appeal["addressees"]),
        "needs": model_said(analysis, "need"),
        "urgency": model_said(analysis, "urgency"),
        "summary": next((appeal["summary"] for appeal in appeals if appeal["summary"]), None),
        "corrected": {
            field: {"by": made[field].actor, "at": made[field].at.isoformat(), "before": made[field].before}
            for field in record.corrected
        },
    }


def _once(spans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({(span["start"], span["end"]): dict(span) for span in spans}.values())
