"""What it says: Arabic text in, Analysis out.

    from nlp import Analyser

    analyser = Analyser.load()
    analysis = analyser.analyse("ناشد أهالي قضاء الشامية وزارة الموارد المائية …", id="1")
    analysis.stance, analysis.governorates.primary

The names below are the library's public ones. They are imported when first used: `import nlp` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlp.analyser import ANALYSED_LENGTH, Analyser, Decision
    from nlp.analysis import (
        ALERTABLE,
        Analysis,
        Appeal,
        Entity,
        Evidence,
        Facility,
        Governorates,
        Place,
        Private,
        Span,
        Stance,
        Urgency,
    )
    from nlp.errors import DataFault, EvaluationFault, ModelFault, NlpError
    from nlp.evaluation import evaluate_cases, evaluate_entities, evaluate_items, score_table
    from nlp.fixes import Fix, may_meet, reports_fix
    from nlp.gazetteer import coordinates, place_names
    from nlp.language import detect_language
    from nlp.normalisation import Normalised, normalise
    from nlp.privacy import mask_private, private_spans
    from nlp.same_case import CaseFacts, Likeness, case_facts
    from nlp.similarity import SAME_TEXT, bands, resemblance, signature

__all__ = [
    "ALERTABLE",
    "ANALYSED_LENGTH",
    "SAME_TEXT",
    "Analyser",
    "Analysis",
    "Appeal",
    "CaseFacts",
    "DataFault",
    "Decision",
    "Entity",
    "EvaluationFault",
    "Evidence",
    "Facility",
    "Fix",
    "Governorates",
    "Likeness",
    "ModelFault",
    "NlpError",
    "Normalised",
    "Place",
    "Private",
    "Span",
    "Stance",
    "Urgency",
    "bands",
    "case_facts",
    "coordinates",
    "detect_language",
    "evaluate_cases",
    "evaluate_entities",
    "evaluate_items",
    "mask_private",
    "may_meet",
    "normalise",
    "place_names",
    "private_spans",
    "reports_fix",
    "resemblance",
    "score_table",
    "signature",
]

_HOMES = {
    "analyser": ("ANALYSED_LENGTH", "Analyser", "Decision"),
    "errors": ("DataFault", "EvaluationFault", "ModelFault", "NlpError"),
    "evaluation": ("evaluate_cases", "evaluate_entities", "evaluate_items", "score_table"),
    "fixes": ("Fix", "may_meet", "reports_fix"),
    "gazetteer": ("coordinates", "place_names"),
    "language": ("detect_language",),
    "normalisation": ("Normalised", "normalise"),
    "privacy": ("mask_private", "private_spans"),
    "same_case": ("CaseFacts", "Likeness", "case_facts"),
    "similarity": ("SAME_TEXT", "bands", "resemblance", "signature"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nlp' has no attribute {name!r}")
    return getattr(import_module(f"nlp.{_HOME_OF.get(name, 'analysis')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
