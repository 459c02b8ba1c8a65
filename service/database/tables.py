"""The tables: the only truth. Written once for SQLite and PostgreSQL; the schema itself is made by the migrations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """An instant: aware in Python, always UTC; SQLite, which has no zones, stores it naive."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse naive times: nobody could say which instant they are."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a naive time was to be stored: {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give what was stored back as UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# SQLite numbers rows by itself only in a column of the exact type INTEGER.
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DocumentId = sa.String(64)  # SHA-256 of the canonical URL, hexadecimal
CaseId = sa.String(20)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("document", DocumentId, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # 1 for the first text of a Document, then 2, 3, …
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("outlet", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),  # SHA-256 of title and body
    sa.Column("published", Moment),
    sa.Column("published_raw", sa.Text, nullable=False),
    sa.Column("published_from", sa.Text, nullable=False),
    sa.Column("fetched", Moment, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # spooled, claimed, analysed, rejected, failed
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("claimed_until", Moment),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),  # why it was rejected or failed
    sa.UniqueConstraint("document", "version"),
    sa.Index("ix_articles_state_id", "state", "id"),
    sa.Index("ix_articles_outlet_source", "outlet", "source", "version", "fetched"),
)

addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),  # as the list names the item, in canonical form
    sa.Column("stamp", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # "" where it gave an Article, else the Rejection's reason
    sa.Column("seen", Moment, nullable=False),
)

