"""The audio tower of a release: what teaches it, gathered from the database."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import placements as placements_repository
from db.repositories import tags as tags_repository
from db.repositories.audio import style_embeddings
from db.session import SessionFactory
from generation.text_encoder import TextEncoderMissingError
from pipelines.audio_analysis import VERSION
from pipelines.columns import ARTIST, SONG_ID, TITLE
from pipelines.embeddings import Encode, cached_encoder
from pipelines.release import ARTIST_ID
from pipelines.towers import Tags, texts_of
from recsys.audio_tower import AudioTower, LinearMap, fit_audio_tower, tower_of_space
from recsys.cooccurrence import song_weights
from recsys.corpus import Corpus
from recsys.placing import FITTED_ON
from recsys.sound_recipes import fit_sound_recipes
from recsys.texts import Texts

__all__ = ["VERSION", "Sounds", "facts_of", "fit_release_sounds", "read_sounds"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sounds:
    """How songs sound: ids, int64, ascending, and style embeddings, float32, shape (n_songs, style_dim)."""

    song_ids: np.ndarray
    embeddings: np.ndarray

    def __len__(self) -> int:
        return len(self.song_ids)

    @property
    def sha256(self) -> str:
        """A hash of all of it."""
        found = hashlib.sha256(VERSION.encode())
        found.update(np.ascontiguousarray(self.song_ids, "<i8").tobytes())
        found.update(np.ascontiguousarray(self.embeddings, "<f4").tobytes())
        return found.hexdigest()

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        np.savez(path, song_ids=self.song_ids, embeddings=self.embeddings)

    @classmethod
    def load(cls, path: Path) -> Sounds:
        """Read back what `save` wrote."""
        with np.load(path) as a:
            return cls(a["song_ids"], a["embeddings"])


def read_sounds(session: Session, song_ids: list[int] | None = None) -> Sounds:
    """The style embeddings of songs, all by default, as the current analysis measured them."""
    return Sounds(*style_embeddings(session, VERSION, song_ids))


def facts_of(tower: AudioTower) -> dict[str, Any]:
    """What a manifest says of a tower."""
    recipes = {kind: asdict(recipe) for kind, recipe in tower.recipes.items()}
    return {"version": tower.version, **asdict(tower.fit), "recipes": recipes}


def fit_release_sounds(
    session_factory: SessionFactory,
    home: Path,
    corpus: Corpus,
    vectors: np.ndarray,
    sounds: Sounds,
    *,
    seed: int,
    space: LinearMap | None = None,
    encode: Encode | None = None,
) -> AudioTower | None:
    """Fit the audio tower of a release that is being made.

    Parameters
    ----------
    home : Path
        For the cache of sentence vectors.
    corpus : Corpus
        Of the vocabulary.
    vectors : float array, shape (corpus.n_songs, dim)
        Unit vectors of the vocabulary, as they will be published.
    space : LinearMap, optional
        Where the song space is made of sound: the map that made it.

    Returns
    -------
    AudioTower, or None where fewer than fifty songs have both a sound and a place.
    """
    started = time.perf_counter()
    rows = np.searchsorted(corpus.song_ids, sounds.song_ids)
    rows = np.minimum(rows, max(corpus.n_songs - 1, 0))
    is_known = (corpus.song_ids[rows] == sounds.song_ids) if corpus.n_songs else np.zeros(len(rows), bool)
    is_known[is_known] = vectors[rows[is_known]].any(1)
    rows, embeddings = rows[is_known], sounds.embeddings[is_known]
    if not len(rows):
        return None
    with session_factory() as session:
        facts = _facts(session, corpus.song_ids)
    artists = facts[ARTIST_ID].to_numpy(np.int64)
    rng = np.random.default_rng(seed)
    if space is not None:
        return tower_of_space(space, embeddings, vectors[rows], artists[rows], rng, version=VERSION)
    tower = fit_audio_tower(embeddings, vectors[rows], artists[rows], rng, version=VERSION)
    if tower is None:
        return None
    taught = _taught(corpus, rows, rng)
    heard = np.full((corpus.n_songs, embeddings.shape[1]), np.nan, np.float32)
    heard[rows] = embeddings
    with session_factory() as session:
        tags = tags_repository.tags_of(session, corpus.song_ids[taught].tolist())
    encode = encode or cached_encoder(home)
    texts = _texts(facts.iloc[taught], tags, encode)
    bare = _texts(facts.iloc[taught], {}, encode) if tags else None
    recipes = fit_sound_recipes(
        texts,
        heard[taught],
        vectors[taught],
        artists[taught],
        rng,
        shrink=tower.fit.shrink,
        bare=bare,
    )
    logger.info(
        "sounds: %d songs of %d artists, cosine %.3f with held-out places (their mean %.3f), %.1f s",
        tower.fit.n_songs, tower.fit.n_artists, tower.fit.cosine, tower.fit.mean_cosine,
        time.perf_counter() - started,
    )  # fmt: skip
    return replace(tower, recipes=recipes)


def _facts(session: Session, song_ids: np.ndarray) -> pd.DataFrame:
    """Titles and artists in the order of the ids; a song that was taken out since has none."""
    facts = placements_repository.song_facts(session, song_ids.tolist()).set_index(SONG_ID).reindex(song_ids)
    return facts.fillna({TITLE: "", ARTIST: "", ARTIST_ID: -1}).reset_index()


def _taught(corpus: Corpus, heard: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows to fit the recipes on, ascending: songs with sound before others, popular before rare."""
    if len(heard) >= FITTED_ON:
        return np.sort(rng.permutation(heard)[:FITTED_ON])
    rest = np.setdiff1d(np.argsort(-song_weights(corpus), kind="stable")[:FITTED_ON], heard)
    popular = rest[np.argsort(-song_weights(corpus)[rest], kind="stable")]
    return np.sort(np.concatenate([heard, popular[: FITTED_ON - len(heard)]]))


def _texts(facts: pd.DataFrame, tags: Tags, encode: Encode) -> Texts:
    try:
        return texts_of(facts, tags, encode)
    except TextEncoderMissingError as error:
        logger.warning("sound is weighed against artists and words alone: %s", error)
        return texts_of(facts, tags, None)
