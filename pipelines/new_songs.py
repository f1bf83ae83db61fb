"""New songs: a place in the song space for what the published release does not know, without a nightly run.

`place_new_songs` works at the end of every ingest, and when a release is published. A song without a place in
the release gets one from its artist, its text, its tags, its sound, and the songs beside it in lists that
came later (recsys/placing.py); it is stored beside the release's name, with a hash of all that, so that the
next ingest touches only what has changed. `load_new_songs` reads them as a side index, exact and in memory.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.errors import DatabaseError
from db.repositories import placements as repository
from db.repositories import tags as tags_repository
from db.repositories.audio import style_embeddings
from db.repositories.generations import generated_among
from db.repositories.placements import PlacedSong
from db.session import SessionFactory, write_transaction
from generation.text_encoder import TextEncoderMissingError
from pipelines.columns import ARTIST, PLAYLIST_ID, SONG_ID, TITLE
from pipelines.embeddings import Encode, cached_encoder
from pipelines.ratings import load_scores, trust_factor
from pipelines.release import ARTIST_ID, Release
from pipelines.release_files import ReleaseError, release_names
from pipelines.serving import open_release
from pipelines.towers import NoTowerError, Tags, texts_of, tower_of
from recsys.corpus import SOURCE_POWER
from recsys.placing import ARTIST as ARTIST_EVIDENCE
from recsys.placing import LIST_DOUBT, LISTS, MEANING, SOUND, TAGS, WORDS, SongPlacer, artist_evidence
from recsys.texts import Ridge, TagRidge, Texts, WordTable

logger = logging.getLogger(__name__)

LOCK = "placements"
# At 3 ms a text on one core: half a minute's worth. Of more songs, those of new artists have the most need of
# their sentence's meaning.
ENCODED_AT_MOST = 10_000
_SAVED_AT_ONCE = 20_000


@dataclass(frozen=True)
class NewSongs:
    """The side index: songs that a release does not know, with their places in its space.

    Attributes
    ----------
    song_ids : int64 array, shape (n,), ascending
    vectors : float32 array, shape (n, dim), of length 1
    trust : float32 array, shape (n,)
        Expected cosine with the true place, 0..1: what a nearness to the vector is worth.
    songs : frame of song_id, title, artist, artist_id, recording_key, in the same order
    state : (int, int)
        Compare with `state_of` to learn whether there is news.
    """

    song_ids: np.ndarray
    vectors: np.ndarray
    trust: np.ndarray
    songs: pd.DataFrame
    state: tuple[int, int]

    def __len__(self) -> int:
        return len(self.song_ids)


def state_of(session: Session, release: Release) -> tuple[int, int]:
    """What changes whenever a song is placed in this release's space: one indexed query."""
    return repository.newest_placement(session, release.name)


def load_new_songs(session: Session, release: Release) -> NewSongs:
    """Read the side index of a release."""
    state = state_of(session, release)
    dim = release.vectors.shape[1]
    placed = [one for one in repository.load_placements(session, release.name) if one.vector.shape == (dim,)]
    facts = repository.song_facts(session, [one.song_id for one in placed])
    vectors = np.array([one.vector for one in placed], dtype=np.float32).reshape(-1, dim)
    trust = np.array([one.trust for one in placed], dtype=np.float32)
    return NewSongs(facts[SONG_ID].to_numpy(np.int64), vectors, trust, facts, state)


def place_after_ingest(session_factory: SessionFactory, home: Path) -> int:
    """`place_new_songs` for the published release, if there is one; what goes wrong is logged, not raised."""
    try:
        release = open_release(home) if release_names(home / "releases") else None
        return 0 if release is None else place_new_songs(session_factory, release, home)
    except (DatabaseError, SQLAlchemyError, ReleaseError, OSError, ValueError) as error:
        logger.warning("new songs have to wait for the next nightly run for their place: %s", error)
        return 0


