"""What was read whole, so that it need not be read again while it is as it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Sha256, now


class ReadSource(Base):
    """A file, or a folder of tables, of which everything is stored.

    `place_sha256` tells where it lies, `mark_sha256` what it was like and as what it was read
    (pipelines/sources/read_before.py).
    """

    __tablename__ = "read_sources"

    place_sha256: Mapped[str] = mapped_column(Sha256, primary_key=True)
    mark_sha256: Mapped[str] = mapped_column(Sha256)
    read_at: Mapped[datetime] = mapped_column(default=now)
