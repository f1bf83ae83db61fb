"""Lyrics of books: words without a recording, with title, author, place in their source and weight."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let lyrics stand without a song, and say what they are; those that are there already stay."""
    with op.batch_alter_table("lyrics") as table:
        table.alter_column("song_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("title", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("author", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("weight", sa.Double(), server_default="1", nullable=False))
        table.create_unique_constraint(op.f("uq_lyrics_source_number"), ["source", "number"])
        table.create_check_constraint(op.f("ck_lyrics_weight_is_share"), "weight >= 0 AND weight <= 1")
