"""Playlists and their entries. A playlist may hold a song twice, but only one song at a position."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key, Scheme, Sha256, now


class Playlist(Base):
    """A list of songs that somebody put together.

    `source_key` names the playlist of which this one is a snapshot ("" when there is none). `group_key` is
    common to playlists that must not be split between training and test; it is null while it has to be
    worked out again. `content_sha256` tells whether a playlist that comes in again has changed.
    """

    __tablename__ = "playlists"
    __table_args__ = (UniqueConstraint("scheme", "value"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Scheme)
    value: Mapped[str] = mapped_column(Key)
    name: Mapped[str]
    source_key: Mapped[str] = mapped_column(Key, default="")
    group_key: Mapped[str | None] = mapped_column(Key, index=True)
    content_sha256: Mapped[str] = mapped_column(Sha256)
    attributes: Mapped[dict[str, Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PlaylistEntry(Base):
    """The song at one position, counted from 0."""

    __tablename__ = "playlist_entries"
    __table_args__ = (
        CheckConstraint("position >= 0", name="position_not_negative"),
        {"sqlite_with_rowid": False},
    )

    playlist_id: Mapped[int] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id"), index=True)
