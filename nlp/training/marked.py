"""Labelled training items in the marked format that a person can read and correct: `items/*.txt`.

Blocks are separated by a line of `===`. A block has header lines `key: value`, a line `---`, then the text with marks:
⟦f:TYPE|…⟧ a facility, ⟦w|…⟧ who asks or suffers, ⟦a|…⟧ who is asked; marks may nest. The keys are id, style, stance,
needs, urgency, mentioned, primary (lists by commas) and summary.

    python -m nlp.training.marked FILE… > items.jsonl     checks them and prints them as labelled JSON lines
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

STANCES = ("appeal", "complaint", "response", "mention", "none")
"""The stances in the order of the model's output."""

NEEDS = (
    "water", "electricity", "health", "education", "roads_transport", "sewage_environment", "housing_land",
    "jobs_salaries", "welfare_aid", "documents_administration", "security_justice", "missing_detained", "agriculture",
    "displacement", "prices_fuel", "other",
)  # fmt: skip
"""The needs in the order of the model's output."""

URGENCIES = ("critical", "high", "normal")
"""The urgencies in the order of the model's output."""

FACILITY_TYPES = frozenset({
    "health", "education", "security", "civil_registry", "justice", "municipal", "electricity", "water", "sewage",
    "roads_bridges", "transport", "housing", "social_welfare", "agriculture_irrigation", "industry_oil", "market",
    "religious", "culture_sport", "other",
})  # fmt: skip
_GOVERNORATES = frozenset({
    "IQ-AN", "IQ-AR", "IQ-BA", "IQ-BB", "IQ-BG", "IQ-DA", "IQ-DI", "IQ-DQ", "IQ-HL", "IQ-KA", "IQ-KI", "IQ-MA",
    "IQ-MU", "IQ-NA", "IQ-NI", "IQ-QA", "IQ-SD", "IQ-SU", "IQ-WA",
})  # fmt: skip
_ASKING = frozenset({"appeal", "complaint"})
_BLOCKS = re.compile(r"(?m)^===\s*$")
_MARK = re.compile(r"⟦(f:[a-z_]+|w|a)\||⟧")


class MarkedFault(ValueError):
    """Raised where a marked file has faults; its text is a fault a line, each with the item's id."""


def read_marked(text: str) -> list[dict[str, Any]]:
    """Return the items of a marked file, labelled as `rasid evaluate` reads them; MarkedFault has every fault."""
    faults: list[str] = []
    items: dict[str, dict[str, Any]] = {}
    for number, block in enumerate(_BLOCKS.split(text), start=1):
        if not block.strip():
            continue
        item, wrong = _item(block.strip("\n"), number)
        if item["id"] in items:
            wrong.append("this id stands twice")
        items[item["id"]] = item
        faults += [f"{item['id']}: {fault}" for fault in wrong]
    if faults:
        raise MarkedFault("\n".join(faults))
    return list(items.values())


def _item(block: str, number: int) -> tuple[dict[str, Any], list[str]]:
    header, _, body = block.partition("\n---\n")
    keys = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in header.splitlines())}
    text, spans, faults = _unmarked(body.rstrip("\n"))
    stance = keys.get("stance", "")
    mentioned, primary, needs = (_listed(keys.get(key, "")) for key in ("mentioned", "primary", "needs"))
    facilities = [_span(text, start, end) | {"type": mark[2:]} for mark, start, end in spans if mark[0] == "f"]
    item: dict[str, Any] = {
        "id": keys.get("id") or f"block {number}",
        "source": keys.get("style", ""),
        "text": text,
        "governorates": {"mentioned": mentioned, "primary": primary},
        "facilities": facilities,
        "stance": stance,
    }
    faults += [f"no stance {stance!r}"] * (stance not in STANCES)
    faults += [f"no facility type {f['type']!r}" for f in facilities if f["type"] not in FACILITY_TYPES]
    faults += [f"no governorate {code!r}" for code in {*mentioned, *primary} - _GOVERNORATES]
    faults += ["a primary governorate is not mentioned"] * (not set(primary) <= set(mentioned))
    if stance in _ASKING:
        for key, mark in (("appellants", "w"), ("addressees", "a")):
            item[key] = [_span(text, start, end) for found, start, end in spans if found == mark]
        item |= {"needs": needs, "urgency": keys.get("urgency"), "summary": keys.get("summary", "")}
        faults += [f"no need {need!r}" for need in needs if need not in NEEDS]
        faults += ["no needs"] * (not needs) + ["no summary"] * (not item["summary"])
        faults += [f"no urgency {item['urgency']!r}"] * (item["urgency"] not in URGENCIES)
    return item, faults


def _unmarked(body: str) -> tuple[str, list[tuple[str, int, int]], list[str]]:
    text, position = "", 0
    opened: list[tuple[str, int]] = []
    spans: list[tuple[str, int, int]] = []
    faults: list[str] = []
    for found in _MARK.finditer(body):
        text += body[position : found.start()]
        position = found.end()
        if found.group(1):
            opened.append((found.group(1), len(text)))
        elif opened:
            mark, start = opened.pop()
            spans.append((mark, start, len(text)))
        else:
            faults.append("⟧ without ⟦")
    text += body[position:]
    if opened or "⟦" in text or not text.strip():
        faults.append("a mark that is not closed or not known, or an empty text")
    return text, sorted(spans, key=lambda span: span[1]), faults


def _span(text: str, start: int, end: int) -> dict[str, Any]:
    return {"text": text[start:end], "start": start, "end": end}


def _listed(value: str) -> list[str]:
    return [piece.strip() for piece in value.split(",") if piece.strip() and piece.strip() != "-"]


def main(files: list[str]) -> int:
    """Print the items of marked files as JSON lines, the faults to standard error; 1 where there are any."""
    wrong = 0
    for file in files:
        try:
            items = read_marked(Path(file).read_text(encoding="utf-8"))
        except MarkedFault as fault:
            wrong = 1
            print(f"{file}:\n{fault}", file=sys.stderr)
            continue
        for item in items:
            print(json.dumps(item, ensure_ascii=False))
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