rejections = sa.Table(
    "rejections",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("reason", sa.String(32), primary_key=True),
    sa.Column("outlet", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("first_seen", Moment, nullable=False),
    sa.Column("last_seen", Moment, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text, nullable=False, server_default=""),
    sa.Column("last_modified", sa.Text, nullable=False, server_default=""),
    sa.Column("finished", Moment),  # end of the last crawl, good or bad
    sa.Column(
        "failures", sa.Integer, nullable=False, server_default="0"
    ),  # crawls in a row whose list could not be read
    sa.Column("report", sa.JSON),  # counts of the last crawl
    sa.Column("lease_owner", sa.Text, nullable=False, server_default=""),
    sa.Column("lease_until", Moment),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", CaseId, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # new, verified, referred, answered, resolved, rejected
    sa.Column("opened", Moment, nullable=False),
    # What people decided; `revision` grows with each decision, so that the second of two people sees a conflict.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("assignee", sa.Text, nullable=False, server_default=""),  # name of a user
    sa.Column("referred_to", sa.Text, nullable=False, server_default=""),
    sa.Column("due", Moment),  # when somebody must have answered; none once it was answered, resolved or rejected
    sa.Column("due_by", sa.Text, nullable=False, server_default=""),  # who set it; "" where the urgency did
    sa.Column("overdue", Moment),  # the due time that was found to have passed, and told
    sa.Column("merged_into", CaseId),  # the Case that took over its Documents
    sa.Column("proposal", sa.JSON(none_as_null=True)),  # {"state", "document", "reason"}: what the machine proposes
    # What its Documents say together, kept here so that Cases can be listed (`database.cases.refresh`).
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("summary", sa.Text, nullable=False, server_default=""),
    sa.Column("facility", sa.Text, nullable=False, server_default=""),
    sa.Column("urgency", sa.String(16), nullable=False, server_default=""),
    sa.Column("urgency_rank", sa.Integer, nullable=False, server_default="3"),  # 0 critical, 1 high, 2 normal, 3 none
    sa.Column("documents", sa.Integer, nullable=False, server_default="0"),  # 0: nothing tells it any more
    sa.Column("outlets", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_seen", Moment),
    sa.Column("last_seen", Moment),
    sa.Index(  # holds all that the list filters, orders and counts by, so that it need not look at the rows themselves
        "ix_cases_state_due",
        *("state", "due", "urgency", "assignee", "documents", "merged_into", "urgency_rank", "last_seen", "opened"),
        "id",
    ),
    sa.Index("ix_cases_last_seen", "last_seen"),
    sa.Index("ix_cases_opened", "opened"),
)

case_labels = sa.Table(
    "case_labels",
    metadata,
    sa.Column("case", CaseId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),  # governorate, need, facility_type, outlet
    sa.Column("value", sa.Text, primary_key=True),
    sa.Index("ix_case_labels_kind_value", "kind", "value", "case"),
)

case_events = sa.Table(
    "case_events",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("case", CaseId, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  # "rasid" where no person acted
    # The machine: opened, joined, left, proposed. People: state, assigned, due, note, merged, split, dismissed, undone.
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("document", DocumentId),
    sa.Column("reason", sa.Text, nullable=False),  # a note's text, or why
    sa.Column("detail", sa.JSON(none_as_null=True)),  # {"before": {…}, "after": {…}} of a decision: what undoing needs
    sa.Column("undone", Moment),  # when it was taken back
    sa.Index("ix_case_events_case", "case"),
    sa.Index("ix_case_events_kind", "kind", "id"),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", DocumentId, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # of the Article that its Analysis is of
    sa.Column("revision", sa.Integer, nullable=False),  # grows with every change: the version of the indexed Document
    sa.Column("stance", sa.String(16), nullable=False),
    sa.Column("group", DocumentId, nullable=False),  # the syndication group: id of its first Document
    sa.Column("case", CaseId, sa.ForeignKey("cases.id")),
    sa.Column("signature", sa.LargeBinary),  # MinHash of the text; none for texts too short to compare
    sa.Column("facts", sa.JSON(none_as_null=True)),  # what `nlp.case_facts` compares of an appeal or complaint
    sa.Column("first_seen", Moment, nullable=False),
    sa.Index("ix_documents_group", "group"),
    sa.Index("ix_documents_case", "case"),
)

analyses = sa.Table(
    "analyses",
    metadata,
    sa.Column("document", DocumentId, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("analyser", sa.Text, nullable=False),  # name and version of what made it
    sa.Column("at", Moment, nullable=False),
    sa.Column("analysis", sa.JSON, nullable=False),
)

bands = sa.Table(
    "bands",
    metadata,
    sa.Column("band", sa.Text, primary_key=True),  # locality-sensitive hash key of a signature
    sa.Column("document", DocumentId, primary_key=True),
    sa.Index("ix_bands_document", "document"),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("document", DocumentId, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, even after the last rows were deleted
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("position", Number, nullable=False),  # number of the last change that is done
)

refusals = sa.Table(
    "refusals",
    metadata,
    sa.Column("document", DocumentId, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # what the index said
    sa.Column("at", Moment, nullable=False),
)

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("document", DocumentId, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the text that was read when it was made
    sa.Column("field", sa.String(16), nullable=False),  # stance, urgency, governorate, need, facility
    sa.Column("value", sa.JSON, nullable=False),  # what is right, see service.correcting
    sa.Column("before", sa.JSON, nullable=False),  # what the model had said
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("withdrawn", Moment),  # when it was taken back, or another took its place
    sa.Column("withdrawn_by", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_corrections_document", "document"),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),  # by which one logs in and is shown, folded to lower case
    sa.Column("role", sa.String(16), nullable=False),  # reader, editor, administrator
    sa.Column("password", sa.Text, nullable=False),  # argon2id, with its parameters
    sa.Column("created", Moment, nullable=False),
    sa.Column("disabled", Moment),
    sa.Column("preferences", sa.JSON, nullable=False),  # {"language", "theme", "digits"}
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # SHA-256 of the cookie's secret
    sa.Column("user", Number, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),  # the browser, as it calls itself
    sa.Index("ix_sessions_user", "user"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("user", Number, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret", sa.String(64), nullable=False, unique=True),  # SHA-256 of it
    sa.Column("created", Moment, nullable=False),
    sa.Column("used", Moment),
    sa.Column("expires", Moment),
    sa.Column("revoked", Moment),
)

login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # a user's name or an address, as "name:…" or "address:…"
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("last", Moment, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # what it was done to, as "case:…", "document:…", "user:…"
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index("ix_audit_subject", "subject"),
)

saved_searches = sa.Table(
    "saved_searches",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("owner", Number, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),  # of the list's URL, without item and page
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),  # whether all users see it
    sa.Column("created", Moment, nullable=False),
    sa.UniqueConstraint("owner", "name"),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("secret", sa.Text, nullable=False),  # what links that go out are signed with
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("owner", Number, sa.ForeignKey("users.id")),  # none: the setting alert_to
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),  # of the list's URL
    sa.Column("tells", sa.JSON, nullable=False),  # of new, urgency, place, outlets, overdue
    sa.Column("cadence", sa.String(16), nullable=False),  # at_once, hourly, daily, weekly
    sa.Column("at", sa.String(5), nullable=False, server_default="08:00"),  # in Baghdad, for daily and weekly
    sa.Column("weekday", sa.Integer, nullable=False, server_default="6"),  # 0 Monday … 6 Sunday, for weekly
    sa.Column("quiet_from", sa.String(5), nullable=False, server_default=""),  # in Baghdad; "" for no quiet hours
    sa.Column("quiet_to", sa.String(5), nullable=False, server_default=""),
    sa.Column("quiet_but_critical", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("since", Moment, nullable=False),  # texts that came before are not told
    sa.Column("paused", Moment),
    sa.Column("told", Moment),  # when its last message was written
    sa.Column("fault", sa.Text, nullable=False, server_default=""),  # why it cannot be matched, for people
    sa.Index("ix_subscriptions_owner", "owner"),
    sqlite_autoincrement=True,
)

recipients = sa.Table(
    "recipients",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("subscription", Number, sa.ForeignKey("subscriptions.id"), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),  # mail, webhook, apprise
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("user", Number, sa.ForeignKey("users.id")),  # whose role says whether private data is masked; none: it is
    sa.Column("secret", sa.Text, nullable=False, server_default=""),  # a webhook's, which signs what it gets
    sa.Column("left", Moment),  # when it unsubscribed
    sa.UniqueConstraint("subscription", "channel", "address"),
    sqlite_autoincrement=True,
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("subscription", Number, sa.ForeignKey("subscriptions.id"), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),  # id of the Case, or of a Document that has none
    sa.Column("fact", sa.Text, nullable=False),  # new, urgency:critical, place:الشامية, outlets:5, overdue:2026-11-26T…
    sa.Column("document", DocumentId, nullable=False),  # that brought it
    sa.Column("urgency", sa.String(16), nullable=False),
    sa.Column("known", sa.JSON, nullable=False),  # what was known of the Case then, to tell what is new later
    sa.Column("created", Moment, nullable=False),
    sa.Column("written", Moment),  # when it went into a message
    sa.UniqueConstraint("subscription", "subject", "fact"),
    sa.Index("ix_alerts_written_subscription", "written", "subscription"),
    sqlite_autoincrement=True,
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("recipient", sa.Text, primary_key=True),  # an address, by whichever subscription
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("fact", sa.Text, primary_key=True),
    sa.Column("message", Number, sa.ForeignKey("outbox.id"), nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),  # the whole mail, as it is sent
    sa.Column("state", sa.String(16), nullable=False),  # pending, sending, sent, dead
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due", Moment, nullable=False),  # not before; while sending: when the claim ends
    sa.Column("created", Moment, nullable=False),
    sa.Column("sent", Moment),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),  # the server's last answer
    sa.Column("channel", sa.String(16), nullable=False, server_default="mail"),  # mail, webhook, apprise
    sa.Column("subscription", Number),  # whose it is; none where it was written by an older Rasid
    sa.Column("target", Number),  # the row of `recipients`, for what a webhook is signed with
    sa.Index("ix_outbox_state_due", "state", "due"),
    sa.Index("ix_outbox_sent", "sent"),
)
