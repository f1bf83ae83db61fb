"""What the machines make: releases, generations, lyrics, and people's rankings of takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Key, Scheme, now

RELEASE_STATES = ("building", "ready", "published", "retired", "refused", "failed")
GENERATION_STATES = ("queued", "running", "done", "failed", "cancelled")
NIGHT_CAUSES = ("schedule", "asked")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Release(Base):
    """A release folder and what was measured of it. The pointer says which one is in force, not this."""

    __tablename__ = "releases"
    __table_args__ = (CheckConstraint(_one_of("state", RELEASE_STATES), name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Scheme, unique=True)
    state: Mapped[str] = mapped_column(String(16))
    metrics: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Generation(Base):
    """One request to make audio or lyrics, with its parameters, state and results.

    What the service was asked for has a `token`, its name outside; `attempts` is how often a worker began it,
    and `reason` why it failed. Tracks that were put into the catalogue have no token.
    """

    __tablename__ = "generations"
    __table_args__ = (
        CheckConstraint("kind IN ('audio', 'lyrics')", name="kind_known"),
        CheckConstraint(_one_of("state", GENERATION_STATES), name="state_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    prompt: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    token: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    started_at: Mapped[datetime | None]


class Night(Base):
    """A run of the nightly job: asked for, or `due` at a moment of the schedule, each of which comes once."""

    __tablename__ = "nights"
    __table_args__ = (
        CheckConstraint(_one_of("state", GENERATION_STATES), name="state_known"),
        CheckConstraint(_one_of("cause", NIGHT_CAUSES), name="cause_known"),
        UniqueConstraint("due"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    cause: Mapped[str] = mapped_column(String(16))
    due: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    result: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Lyric(Base):
    """The words of a song, as one source has them: a book (`number` is the place in it, from 0), which knows
    of no recording, or a lyric model, which wrote them for a song.

    A source is a whole: what is split into training and test is split by source. `weight` is how much of it
    training should see, since some sources are large and all of one kind.
    """

    __tablename__ = "lyrics"
    __table_args__ = (
        UniqueConstraint("song_id", "source"),
        UniqueConstraint("source", "number"),
        CheckConstraint("weight >= 0 AND weight <= 1", name="weight_is_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    song_id: Mapped[int | None] = mapped_column(ForeignKey("songs.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(Key, index=True)
    number: Mapped[int | None]
    title: Mapped[str] = mapped_column(default="", server_default="")
    author: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str]
    weight: Mapped[float] = mapped_column(default=1.0, server_default="1")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Preference(Base):
    """A ranking of several takes for one prompt: `ranking` holds indices into `takes`, best first."""

    __tablename__ = "preferences"
    __table_args__ = (
        CheckConstraint("kind IN ('audio', 'lyrics')", name="kind_known"),
        CheckConstraint("judge IN ('person', 'rubric')", name="judge_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    prompt: Mapped[str]
    takes: Mapped[list[Any]]
    ranking: Mapped[list[Any]]
    judge: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
