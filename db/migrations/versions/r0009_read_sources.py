"""What was read whole, so that it is not read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: everything is read once more."""
    op.create_table(
        "read_sources",
        sa.Column("place_sha256", sa.String(length=64), nullable=False),
        sa.Column("mark_sha256", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place_sha256", name=op.f("pk_read_sources")),
    )
