"""The crawler's sink on the database: Articles are spooled, rejections counted, each in a transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.database import articles, crawls

if TYPE_CHECKING:
    from crawler import Article, Rejection, SourceReport, Validators
    from service.database.engine import Database


class DatabaseSink:
    """Implements `crawler.Sink`. What `accept` took is on disk when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamp(self, url: str) -> str | None:
        """Return the stamp under which a listed address is held."""
        with self._database.read() as connection:
            return crawls.stamp(connection, url, datetime.now(UTC))

    def validators(self, source: str) -> Validators:
        """Return the HTTP validators of the Source's last good list."""
        with self._database.read() as connection:
            return crawls.validators(connection, source)

    def accept(self, article: Article) -> None:
        """Spool the Article, unless its text is the one held, and note its addresses."""
        with self._database.write() as connection:
            articles.spool(connection, article)
            # In one order everywhere, so that two crawlers never wait for one another.
            for url in sorted({article.url, article.listed or article.url}):
                crawls.remember(connection, url, article.stamp, "", article.fetched)

    def reject(self, rejection: Rejection) -> None:
        """Count the Rejection, and note the address so that lasting ones are left alone for a while."""
        with self._database.write() as connection:
            crawls.count_rejection(connection, rejection)
            crawls.remember(connection, rejection.url, rejection.stamp, rejection.reason.value, rejection.seen)

    def finish(self, report: SourceReport) -> None:
        """Store the Source's report."""
        with self._database.write() as connection:
            crawls.record(connection, report)
