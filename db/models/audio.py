"""Audio files of songs, and what was measured in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key, Scheme, Sha256, now


class AudioFile(Base):
    """A file that holds a song; found again by its hash when it was renamed.

    `path` is absolute. `mtime_ns` is when it was last written, None where that is not known: then it is read
    again. `missing_since` is when it was first not found; what was measured in it stays.
    """

    __tablename__ = "audio_files"
    __table_args__ = (
        CheckConstraint("size_bytes >= 0", name="size_not_negative"),
        CheckConstraint("duration_s >= 0", name="duration_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    song_id: Mapped[int] = mapped_column(ForeignKey("songs.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(Key, unique=True)
    sha256: Mapped[str] = mapped_column(Sha256, index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    duration_s: Mapped[float | None]
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    missing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class AudioFeatures(Base):
    """What one version of the analysis measured in a file.

    `embedding` is little-endian float32, the place in the style space. A file that could not be analysed has
    the reason as the measure "problem", and no embedding.
    """

    __tablename__ = "audio_features"

    audio_file_id: Mapped[int] = mapped_column(
        ForeignKey("audio_files.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[str] = mapped_column(Scheme, primary_key=True)
    measures: Mapped[dict[str, Any]]
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
