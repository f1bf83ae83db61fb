"""A radio from songs: the walk of recsys/radio.py through a release, for anybody or for one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.answers import SongAnswer
from pipelines.asking import feedback_of, unwanted_songs
from pipelines.profiles import muted_rows, user_taste
from pipelines.release import Release
from pipelines.serving import name_rows, namespace_of, rows_of
from pipelines.shelf import Shelves, release_for
from recsys.radio import RadioSettings, radio
from recsys.rules import DEFAULT_ADVENTURE

# Taking up a radio later walks it again from its beginning: so far at most.
FARTHEST = 100_000


@dataclass(frozen=True)
class RadioAnswer:
    """A stretch of a radio, in order; a song's score is its cosine with the one before (1 for the first).

    `relaxed` names the rules that gave way on this stretch; fewer songs than asked for mean that every
    recording has come.
    """

    songs: tuple[SongAnswer, ...]
    release: str
    seed: int
    after: int
    relaxed: tuple[str, ...] = ()


def play_radio(
    shelves: Shelves,
    session_factory: SessionFactory,
    songs: Sequence[str],
    k: int = 50,
    *,
    after: int = 0,
    seed: int = 1,
    adventure: float = DEFAULT_ADVENTURE,
    user: str | None = None,
) -> RadioAnswer:
    """Songs `after + 1` to `after + k` of the radio that starts at these songs.

    The same release, songs, seed, adventure and user give the same radio, however it is cut.

    Parameters
    ----------
    user : str, optional
        What this user dislikes, blocks or mutes never comes, and their taste counts.

    Raises
    ------
    NotFoundError
        A song or a user that the database does not hold.
    ValueError
        No songs, a song without a place, a number out of its range, or a seed that the user blocked.
    """
    if k < 1 or after < 0 or seed < 0 or after + k > FARTHEST:
        raise ValueError(f"need k >= 1, after >= 0, seed >= 0 and at most {FARTHEST:,} songs")
    settings = RadioSettings.of_adventure(adventure)
    with session_factory() as session:
        release = release_for(session, shelves, songs)
        rows = rows_of(release, session, songs)
        unwanted, muted, taste = _listener(session, release, user)
        barred = [song for song, row in zip(songs, rows, strict=True) if row in unwanted]
        if barred:
            raise ValueError(f"user {user} does not want to hear {', '.join(barred)}")
        steps = radio(
            rows,
            vectors=release.vectors,
            catalogue=release.catalogue,
            counts=release.counts,
            banned=np.union1d(unwanted, muted),
            rng=np.random.default_rng([seed, *release.song_ids[rows].tolist()]),
            settings=settings,
            taste=taste,
        )
        taken = list(islice(steps, after, after + k))
        named = name_rows(
            release,
            session,
            np.array([step.row for step in taken], dtype=np.int64),
            np.array([step.cosine for step in taken]),
            namespace_of(songs[0]),
        )
    relaxed = dict.fromkeys(name for step in taken for name in step.relaxed)
    return RadioAnswer(named, release.name, seed, after, tuple(relaxed))


def _listener(
    session: Session, release: Release, user: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Rows that the user blocked or disliked, rows that their mutes leave out (a song asked for may be near
    what is muted), and the vectors of their interests.
    """
    if user is None:
        none = np.zeros(0, dtype=np.int64)
        return none, none, None
    user_id = users_repository.find_user(session, user)
    unwanted = release.rows(unwanted_songs(feedback_of(session, user_id)))
    taste, decisions = user_taste(session, release, user_id)
    muted = np.flatnonzero(muted_rows(release, taste, decisions, np.arange(release.n_songs)))
    vectors = [interest.vector for interest in taste.interests]
    versions = release.catalogue.versions
    return versions(unwanted), versions(muted), np.array(vectors) if vectors else None
