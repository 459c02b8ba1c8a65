"""The tables of the index file, and the check that a file has them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from index.errors import IndexBroken
from index.sqlite.tokenizer import BEGINNINGS, NAME

if TYPE_CHECKING:
    from pathlib import Path

    import apsw

APPLICATION = 0x52415349
"""SQLite's application id of our files: "RASI"."""

VERSION = 3
"""Of the tables and of the analysis together: raise it with every change of either, and files are made again."""

_TABLES = f"""
CREATE TABLE state (epoch BLOB NOT NULL, generation INTEGER NOT NULL);
CREATE TABLE document (
    docnum INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    published INTEGER NOT NULL,
    "case" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    packed BLOB NOT NULL
);
CREATE INDEX document_case ON document ("case") WHERE "case" <> '';
CREATE INDEX document_group ON document ("group") WHERE "group" <> '';
CREATE TABLE facet (
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    docnums BLOB NOT NULL,
    UNIQUE (field, value, chunk)
);
CREATE INDEX facet_generation ON facet (generation);
CREATE VIRTUAL TABLE words USING fts5 (title, body, content='', tokenize='{NAME}');
CREATE VIRTUAL TABLE beginnings USING fts5 (title, content='', columnsize=0, detail=none, tokenize='{BEGINNINGS}');
"""


def prepare(connection: apsw.Connection, path: Path) -> None:
    """Make the tables in an empty file. Raises IndexBroken for a file of another program or version."""
    if _checked(connection, path):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _checked(connection, path):
            connection.execute(_TABLES)
            connection.execute("INSERT INTO state VALUES (?, 0)", (os.urandom(8),))
            connection.execute(f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def renew(connection: apsw.Connection) -> None:
    """Remove everything that is stored, within the caller's transaction; page cursors given before are void."""
    connection.execute("DELETE FROM document; DELETE FROM facet")
    connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    connection.execute("INSERT INTO beginnings (beginnings) VALUES ('delete-all')")
    connection.execute("UPDATE state SET epoch = ?, generation = generation + 1", (os.urandom(8),))


def _checked(connection: apsw.Connection, path: Path) -> bool:
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    if (application, version) == (APPLICATION, VERSION):
        return True
    if application == APPLICATION:
        raise IndexBroken(
            f"{path} has schema version {version}, this Rasid reads {VERSION}: delete it and run `rasid reindex`"
        )
    if connection.execute("SELECT 1 FROM sqlite_schema").get is not None:
        raise IndexBroken(f"{path} is a database of another program: name another file for the index")
    return False
