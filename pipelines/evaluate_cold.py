"""The table of protocol `cold-song`: how well songs that training never saw are placed by what is known.

Beside Songspace's own placing stand its parts alone, the popularity of the song's artist, and chance. One row
of the table is one way of placing for one kind of hidden song (recsys/cold_song.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.columns import SONG_ID
from pipelines.embeddings import Encode
from pipelines.evaluate import OURS, Row
from pipelines.release import ARTIST_ID
from pipelines.towers import Tags, texts_of
from recsys.cold_song import KINDS, ColdScorer, ColdSplit, make_cold_split, measure_cold
from recsys.corpus import Corpus
from recsys.evaluate import METRICS
from recsys.fit import train_vectors
from recsys.metrics import bootstrap_mean, bootstrap_ratio
from recsys.placing import ARTIST, SongPlacer, artist_evidence, fit_placer, text_evidence
from recsys.song2vec import PAIRS, unit
from recsys.texts import Texts

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ColdEvaluation:
    """The rows, by kind of hidden song ("known artist", "new artist"), and on what they were measured."""

    rows: Mapping[str, tuple[Row, ...]]
    n_cold: Mapping[str, int]
    n_cases: Mapping[str, int]
    n_groups: Mapping[str, int]
    n_songs: int
    seed: int


class NothingColdError(ValueError):
    """No held-back list holds a hidden song beside a known one."""


def evaluate_cold_songs(
    corpus: Corpus,
    songs: pd.DataFrame,
    encode: Encode,
    *,
    folder: Path,
    tags: Tags | None = None,
    seed: int = 0,
    workers: int = 2,
    pairs: float = PAIRS,
    progress: Callable[[str], None] | None = None,
) -> ColdEvaluation:
    """Hide songs, train on the rest, place the hidden ones, and rank them for held-back lists.

    Parameters
    ----------
    corpus : Corpus
        Every list, every song.
    songs : frame of song_id, title, artist, artist_id
        All songs of the corpus; artist_id -1 where unknown.
    encode : texts -> sentence vectors
        `pipelines.embeddings.cached_encoder(home)`.
    folder : Path
        For the corpus file while training.
    tags : by song id, optional
        As `db.repositories.tags.tags_of` gives them.

    Raises
    ------
    NothingColdError
    """
    facts = songs.drop_duplicates(SONG_ID).set_index(SONG_ID).loc[corpus.song_ids].reset_index()
    artists = facts[ARTIST_ID].to_numpy(np.int64)
    split = make_cold_split(corpus, artists, seed=seed)
    if not any(split.cases.values()):
        raise NothingColdError("no held-back list holds a hidden song beside a known one")
    _say(progress, "song2vec")
    path = folder / "cold-corpus.txt"
    vectors = unit(train_vectors(split.train, path, seed=seed, workers=workers, pairs=pairs).input)
    path.unlink()
    _say(progress, "texts")
    warm_rows, cold_rows = (
        np.searchsorted(corpus.song_ids, i) for i in (split.train.song_ids, split.cold_ids)
    )
    warm, cold = (texts_of(facts.iloc[rows], tags or {}, encode) for rows in (warm_rows, cold_rows))
    _say(progress, "placing")
    started = time.perf_counter()
    placer = fit_placer(warm, vectors, artists[warm_rows], np.random.default_rng(seed))
    logger.info("cold songs: placed with %s, %s", placer.known.weights, placer.unknown.weights)
    scorers = _scorers(split, placer, vectors, artists[warm_rows], artists[cold_rows], cold)
    seconds = time.perf_counter() - started
    settings = {"known artist": dict(placer.known.weights), "new artist": dict(placer.unknown.weights)}
    kinds = [kind for kind in KINDS if split.cases[kind]]
    groups = {kind: np.array([case.group for case in split.cases[kind]]) for kind in kinds}
    return ColdEvaluation(
        {kind: _rows(split, kind, scorers, groups[kind], settings[kind], seconds) for kind in kinds},
        {kind: len(split.rows_of(kind)) for kind in kinds},
        {kind: len(split.cases[kind]) for kind in kinds},
        {kind: len(np.unique(groups[kind])) for kind in kinds},
        split.train.n_songs,
        seed,
    )


def _scorers(
    split: ColdSplit,
    placer: SongPlacer,
    vectors: np.ndarray,
    warm: np.ndarray,
    cold: np.ndarray,
    texts: Texts,
) -> dict[str, ColdScorer]:
    """Songspace's placing first, then its parts alone, artist's popularity, chance.

    `warm` and `cold` are the artists of the training songs and of the hidden ones, `texts` those of the
    hidden.
    """
    evidence = {
        ARTIST: artist_evidence(vectors, warm, placer.mean, cold),
        **text_evidence(placer, texts),
    }
    placed, _ = placer.place(evidence, has_meaning=np.ones(len(cold), dtype=bool))
    chance = np.random.default_rng(split.seed).random(len(cold))
    ways: dict[str, ColdScorer] = {OURS: _near(placed, vectors, chance)}
    for name, values in evidence.items():
        if not values.any():
            continue
        alone = unit(values + placer.mean) * np.any(values != 0, axis=1)[:, None]
        ways[f"{name} alone"] = _near(alone, vectors, chance)
    counts = split.train.counts()
    plays = np.array([counts[warm == artist].sum() if artist >= 0 else 0 for artist in cold.tolist()])
    ways["popularity of the artist"] = _constant(plays + chance)
    ways["chance"] = _constant(chance)
    return ways


def _near(placed: np.ndarray, vectors: np.ndarray, chance: np.ndarray) -> ColdScorer:
    """Score hidden songs by their nearness to the mean of the songs shown; among equals chance decides."""

    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(np.stack([vectors[rows].mean(0) for rows in seen]) @ placed.T + 1e-6 * chance)

    return score


def _constant(scores: np.ndarray) -> ColdScorer:
    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.tile(scores, (len(seen), 1))

    return score


def _rows(
    split: ColdSplit,
    kind: str,
    scorers: Mapping[str, ColdScorer],
    groups: np.ndarray,
    settings: Mapping[str, float],
    seconds: float,
) -> tuple[Row, ...]:
    found = {name: measure_cold(scorer, split, kind) for name, scorer in scorers.items()}
    ours = found[OURS]["ndcg@100"]
    rng = np.random.default_rng(split.seed)
    rows = []
    for name, values in found.items():
        ratio = None if name == OURS else bootstrap_ratio(ours, values["ndcg@100"], groups, rng)
        metrics = {metric: bootstrap_mean(values[metric], groups, rng) for metric in METRICS}
        is_ours = name == OURS
        rows.append(
            Row(name, metrics, ratio, settings if is_ours else {}, round(seconds if is_ours else 0.0, 1))
        )
    return tuple(rows)


def _say(progress: Callable[[str], None] | None, name: str) -> None:
    if progress is not None:
        progress(name)
