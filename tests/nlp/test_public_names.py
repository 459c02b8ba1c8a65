import subprocess
import sys

import nlp

PUBLIC = [
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


def test_the_public_names_are_these_and_all_can_be_had():
    assert nlp.__all__ == PUBLIC
    assert all(getattr(nlp, name) is not None for name in PUBLIC)
    assert dir(nlp) == sorted(PUBLIC)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(nlp, "Analyzer")


def test_importing_the_library_loads_none_of_its_dependencies():
    names = ("camel_tools", "ahocorasick", "datasketch", "numpy", "onnxruntime", "tokenizers")
    heavy = f"[m for m in {names} if m in sys.modules]"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, nlp; print({heavy})"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
