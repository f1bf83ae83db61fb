"""What every answer starts with: the release to ask, and names for its songs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME, external_song_id, own_id
from pipelines.answers import SongAnswer
from pipelines.release import Release
from pipelines.release_files import ReleaseError, current_name, release_names
from pipelines.unfolded_release import open_unfolded

logger = logging.getLogger(__name__)


class NoReleaseError(Exception):
    """Nothing was published yet, so this question has no answer."""


def open_release(home: Path) -> Release | None:
    """Load the published release; where it is damaged the newest whole one before it; None when there is
    none.

    Every step back is logged as a warning.
    """
    releases = home / "releases"
    published = current_name(releases)
    older = [name for name in reversed(release_names(releases)) if published is None or name < published]
    for name in [published, *older] if published else older:
        try:
            return open_unfolded(releases, name)
        except ReleaseError as error:
            logger.warning("%s; trying the one before", error)
    return None


def need_release(home: Path) -> Release:
    """`open_release`, for questions that have no answer without one.

    Raises
    ------
    NoReleaseError
    """
    release = open_release(home)
    if release is None and release_names(home / "releases"):
        raise NoReleaseError("every release is damaged: `songspace nightly` makes a new one")
    if release is None:
        raise NoReleaseError("nothing is published yet: run `songspace nightly` first")
    return release


def namespace_of(ref: str) -> str:
    """The scheme in which someone asked: "playlists" for `playlists:17`, our own for a bare number.

    An address asks in the scheme that it stands for: one of a Spotify track in "spotify".
    """
    named = external_song_id(ref)
    if own_id(ref) is not None or named is None or named[0].lower().startswith("http"):
        return OWN_SCHEME
    return named[0]


def rows_of(release: Release, session: Session, refs: Sequence[str | int]) -> np.ndarray:
    """Rows of songs that must exist and be known to the release.

    Raises
    ------
    NotFoundError
        A song that the database does not hold.
    ValueError
        A song that the release has no place for.
    """
    song_ids = np.array([songs_repository.find_song(session, ref) for ref in refs], dtype=np.int64)
    rows = release.rows(song_ids)
    for ref, row in zip(refs, rows, strict=True):
        if row < 0:
            raise ValueError(f"song {ref} stands in no list yet: it gets its place in the next nightly run")
        if not release.vectors[row].any():
            raise ValueError(f"song {ref} stands beside no song that is known well enough to place it")
    return rows


def name_rows(
    release: Release, session: Session, rows: np.ndarray, scores: np.ndarray, namespace: str
) -> tuple[SongAnswer, ...]:
    """Turn rows and scores into answers, named in a namespace."""
    songs = release.parts.songs
    song_ids = release.song_ids[rows]
    names = songs_repository.name_songs(session, [int(i) for i in song_ids], namespace)
    return tuple(
        SongAnswer(
            song=names.get(int(song_id), f"{OWN_SCHEME}:{int(song_id)}"),
            title=str(songs["title"].iat[int(row)]),
            artist=str(songs["artist"].iat[int(row)]),
            score=round(float(score), 6),
        )
        for song_id, row, score in zip(song_ids, rows, scores, strict=True)
    )
