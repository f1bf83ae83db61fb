"""The table of protocol `audio-neighbours`: are songs that sound near each other of one album, of one artist?

Ways of placing songs by their audio stand beside chance and the mel statistics that every feature has to
beat. Where the published release learned its space from lists, the audio tower predicts places of artists
that took no part in its fit, and every way ranks songs of the same fold; a space of sound, and a catalogue
without any list, need no fit, and all songs are ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from db.repositories import songs as songs_repository
from db.repositories.audio import features_of_songs
from db.session import SessionFactory
from pipelines.audio_analysis import VERSION
from pipelines.columns import SONG_ID
from pipelines.release import ALBUM_ID, ARTIST_ID, Release
from recsys.audio_neighbours import precisions
from recsys.audio_tower import FEWEST_SONGS, AudioFit, artist_folds, fit_audio_tower, held_out, owners
from recsys.metrics import Estimate, bootstrap_mean
from recsys.sound_space import fit_sound_space

ALBUM, ARTIST, OTHER_ALBUMS = "same album", "same artist", "same artist, other albums"
PLACE, SPACE, STYLE, TIMBRE, CHANCE = (
    "predicted place",
    "space of sound",
    "style embedding",
    "mel statistics",
    "chance",
)


@dataclass(frozen=True)
class AudioEvaluation:
    """Mean average precision by way and by what is to be found, and on what it was measured.

    `fit` is the tower's own account of itself (`recsys.audio_tower.AudioFit`), None without lists.
    """

    rows: Mapping[str, Mapping[str, Estimate]]
    n_songs: int
    n_artists: int
    n_albums: int
    seed: int
    fit: AudioFit | None = None


class NothingHeardError(ValueError):
    """No two analysed songs are of one artist or album."""


def evaluate_audio(
    session_factory: SessionFactory, release: Release | None, *, seed: int = 0
) -> AudioEvaluation:
    """Measure all ways on the analysed songs of a database.

    Raises
    ------
    NothingHeardError
    """
    with session_factory() as session:
        found = features_of_songs(session, VERSION)
        songs = songs_repository.read_songs(session).set_index(SONG_ID)
    ids = np.array(sorted(found), dtype=np.int64)
    artists, albums = (
        songs[name].reindex(ids).fillna(-1).to_numpy(np.int64) for name in (ARTIST_ID, ALBUM_ID)
    )
    if not any((np.unique(one[one >= 0], return_counts=True)[1] > 1).any() for one in (artists, albums)):
        raise NothingHeardError("no two analysed songs are of one artist or album: ingest a folder of music")
    rng = np.random.default_rng(seed)
    embeddings = np.stack([_embedding(found[i].embedding) for i in ids.tolist()])
    timbre = np.array([found[i].measures["timbre"] for i in ids.tolist()], dtype=np.float64)
    ways = {
        SPACE: fit_sound_space(embeddings)(embeddings),
        STYLE: embeddings - embeddings.mean(0),
        TIMBRE: (timbre - timbre.mean(0)) / np.maximum(timbre.std(0), 1e-9),
        CHANCE: rng.normal(size=(len(ids), 32)),
    }
    among, fit = None, None
    taught = np.zeros(0, dtype=np.int64) if release is None or release.is_by_sound else _placed(release, ids)
    if len(taught) >= FEWEST_SONGS:
        assert release is not None
        vectors = release.vectors[release.rows(ids[taught])]
        tower = fit_audio_tower(embeddings[taught], vectors, artists[taught], rng, version=VERSION)
        assert tower is not None
        fit = tower.fit
        ids, artists, albums = ids[taught], artists[taught], albums[taught]
        ways = {name: values[taught] for name, values in ways.items()}
        among = artist_folds(artists, rng)
        # Less the mean: what all songs have in common tells none from another.
        places = held_out(embeddings[taught], vectors, among, (fit.shrink,))[0] - vectors.mean(0)
        ways = {PLACE: places, **ways}
    rows = {name: _measured(values, artists, albums, among, seed) for name, values in ways.items()}
    n_artists, n_albums = len(np.unique(owners(artists))), len(np.unique(albums[albums >= 0]))
    return AudioEvaluation(rows, len(ids), n_artists, n_albums, seed, fit)


def _embedding(values: np.ndarray | None) -> np.ndarray:
    assert values is not None
    return values


def _placed(release: Release, song_ids: np.ndarray) -> np.ndarray:
    """Which of the songs stand in the release's vocabulary, with a place."""
    rows = release.rows(song_ids)
    known = np.flatnonzero((rows >= 0) & (rows < release.n_songs))
    return np.asarray(known[release.vectors[rows[known]].any(1)])


def _measured(
    vectors: np.ndarray, artists: np.ndarray, albums: np.ndarray, among: np.ndarray | None, seed: int
) -> dict[str, Estimate]:
    """Mean average precisions with their intervals, by artist; the same songs ask every way."""
    asked = {ALBUM: (albums, None), ARTIST: (artists, None), OTHER_ALBUMS: (artists, albums)}
    groups = owners(artists)
    found = {}
    for name, (labels, but) in asked.items():
        rng = np.random.default_rng(seed)
        rows, values = precisions(vectors, labels, rng=rng, among=among, but=but)
        if len(rows):
            found[name] = bootstrap_mean(values, groups[rows], rng)
    return found
