"""Indexes for what is asked while somebody waits: users by value or name, places by release, words of titles.

Words within titles and names are found by PostgreSQL's trigrams; its extension `pg_trgm` comes with most
servers, and who owns a database may add it. Where neither is so, such searches read all songs, as on SQLite.
"""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op

logger = logging.getLogger(__name__)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes; rows stay as they are."""
    op.create_index(op.f("ix_users_value"), "users", ["value"])
    # Names may be of any length, and a tree refuses long ones.
    op.create_index(op.f("ix_users_name"), "users", ["name"], postgresql_using="hash")
    op.create_index(op.f("ix_placements_release_id"), "placements", ["release", "id"])
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    try:
        with connection.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except (sa.exc.DBAPIError, RuntimeError) as error:
        reason = next(iter(str(error).splitlines()), "")
        logger.warning("without pg_trgm searches read all songs: %s", reason)
        return
    for table, column in (("songs", "search_text"), ("artists", "name_key")):
        op.create_index(
            f"ix_{table}_{column}_trigrams",
            table,
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )
