"""What the service refuses to decide, as the API tells it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.api.problems import Problem
from service.errors import Conflict, DecisionRefused, SearchRefused, SubscriptionRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = frozenset({"no_document", "no_correction", "no_case", "no_event"})

_UNTIMELY = frozenset(
    {
        "unchanged",
        "closed",
        "merged",
        "no_proposal",
        "no_undo",
        "nobody_asks",
        "overwritten",
        "undone_already",
        "saved_taken",
        "saved_too_many",
        "many",  # subscriptions
        "setting",
    }
)
"""Reasons that lie in how things stand now (409); all others lie in what was asked for (422)."""


@contextmanager
def decided() -> Iterator[None]:
    """Raise a Problem for what is refused in the block; a Conflict goes on to who can tell what was decided."""
    try:
        yield
    except Conflict:
        raise
    except (DecisionRefused, SearchRefused, SubscriptionRefused) as error:
        status = 404 if error.key in _MISSING else 409 if error.key in _UNTIMELY else 422
        raise Problem(status, str(error), kind="refused", reason=error.key) from error
