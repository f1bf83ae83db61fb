"""On PostgreSQL `listens` becomes a table of months; what is there moves into it."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WORTH_IT = 1_000  # Listens from which a month gets a part of its own; others lie in `listens_other`.
_COLUMNS = "user_id, song_id, listened_at_s, completion"


def upgrade() -> None:
    """Make the table anew, with parts, and fill it before it gets its keys, which is quicker."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.rename_table("listens", "listens_before")
    op.create_table(
        "listens",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("song_id", sa.Integer(), nullable=False),
        sa.Column("listened_at_s", sa.BigInteger(), nullable=False),
        sa.Column("completion", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "completion >= 0 AND completion <= 1", name=op.f("ck_listens_completion_is_share")
        ),
        sa.CheckConstraint("listened_at_s >= 0", name=op.f("ck_listens_time_not_negative")),
        postgresql_partition_by="RANGE (listened_at_s)",
    )
    op.execute("CREATE TABLE listens_other PARTITION OF listens DEFAULT")
    for year, month in _months():
        first, last = _first_second(year, month), _first_second(year + month // 12, month % 12 + 1)
        op.execute(
            f"CREATE TABLE listens_{year:04}_{month:02} PARTITION OF listens "
            f"FOR VALUES FROM ({first}) TO ({last})"
        )
    op.execute(f"INSERT INTO listens ({_COLUMNS}) SELECT {_COLUMNS} FROM listens_before")
    op.drop_table("listens_before")
    op.create_primary_key(op.f("pk_listens"), "listens", ["user_id", "song_id", "listened_at_s"])
    op.create_index(op.f("ix_listens_song_id"), "listens", ["song_id"])
    op.create_index(op.f("ix_listens_user_id_listened_at_s"), "listens", ["user_id", "listened_at_s"])
    op.create_foreign_key(op.f("fk_listens_song_id_songs"), "listens", "songs", ["song_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_listens_user_id_users"), "listens", "users", ["user_id"], ["id"], ondelete="CASCADE"
    )


def _months() -> list[tuple[int, int]]:
    """The months that are worth a part, up to the present one."""
    statement = sa.text(
        "SELECT date_part('year', at), date_part('month', at) FROM "
        "(SELECT to_timestamp(listened_at_s) AT TIME ZONE 'UTC' AS at FROM listens_before "
        "WHERE listened_at_s < date_part('epoch', now())) AS told "
        "GROUP BY 1, 2 HAVING count(*) >= :enough ORDER BY 1, 2"
    )
    rows = op.get_bind().execute(statement, {"enough": _WORTH_IT})
    return [(int(year), int(month)) for year, month in rows]


def _first_second(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())
