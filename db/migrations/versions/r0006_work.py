"""Generations as work that is waited for, and runs of the nightly job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATES = "state IN ('queued', 'running', 'done', 'failed', 'cancelled')"


def upgrade() -> None:
    """Add what a queue needs to know of a generation, and the table of nights."""
    op.add_column("generations", sa.Column("token", sa.String(length=32), nullable=True))
    op.add_column("generations", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("generations", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("generations", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_generations_token"), "generations", ["token"], unique=True)
    op.create_table(
        "nights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_STATES, name=op.f("ck_nights_state_known")),
        sa.CheckConstraint("cause IN ('schedule', 'asked')", name=op.f("ck_nights_cause_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nights")),
        sa.UniqueConstraint("due", name=op.f("uq_nights_due")),
    )
    op.create_index(op.f("ix_nights_state"), "nights", ["state"], unique=False)
