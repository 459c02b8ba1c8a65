"""The desk: users and sessions, decisions on cases, corrections, saved searches, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("case_labels", "corrections", "sessions", "api_tokens", "login_failures", "audit", "saved_searches", "users")
COUNTED = [
    *("state", "due", "urgency", "assignee", "documents", "merged_into", "urgency_rank", "last_seen", "opened"),
    "id",
]


def upgrade() -> None:
    """Make the tables; Cases that are there are summed up by `rasid migrate` (`database.cases.refresh_all`)."""
    _extend_cases()
    _make_people()
    _make_decisions()


def _extend_cases() -> None:
    def text(name: str) -> sa.Column[str]:
        return sa.Column(name, sa.Text(), server_default="", nullable=False)

    def number(name: str, default: str) -> sa.Column[int]:
        return sa.Column(name, sa.Integer(), server_default=default, nullable=False)

    with op.batch_alter_table("cases") as table:
        for column in (
            number("revision", "1"),
            text("assignee"),
            text("referred_to"),
            sa.Column("due", MOMENT),
            text("due_by"),
            sa.Column("merged_into", sa.String(20)),
            sa.Column("proposal", sa.JSON()),
            text("title"),
            text("summary"),
            text("facility"),
            sa.Column("urgency", sa.String(16), server_default="", nullable=False),
            number("urgency_rank", "3"),
            number("documents", "0"),
            number("outlets", "0"),
            sa.Column("first_seen", MOMENT),
            sa.Column("last_seen", MOMENT),
        ):
            table.add_column(column)
    op.create_index("ix_cases_state_due", "cases", COUNTED)
    op.create_index("ix_cases_last_seen", "cases", ["last_seen"])
    op.create_index("ix_cases_opened", "cases", ["opened"])
    with op.batch_alter_table("case_events") as table:
        table.add_column(sa.Column("detail", sa.JSON()))
        table.add_column(sa.Column("undone", MOMENT))
    op.create_index("ix_case_events_kind", "case_events", ["kind", "id"])


def _make_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("disabled", MOMENT),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sessions_user"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_table(
        "api_tokens",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("user", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.Column("expires", MOMENT),
        sa.Column("revoked", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("secret", name="uq_api_tokens_secret"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_api_tokens_user"),
    )
    op.create_table(
        "login_failures",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login_failures"),
    )


def _make_decisions() -> None:
    op.create_table(
        "case_labels",
        sa.Column("case", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case", "kind", "value", name="pk_case_labels"),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_case_labels_case"),
    )
    op.create_index("ix_case_labels_kind_value", "case_labels", ["kind", "value", "case"])
    op.create_table(
        "corrections",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(16), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("withdrawn", MOMENT),
        sa.Column("withdrawn_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_document", "corrections", ["document"])
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    op.create_table(
        "saved_searches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("owner", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        sa.UniqueConstraint("owner", "name", name="uq_saved_searches_owner_name"),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_saved_searches_owner"),
    )


def downgrade() -> None:
    """Take them out."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_case_events_kind", "case_events")
    with op.batch_alter_table("case_events") as batch:
        batch.drop_column("detail")
        batch.drop_column("undone")
    for index in ("ix_cases_state_due", "ix_cases_last_seen", "ix_cases_opened"):
        op.drop_index(index, "cases")
    with op.batch_alter_table("cases") as batch:
        for name in (
            *("revision", "assignee", "referred_to", "due", "due_by", "merged_into", "proposal", "title", "summary"),
            *("facility", "urgency", "urgency_rank", "documents", "outlets", "first_seen", "last_seen"),
        ):
            batch.drop_column(name)