def place_new_songs(
    session_factory: SessionFactory, release: Release, home: Path, *, encode: Encode | None = None
) -> int:
    """Place every song that the release has no place for, unless it was placed by the same facts before.

    Places in the spaces of releases that are no longer kept are forgotten.

    Parameters
    ----------
    home : Path
        For the cache of sentence vectors, which is asked only when there are songs to place.

    Returns
    -------
    int
        Songs that got a place, or another one.
    """
    started = time.perf_counter()
    with session_factory() as session:
        known = release.song_ids[release.vectors.any(1)]
        without = np.setdiff1d(repository.all_song_ids(session), known)
        before = repository.placed_facts(session, release.name)
        facts = repository.song_facts(session, without.tolist())
        tags: Tags = tags_repository.tags_of(session, without.tolist()) if len(without) else {}
        lists = repository.lists_with(session, without.tolist())
        sounds = _sounds(session, release, facts[SONG_ID].to_numpy(np.int64))
        facts, tags = _by_sound_alone(facts, tags, sounds, generated_among(session, without.tolist()))
    beside = _list_evidence(release, facts[SONG_ID].to_numpy(np.int64), lists)
    scores = load_scores(home)
    hashes = _hashes(facts, tags, beside, sounds, scores)
    changed = np.array(
        [before.get(int(song)) != sha for song, sha in zip(facts[SONG_ID], hashes, strict=True)], dtype=bool
    )
    gone = before.keys() - set(facts[SONG_ID].tolist())
    rows = np.flatnonzero(changed)
    placed: list[PlacedSong] = []
    if len(rows):
        part = facts.iloc[rows].reset_index(drop=True)
        encode = encode or cached_encoder(home)
        evidence = {LISTS: beside[rows], SOUND: _sound_evidence(release, sounds[rows])}
        placed = _placed(release, part, tags, evidence, [hashes[row] for row in rows], encode)
    placed = [
        replace(song, trust=song.trust * trust_factor(scores[song.song_id]))
        if song.song_id in scores
        else song
        for song in placed
    ]
    # A song that lost its last fact keeps no place from what it was.
    gone |= set(facts[SONG_ID].to_numpy()[rows].tolist()) - {song.song_id for song in placed}
    _store(session_factory, release, home, placed, gone & before.keys())
    if placed:
        logger.info("new songs: %d placed, %.1f s", len(placed), time.perf_counter() - started)
    return len(placed)


def _store(
    session_factory: SessionFactory,
    release: Release,
    home: Path,
    placed: Sequence[PlacedSong],
    gone: set[int],
) -> None:
    for start in range(0, len(placed), _SAVED_AT_ONCE):
        with write_transaction(session_factory, lock=LOCK) as session:
            block = placed[start : start + _SAVED_AT_ONCE]
            there = set(repository.song_facts(session, [song.song_id for song in block])[SONG_ID].tolist())
            repository.save_placements(session, release.name, [s for s in block if s.song_id in there])
    with write_transaction(session_factory, lock=LOCK) as session:
        repository.drop_placements(session, release.name, gone)
        repository.drop_releases_but(session, [release.name, *release_names(home / "releases")])


def _placed(
    release: Release,
    facts: pd.DataFrame,
    tags: Tags,
    given: Mapping[str, np.ndarray],
    hashes: Sequence[str],
    encode: Encode,
) -> list[PlacedSong]:
    """The songs of a frame with their places, by the evidence that is given and by artist and text; without
    those of which nothing is known.
    """
    placer = _placer(release)
    asked = facts[ARTIST_ID].to_numpy(np.int64)
    artist = _artists(release, placer, asked)
    texts, has_meaning = _texts(
        facts, tags, placer, encode, in_need=np.flatnonzero(~np.asarray(artist.any(1)))
    )
    evidence = {
        ARTIST_EVIDENCE: artist,
        MEANING: texts.vectors,
        WORDS: placer.words.place(texts.words),
        TAGS: placer.tags.place(texts.tags, len(texts)),
        **given,
    }
    vectors, trust = placer.place(evidence, has_meaning=has_meaning)
    named = [(name, np.atleast_1d(values.any(1))) for name, values in evidence.items()]
    return [
        PlacedSong(
            int(song), vectors[i], float(trust[i]), " ".join(n for n, has in named if has[i]), hashes[i]
        )
        for i, song in enumerate(facts[SONG_ID])
        if vectors[i].any()
    ]


