"""What is compared of an appeal to find it retold in other words, beside the Document's state."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; Documents that are there get theirs when they are analysed again."""
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("facts", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take the column out."""
    with op.batch_alter_table("documents") as table:
        table.drop_column("facts")
