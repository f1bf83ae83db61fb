"""Users, and everything that is known about one; all of it goes when the user goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key, Scheme, now


class User(Base):
    """Somebody who listens, under the external id `scheme:value`. Ids are never used again."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("scheme", "value"),
        Index(None, "name", postgresql_using="hash"),  # Of any length, which no tree takes.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Scheme)
    value: Mapped[str] = mapped_column(Key, index=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Listen(Base):
    """One play of one song by one user at one time (Unix seconds).

    On PostgreSQL each month has a table of its own (`db.repositories.listen_months`).
    """

    __tablename__ = "listens"
    __table_args__ = (
        CheckConstraint("completion >= 0 AND completion <= 1", name="completion_is_share"),
        CheckConstraint("listened_at_s >= 0", name="time_not_negative"),
        Index(None, "user_id", "listened_at_s"),
        {"sqlite_with_rowid": False, "postgresql_partition_by": "RANGE (listened_at_s)"},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id"), primary_key=True, index=True)
    listened_at_s: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    completion: Mapped[float | None]


class Feedback(Base):
    """What a user said of a song. A like and a dislike exclude each other; the newer one stays."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("kind IN ('like', 'dislike', 'block')", name="kind_known"),
        Index(
            "uq_feedback_opinion",
            "user_id",
            "song_id",
            unique=True,
            sqlite_where=text("kind <> 'block'"),
            postgresql_where=text("kind <> 'block'"),
        ),
        {"sqlite_with_rowid": False},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    given_at_s: Mapped[int] = mapped_column(BigInteger)


class TasteProfile(Base):
    """Where a user stands in the song space of one release, and what the user decided about it.

    Vectors are little-endian float32: `overall`, `recent` and `listen_sum` of shape (dim,), `interests` of
    (n, dim), `interest_weights` of (n,). `listen_sum` over `listen_weight` is the mean of all songs ever
    listened to, kept as a sum so that a listen can be added without reading the others. `interest_song_ids`
    are the medoids. `settings` (pins, mutes) are the user's own and outlive releases.
    """

    __tablename__ = "taste_profiles"
    __table_args__ = (CheckConstraint("listen_weight >= 0", name="weight_not_negative"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    release: Mapped[str] = mapped_column(Scheme)
    overall: Mapped[bytes | None] = mapped_column(LargeBinary)
    recent: Mapped[bytes | None] = mapped_column(LargeBinary)
    interests: Mapped[bytes | None] = mapped_column(LargeBinary)
    interest_weights: Mapped[bytes | None] = mapped_column(LargeBinary)
    interest_song_ids: Mapped[list[Any]]
    listen_sum: Mapped[bytes | None] = mapped_column(LargeBinary)
    listen_weight: Mapped[float] = mapped_column(default=0.0)
    settings: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=now)