def _placer(release: Release) -> SongPlacer:
    """The release's placer; where it places no words, one that goes by artists, sound and lists alone."""
    placer = _placer_of_texts(release)
    if release.audio is None:
        return placer
    return replace(placer, recipes={**placer.recipes, **release.audio.recipes})


def _sounds(session: Session, release: Release, song_ids: np.ndarray) -> np.ndarray:
    """Style embeddings of songs, ascending ids, that the release's audio tower reads; NaN rows for none."""
    if release.audio is None:
        return np.zeros((len(song_ids), 0), np.float32)
    heard, embeddings = style_embeddings(session, release.audio.version, song_ids.tolist())
    out = np.full((len(song_ids), len(release.audio.there.mean)), np.nan, np.float32)
    if embeddings.shape[1] == out.shape[1]:
        out[np.searchsorted(song_ids, heard)] = embeddings
    return out


def _by_sound_alone(
    facts: pd.DataFrame, tags: Tags, sounds: np.ndarray, generated: set[int]
) -> tuple[pd.DataFrame, Tags]:
    """Forget what the titles of generated songs say, where their sound is known: a title is the prompt, which
    says what was asked for and not what came out.
    """
    heard = np.isfinite(sounds).all(1) & bool(sounds.shape[1])
    bare = heard & facts[SONG_ID].isin(generated).to_numpy()
    if not bare.any():
        return facts, tags
    gone = set(facts[SONG_ID].to_numpy()[bare].tolist())
    facts = facts.copy()
    facts.loc[bare, [TITLE, ARTIST]] = ""
    facts.loc[bare, ARTIST_ID] = -1
    return facts, {song: one for song, one in tags.items() if song not in gone}


def _sound_evidence(release: Release, sounds: np.ndarray) -> np.ndarray:
    """What sound says, as deviations, shape (n, dim); zero rows for songs without."""
    mean = _placer(release).mean
    out = np.zeros((len(sounds), len(mean)), np.float32)
    if release.audio is not None:
        has = np.isfinite(sounds).all(1)
        out[has] = release.audio.deviations(sounds[has], mean)
    return out


def _placer_of_texts(release: Release) -> SongPlacer:
    try:
        return tower_of(release).placer
    except NoTowerError:
        vectors = release.vectors[: release.n_songs]
        dim = vectors.shape[1]
        mean = vectors.mean(0) if len(vectors) else np.zeros(dim, np.float32)
        nothing = np.zeros(0, np.float32), np.zeros((0, dim), np.float32)
        table = WordTable((), nothing[1])
        return SongPlacer(mean, Ridge(*nothing), table, TagRidge(table, nothing[0]))


def _artists(release: Release, placer: SongPlacer, asked: np.ndarray) -> np.ndarray:
    """Evidence from the artists' songs in the vocabulary; where there are none, from those of the tail."""
    artists = release.parts.songs[ARTIST_ID].to_numpy(np.int64)
    n = release.n_songs
    found = artist_evidence(release.vectors[:n], artists[:n], placer.mean, asked)
    rest = ~found.any(1)
    in_tail = n + np.flatnonzero(release.vectors[n:].any(1))
    found[rest] = artist_evidence(release.vectors[in_tail], artists[in_tail], placer.mean, asked[rest])
    return found


