"""What can go wrong in `nlp`: one tree, NlpError at its root."""

from __future__ import annotations


class NlpError(Exception):
    """Root of all errors this library raises on purpose."""


class DataFault(NlpError):
    """A file of `nlp/data` does not say what it must; the message names the file, the line and the fault."""


class EvaluationFault(NlpError):
    """Labelled items and analyses do not fit together, or a labelled item lacks a key."""


class ModelFault(NlpError):
    """The trained model cannot be loaded: a file is missing or is none of ours."""
