"""Places of new songs: where a song that a release does not know lies in its song space."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Scheme, Sha256, now


class Placement(Base):
    """The place of one song in the space of one release, found from what is known of the song.

    `vector` is little-endian float32, of length 1; `trust` is how near to its true place it may be expected,
    as a cosine; `how` names the evidence; `facts_sha256` is a hash of it, so that a song is placed anew only
    when something new is known. Ids grow and are never used again: the largest one tells whether there is
    news.
    """

    __tablename__ = "placements"
    __table_args__ = (
        UniqueConstraint("release", "song_id"),
        Index(None, "release", "id"),
        CheckConstraint("trust >= 0 AND trust <= 1", name="trust_is_share"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id", ondelete="CASCADE"), index=True)
    release: Mapped[str] = mapped_column(Scheme)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    trust: Mapped[float]
    how: Mapped[str] = mapped_column(Scheme)
    facts_sha256: Mapped[str] = mapped_column(Sha256)
    created_at: Mapped[datetime] = mapped_column(default=now)
