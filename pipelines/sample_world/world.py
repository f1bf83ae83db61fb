"""Draws the whole sample world from one seed: songs, users, playlists and a year of listens, with their
truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.sample_world import model as m
from pipelines.sample_world.listens import build_listens
from pipelines.sample_world.model import Floats, Ints, TasteModel
from pipelines.sample_world.playlists import LONGEST, build_playlists
from pipelines.sample_world.songs import artist_names, build_songs
from pipelines.sample_world.users import build_users
from pipelines.sources.batch import Batch


@dataclass(frozen=True)
class SampleWorld:
    """A drawn world: the frames of `pipelines.columns`, and the truth behind them.

    Row i of every song array is song `sample:i`, row u of every user array is `user_refs[u]`, row p of
    every playlist array is playlist `sample:p`. `song_truth` is (n_songs, A) with columns `axes`;
    `interests` is (n_users, 4, A) with weights (n_users, 4), both zero where a user has fewer; `user_taste`
    (n_users, A) is their weighted mean. `twins` and `opposites` are (n, 2) rows of users. `version_of` and
    `copied_from` are -1 for what is original.
    """

    seed: int
    axes: tuple[str, ...]
    artists: tuple[str, ...]
    user_refs: tuple[str, ...]
    songs: pd.DataFrame
    tags: pd.DataFrame
    playlists: pd.DataFrame
    entries: pd.DataFrame
    listens: pd.DataFrame
    feedback: pd.DataFrame
    song_truth: Floats
    song_artist: Ints
    popularity: Floats
    version_of: Ints
    planted: Ints
    interests: Floats
    interest_weights: Floats
    user_taste: Floats
    twins: Ints
    opposites: Ints
    playlist_owner: Ints
    copied_from: Ints

    def batches(self) -> Iterator[Batch]:
        """Yield the world as readers do, in one batch, ready to be ingested under the namespace `sample`."""
        yield Batch(
            songs=self.songs,
            tags=self.tags,
            playlists=self.playlists,
            entries=self.entries,
            listens=self.listens,
            feedback=self.feedback,
        )


def build_world(
    seed: int,
    *,
    n_songs: int = 600,
    n_playlists: int = 3000,
    n_users: int = 500,
    model: TasteModel | None = None,
) -> SampleWorld:
    """Draw the sample world; equal arguments give equal worlds.

    Songs, users, playlists and listens each have their own random stream, so that the same seed with more
    playlists keeps the same songs and users.

    Raises ------ ValueError Fewer than 60 songs (a playlist holds up to 60), more than are written, no
    playlist, no user, or more users than there are handles.
    """
    if n_songs < LONGEST or n_playlists < 1 or n_users < 1:
        raise ValueError(
            f"need {LONGEST} songs, 1 playlist and 1 user or more; got {n_songs}, {n_playlists} and {n_users}"
        )
    model = model or TasteModel()
    for_songs, for_users, for_playlists, for_listens = np.random.default_rng(seed).spawn(4)
    songs = build_songs(n_songs, model=model, rng=for_songs)
    users = build_users(n_users, songs, model=model, rng=for_users)
    playlists = build_playlists(n_playlists, songs, users=users, model=model, rng=for_playlists)
    listens, feedback = build_listens(users, songs, model=model, rng=for_listens)
    return SampleWorld(
        seed=seed,
        axes=m.AXES,
        artists=artist_names(),
        user_refs=users.refs,
        songs=songs.frame,
        tags=songs.tags,
        playlists=playlists.frame,
        entries=playlists.entries,
        listens=listens,
        feedback=feedback,
        song_truth=songs.truth,
        song_artist=songs.artist,
        popularity=songs.popularity,
        version_of=songs.version_of,
        planted=songs.planted,
        interests=users.interests,
        interest_weights=users.weights,
        user_taste=users.taste,
        twins=users.twins,
        opposites=users.opposites,
        playlist_owner=playlists.owner,
        copied_from=playlists.copied_from,
    )