def _texts(
    facts: pd.DataFrame, tags: Tags, placer: SongPlacer, encode: Encode, *, in_need: np.ndarray
) -> tuple[Texts, np.ndarray]:
    """Deviations by meaning (in the place of sentence vectors) and words, and who has a meaning."""
    dim = len(placer.mean)
    told = (facts[TITLE] != "") | (facts[ARTIST] != "") | facts[SONG_ID].isin(list(tags))
    order = np.concatenate([in_need, np.setdiff1d(np.arange(len(facts)), in_need)])
    rows = order[told.to_numpy()[order]][:ENCODED_AT_MOST]
    if not len(placer.meaning.mean):
        rows = rows[:0]
    meaning, has = np.zeros((len(facts), dim), np.float32), np.zeros(len(facts), dtype=bool)
    plain = texts_of(facts, tags, None)
    if len(rows):
        try:
            vectors = texts_of(facts.iloc[rows], tags, encode).vectors
            meaning[rows], has[rows] = placer.meaning.place(vectors), True
        except TextEncoderMissingError as error:
            logger.warning("new songs are placed by artist, words and lists alone: %s", error)
    return Texts(meaning, plain.words, plain.tags), has


def _list_evidence(release: Release, songs: np.ndarray, lists: pd.DataFrame) -> np.ndarray:
    """Mean deviation of the songs beside each song in lists, shape (len(songs), dim); zero for none.

    Snapshots of one playlist count together as the root of their number.
    """
    mean = _placer(release).mean
    out = np.zeros((len(songs), len(mean)), np.float32)
    if not len(lists):
        return out
    number, ids = pd.factorize(lists[PLAYLIST_ID])
    entry = release.rows(lists[SONG_ID].to_numpy(np.int64))
    known = entry >= 0
    known[known] = release.vectors[entry[known]].any(1)
    shape = (len(ids), len(release.song_ids))
    holds = sp.csr_matrix((np.ones(known.sum(), np.float32), (number[known], entry[known])), shape=shape)
    holds.data[:] = 1.0
    n_known = np.asarray(holds.sum(1)).ravel()
    of_list = np.asarray(holds @ release.vectors) / np.maximum(n_known, 1)[:, None] - mean
    first = lists.drop_duplicates(PLAYLIST_ID)
    alone = "playlist " + first[PLAYLIST_ID].astype(str)
    source = first["source_key"].where(first["source_key"] != "", alone)
    weight = source.map(source.value_counts()).to_numpy(np.float64) ** -SOURCE_POWER * (n_known > 0)
    asked = np.minimum(np.searchsorted(songs, lists[SONG_ID].to_numpy()), max(len(songs) - 1, 0))
    is_asked = songs[asked] == lists[SONG_ID].to_numpy()
    pairs = pd.DataFrame({"song": asked[is_asked], "list": number[is_asked]}).drop_duplicates()
    values = weight[pairs["list"].to_numpy()]
    stands = sp.csr_matrix((values, (pairs["song"], pairs["list"])), shape=(len(songs), len(ids)))
    total = np.asarray(stands.sum(1)).ravel()
    out[:] = np.asarray(stands @ of_list) / (total + LIST_DOUBT)[:, None]
    return out


def _hashes(
    facts: pd.DataFrame, tags: Tags, beside: np.ndarray, sounds: np.ndarray, scores: Mapping[int, float]
) -> list[str]:
    """A hash for each song of everything that its place and trust depend on, beside the release."""
    # A song without sound has the hash that it had before there was any.
    heard = [row.astype("<f4").tobytes() if row.size and np.isfinite(row).all() else b"" for row in sounds]
    columns = (facts[SONG_ID], facts[TITLE], facts[ARTIST], facts[ARTIST_ID])
    lists = np.ascontiguousarray(np.round(beside, 4) + 0.0, dtype="<f4")
    return [
        hashlib.sha256(
            repr((title, artist, int(artist_id), sorted(tags.get(int(song), {}).items()))).encode()
            + row.tobytes()
            + sound
            + (repr(scores[song]).encode() if song in scores else b"")
        ).hexdigest()
        for song, title, artist, artist_id, row, sound in zip(*columns, lists, heard, strict=True)
    ]
