"""Songs one by one, and their axes."""

from __future__ import annotations

from pydantic import Field

from service.http.schemas.base import Answer, FromRelease, Song


class SongPage(Answer):
    """A page of songs; `next` is the cursor of the next one, None at the end."""

    songs: list[Song]
    next: str | None = None


class SongDetail(Answer):
    """What is known of a song."""

    song: str
    title: str
    artist: str
    album: str = ""
    duration_ms: int | None = None
    is_generated: bool = False
    ids: list[str] = Field(default_factory=list, description="All external ids.")
    tags: dict[str, float] = Field(default_factory=dict, description="Weights 0..1 by tag.")
    has_sound: bool = Field(default=False, description="Whether `audio` has something to play.")


class Axis(Answer):
    """How far something is what an axis names, 0..1."""

    axis: str
    score: float


class Axes(FromRelease):
    """Axis scores, highest first."""

    name: str
    songs: int
    axes: list[Axis]


class MeasuredAxis(Answer):
    """An axis, and how well it does on held-back artists."""

    name: str
    songs: int
    others: int
    auc: float
    brier: float
    base_brier: float
    ece: float


class AxesList(FromRelease):
    """The axes of a release, and the tags that are none, each with the reason."""

    axes: list[MeasuredAxis]
    left_out: list[tuple[str, str]] = Field(default_factory=list)
