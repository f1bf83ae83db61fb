"""Scores on the axes of a release: of a song, an artist, a user; and how well the axes are measured.

A release without axes (no song bears a tag, or no tag could be learned) answers with no scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from db.errors import NotFoundError
from db.repositories import users as users_repository
from db.session import SessionFactory
from db.text import fold
from pipelines.answers import AxisScore
from pipelines.columns import ARTIST
from pipelines.profiles import user_taste
from pipelines.release import Release
from pipelines.serving import name_rows, namespace_of, rows_of
from pipelines.shelf import Shelves, release_for
from recsys.axes import Axes, AxisMeasure, user_scores
from recsys.taste import TasteProfile

_NEAR = 3


@dataclass(frozen=True)
class MeasuredAxis(AxisMeasure):
    """An axis by name, with how well it does on held-back artists."""

    name: str = ""


@dataclass(frozen=True)
class AxesAnswer:
    """The axes of a release, and the tags that are none, each with the reason."""

    axes: tuple[MeasuredAxis, ...]
    left_out: tuple[tuple[str, str], ...]
    release: str


@dataclass(frozen=True)
class ScoresAnswer:
    """The scores of a song, an artist or a user, highest first.

    `name` is what was asked for, as people call it; `songs` is how many songs the scores are the mean of.
    """

    kind: str
    name: str
    songs: int
    axes: tuple[AxisScore, ...]
    release: str


class UnknownArtistError(NotFoundError):
    """No artist of the release goes by this name; the message names some that come near."""

    def __init__(self, name: str, near: list[str]) -> None:
        super().__init__("artist", name)
        if near:
            self.args = (f"unknown artist: {name}; near are {', '.join(near)}",)


def axes_of(release: Release) -> Axes | None:
    """The axes of a release; None where it has none, as releases made before there were axes."""
    axes = release.axes
    return axes if isinstance(axes, Axes) and len(axes) else None


def list_axes(release: Release) -> AxesAnswer:
    """The axes of a release in order of how many songs bear their tag, and the tags that are none."""
    axes = release.axes
    if not isinstance(axes, Axes):
        return AxesAnswer((), (), release.name)
    measured = tuple(
        MeasuredAxis(m.songs, m.others, round(m.auc, 4), round(m.brier, 4), round(m.base_brier, 4),
                     round(m.ece, 4), name)
        for name, m in zip(axes.names, axes.measures, strict=True)
    )  # fmt: skip
    return AxesAnswer(measured, axes.left_out, release.name)


def song_axes(shelves: Shelves, session_factory: SessionFactory, song: str) -> ScoresAnswer:
    """The scores of a song.

    Raises
    ------
    NotFoundError, ValueError
        As `pipelines.serving.rows_of`.
    """
    with session_factory() as session:
        release = release_for(session, shelves, [song])
        rows = rows_of(release, session, [song])
        (named,) = name_rows(release, session, rows, np.ones(1), namespace_of(song))
    name = f"{named.title} - {named.artist}" if named.artist else named.title
    return _answer(release, "song", name, rows, np.ones(1))


def artist_axes(release: Release, name: str) -> ScoresAnswer:
    """The mean scores of an artist's songs that have a place in the release.

    Raises
    ------
    NotFoundError
        No song of the release is by an artist of this name.
    """
    artists = release.parts.songs[ARTIST].astype(str)
    wanted = fold(name)
    known = {one: fold(one) for one in artists.unique().tolist() if one}
    spelled = [one for one, key in known.items() if key == wanted]
    if not wanted or not spelled:
        near = get_close_matches(wanted, list(dict.fromkeys(known.values())), _NEAR) if wanted else []
        raise UnknownArtistError(name, [one for one, key in known.items() if key in near][:_NEAR])
    rows = np.flatnonzero(artists.isin(spelled).to_numpy())
    return _answer(release, "artist", spelled[0], rows, np.ones(len(rows)))


def user_axes(release: Release, session_factory: SessionFactory, user: str) -> ScoresAnswer:
    """The scores of a user: the mean of their songs' scores, weighted as in their taste profile.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        taste, _ = user_taste(session, release, users_repository.find_user(session, user))
    return _answer(release, "user", user, taste.rows, taste.weights)


def taste_axes(release: Release, taste: TasteProfile) -> tuple[AxisScore, ...]:
    """The axis scores of a taste profile, highest first; empty without axes or songs."""
    return _scores(release, taste.rows, taste.weights)[0]


def _answer(release: Release, kind: str, name: str, rows: np.ndarray, weights: np.ndarray) -> ScoresAnswer:
    scores, n_songs = _scores(release, rows, weights)
    return ScoresAnswer(kind, name, n_songs, scores, release.name)


def _scores(release: Release, rows: np.ndarray, weights: np.ndarray) -> tuple[tuple[AxisScore, ...], int]:
    """Weighted mean scores of songs, highest first, and how many of them have a place."""
    axes = axes_of(release)
    vectors = release.vectors[rows]
    placed = vectors.any(axis=1)
    if axes is None or not placed.any():
        return (), int(placed.sum())
    songs = axes.scores(vectors[placed])
    mean = user_scores(songs, np.arange(len(songs)), weights[placed])
    order = np.argsort(-mean, kind="stable")
    return tuple(AxisScore(axes.names[a], round(float(mean[a]), 4)) for a in order), len(songs)
