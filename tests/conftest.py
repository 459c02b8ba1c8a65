"""Servers that tests share: started by the first test that asks for one, stopped at the end."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import sqlalchemy as sa
from hypothesis import settings
from servers import postgresql
from servers.elasticsearch import Node, NoServer, make_node

# How long an example takes says more of the machine than of the code; pytest's own limit ends what hangs.
settings.register_profile("rasid", deadline=None)
settings.load_profile("rasid")


def _none(reason: str) -> None:
    if os.environ.get("RASID_TEST_REQUIRE_SERVERS"):
        pytest.fail(f"{reason} (RASID_TEST_REQUIRE_SERVERS is set)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def elasticsearch_node() -> Iterator[str]:
    """The URL of an Elasticsearch that all tests share: RASID_TEST_ELASTICSEARCH, or one that is started here."""
    if given := os.environ.get("RASID_TEST_ELASTICSEARCH"):
        yield given
        return
    node = _started(secure=False)
    yield node.url
    node.remove()


@pytest.fixture
def elasticsearch_url(elasticsearch_node: str) -> Iterator[str]:
    """An address under which an Elasticsearch holds nothing yet; what is written there is removed after the test."""
    from elasticsearch import Elasticsearch

    prefix = f"test-{uuid.uuid4().hex[:12]}"
    yield f"{elasticsearch_node}?prefix={prefix}"
    with Elasticsearch(elasticsearch_node) as client:
        if left := list(client.indices.get(index=f"{prefix}-*", expand_wildcards="all")):
            client.indices.delete(index=left)


@pytest.fixture(scope="session")
def secure_node() -> Iterator[Node]:
    """A node with TLS and a login."""
    node = _started(secure=True)
    yield node
    node.remove()


def _started(*, secure: bool) -> Node:
    try:
        node = make_node(secure=secure)
        node.start()
    except NoServer as error:
        _none(str(error))
    return node


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """The URL of a PostgreSQL that all tests share."""
    try:
        with postgresql.server() as url:
            yield url
    except postgresql.NoServer as error:
        _none(str(error))


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: sa.URL) -> Iterator[str]:
    """The name of a database with the schema of this program, which tests get copies of."""
    from service.database.engine import Database

    with postgresql.database(postgresql_server) as url:
        Database.open(_text(url), create=True).close()
        yield str(url.database)


@pytest.fixture
def postgresql_url(postgresql_server: sa.URL, postgresql_template: str) -> Iterator[str]:
    """The URL of a database of its own, with the schema and nothing in it."""
    with postgresql.database(postgresql_server, postgresql_template) as url:
        yield _text(url)


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
