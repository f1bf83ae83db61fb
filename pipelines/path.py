"""A path of songs from one to another, in the song space of a release."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from db.session import SessionFactory
from pipelines.answers import SongAnswer
from pipelines.serving import name_rows, namespace_of, rows_of
from pipelines.shelf import Shelves, release_for
from recsys.path import find_path

LONGEST = 100


@dataclass(frozen=True)
class PathAnswer:
    """A path, ends included; a song's score is its cosine with the one before (1 for the first).

    `largest_step` is the largest angle between neighbours, in degrees, and `direct` the one between the ends:
    a path is smooth as far as the first is small beside the second.
    """

    songs: tuple[SongAnswer, ...]
    release: str
    largest_step: float
    direct: float
    relaxed: tuple[str, ...] = ()


def song_path(
    shelves: Shelves, session_factory: SessionFactory, start: str, end: str, k: int = 10
) -> PathAnswer:
    """Songs that lead from one to another, k with both ends.

    Raises
    ------
    NotFoundError
        A song that the database does not hold.
    ValueError
        Both are one song, or versions of one recording; a song without a place; k below 2 or above `LONGEST`.
    """
    if not 2 <= k <= LONGEST:
        raise ValueError(f"a path has 2 to {LONGEST} songs, got k = {k}")
    with session_factory() as session:
        release = release_for(session, shelves, [start, end])
        first, last = (int(row) for row in rows_of(release, session, [start, end]))
        found = find_path(
            first,
            last,
            k,
            vectors=release.vectors,
            catalogue=release.catalogue,
            allowed=np.arange(release.n_songs),
        )
        cosines = np.concatenate([[1.0], np.cos(found.steps)])
        songs = name_rows(release, session, found.rows, cosines, namespace_of(start))
    direct = float(np.arccos(np.clip(release.vectors[first] @ release.vectors[last], -1.0, 1.0)))
    return PathAnswer(
        songs=songs,
        release=release.name,
        largest_step=round(float(np.degrees(found.steps.max())), 2),
        direct=round(float(np.degrees(direct)), 2),
        relaxed=found.relaxed,
    )
