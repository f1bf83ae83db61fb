"""When audio files were written, and since when one is missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; of files that are known already neither is."""
    op.add_column("audio_files", sa.Column("mtime_ns", sa.BigInteger(), nullable=True))
    op.add_column("audio_files", sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True))
