"""Who may do what, what administrators did, and who asked to be forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Scheme, Sha256, now


class ApiKey(Base):
    """A key to the service; only its hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("scope IN ('user', 'admin')", name="scope_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(Sha256, unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class PlayerPassword(Base):
    """That a key has a password for players, and what it is made from (pipelines/player_passwords.py).

    The salt alone tells nothing: the other half lies in the home folder.
    """

    __tablename__ = "player_passwords"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[str] = mapped_column(Sha256)
    created_at: Mapped[datetime] = mapped_column(default=now)


class AuditEvent(Base):
    """Something that was done with a key; it stays when the key goes."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"), index=True)
    action: Mapped[str] = mapped_column(Scheme)
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Erasure(Base):
    """A user who was deleted, as a keyed hash of the external id: enough to keep them from coming back."""

    __tablename__ = "erasures"

    user_hash: Mapped[str] = mapped_column(Sha256, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
