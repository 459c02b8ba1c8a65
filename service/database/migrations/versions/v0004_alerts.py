"""Alerts: subscriptions, their recipients, what is owed to each, and who was told of what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; who was told of a Case stays told of it."""
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("email", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("overdue", MOMENT))
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("channel", sa.String(16), server_default="mail", nullable=False))
        table.add_column(sa.Column("subscription", NUMBER))
        table.add_column(sa.Column("target", NUMBER))
    op.create_index("ix_outbox_sent", "outbox", ["sent"])
    op.create_index("ix_articles_outlet_source", "articles", ["outlet", "source", "version", "fetched"])
    op.create_table(
        "keys",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
    )
    op.create_table(
        "told",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("message", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("recipient", "subject", "fact", name="pk_told"),
        sa.ForeignKeyConstraint(["message"], ["outbox.id"], name="fk_told_message"),
    )
    op.execute(
        "INSERT INTO told (recipient, subject, fact, message) SELECT recipient, \"case\", 'new', message FROM alerts"
    )
    op.drop_table("alerts")
    _make_subscriptions()
    _make_alerts()


def _make_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("owner", NUMBER),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("tells", sa.JSON(), nullable=False),
        sa.Column("cadence", sa.String(16), nullable=False),
        sa.Column("at", sa.String(5), server_default="08:00", nullable=False),
        sa.Column("weekday", sa.Integer(), server_default="6", nullable=False),
        sa.Column("quiet_from", sa.String(5), server_default="", nullable=False),
        sa.Column("quiet_to", sa.String(5), server_default="", nullable=False),
        sa.Column("quiet_but_critical", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("paused", MOMENT),
        sa.Column("told", MOMENT),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_subscriptions_owner"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriptions_owner", "subscriptions", ["owner"])
    op.create_table(
        "recipients",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscription", NUMBER, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user", NUMBER),
        sa.Column("secret", sa.Text(), server_default="", nullable=False),
        sa.Column("left", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_recipients"),
        sa.UniqueConstraint("subscription", "channel", "address", name="uq_recipients_subscription_channel_address"),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name="fk_recipients_subscription"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_recipients_user"),
        sqlite_autoincrement=True,
    )


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscription", NUMBER, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("written", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("subscription", "subject", "fact", name="uq_alerts_subscription_subject_fact"),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name="fk_alerts_subscription"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_written_subscription", "alerts", ["written", "subscription"])


def downgrade() -> None:
    """Take them out; who was told of what is forgotten but for the Cases."""
    for table in ("alerts", "recipients", "subscriptions", "keys"):
        op.drop_table(table)
    op.create_table(
        "alerts",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("case", sa.String(20), nullable=False),
        sa.Column("message", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("recipient", "case", name="pk_alerts"),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name="fk_alerts_case"),
        sa.ForeignKeyConstraint(["message"], ["outbox.id"], name="fk_alerts_message"),
    )
    op.execute(
        'INSERT INTO alerts (recipient, "case", message) SELECT recipient, subject, message FROM told '
        "WHERE fact = 'new' AND subject IN (SELECT id FROM cases)"
    )
    op.drop_table("told")
    op.drop_index("ix_outbox_sent", "outbox")
    op.drop_index("ix_articles_outlet_source", "articles")
    for name, column in (
        *(("outbox", "channel"), ("outbox", "subscription"), ("outbox", "target")),
        *(("cases", "overdue"), ("users", "email")),
    ):
        with op.batch_alter_table(name) as batch:
            batch.drop_column(column)
