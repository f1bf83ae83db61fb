"""The catalogue: artists, albums, songs, the external ids of songs, and tags.

A song has at most one id of a scheme, and an id belongs to one song. The artist with the name "" stands for
"not known", so that every song has an artist. `title_key`, `name_key` and `search_text` are folded by
`db.text`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key, Scheme, now, trigrams


class Artist(Base):
    """Who performs a song; one row a folded name."""

    __tablename__ = "artists"
    __table_args__ = (trigrams("artists", "name_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Key, unique=True)


class Album(Base):
    """An album as its songs name it, one for each artist."""

    __tablename__ = "albums"
    __table_args__ = (UniqueConstraint("artist_id", "title_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(Key)


class Song(Base):
    """A recording as one source names it.

    Songs that share a `recording_key` other than "" are versions of one recording; songs that share a
    `name_key` other than "" are spelled alike. Ids are never used again, since releases refer to them.
    """

    __tablename__ = "songs"
    __table_args__ = (
        CheckConstraint("duration_ms > 0", name="duration_positive"),
        trigrams("songs", "search_text"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"), index=True)
    album_id: Mapped[int | None] = mapped_column(ForeignKey("albums.id"), index=True)
    duration_ms: Mapped[int | None]
    recording_key: Mapped[str] = mapped_column(Key, index=True)
    name_key: Mapped[str] = mapped_column(Key, index=True)
    search_text: Mapped[str]
    attributes: Mapped[dict[str, Any]]
    is_generated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class SongAlias(Base):
    """An external id of a song: `scheme:value`."""

    __tablename__ = "song_aliases"
    __table_args__ = (
        UniqueConstraint("scheme", "song_id"),
        CheckConstraint("scheme <> 'songspace' AND scheme <> 'name'", name="scheme_is_external"),
        Index(None, "song_id"),
        {"sqlite_with_rowid": False},
    )

    scheme: Mapped[str] = mapped_column(Scheme, primary_key=True)
    value: Mapped[str] = mapped_column(Key, primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id", ondelete="CASCADE"))


class Tag(Base):
    """A word for how songs are: "rock", "calm"."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Key, unique=True)


class SongTag(Base):
    """How much a tag fits a song, 0 to 1, in the opinion of one source."""

    __tablename__ = "song_tags"
    __table_args__ = (
        CheckConstraint("weight >= 0 AND weight <= 1", name="weight_is_share"),
        {"sqlite_with_rowid": False},
    )

    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(
        ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    source: Mapped[str] = mapped_column(Scheme, primary_key=True)
    weight: Mapped[float] = mapped_column(default=1.0)
