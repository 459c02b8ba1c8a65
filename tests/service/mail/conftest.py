"""Documents as the worker stores them, and subscriptions to be told of them, on each database."""

from __future__ import annotations

import pytest
from alert_newsroom import Newsroom

from service.database.engine import Database


@pytest.fixture
def happening(database: Database) -> Newsroom:
    return Newsroom(database)
