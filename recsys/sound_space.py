"""A song space out of sound alone, for catalogues whose lists teach nothing.

Where no list says what belongs together, songs lie where they sound: style embeddings are centred, turned to
their principal axes, the axes evened out in part, and what is left scaled to length 1. Evening out in full
(whitening) makes much of directions that are noise, and with as few songs as axes it would put all songs
equally far from one another; not at all leaves everything to loudness and drums (docs/audio.md has what the
powers in between are worth).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from recsys.audio_tower import LinearMap
from recsys.corpus import Corpus
from recsys.song2vec import SongVectors, unit
from recsys.tail import MIN_COUNTS, Tail, stand_ins_of

DIM = 128
# An axis of variance v is scaled by (v + DOUBT * the mean variance) ** (-POWER / 2): 1 would whiten.
POWER, DOUBT = 0.5, 0.3
# Lists teach where so many songs stand in three of them.
FEWEST_TAUGHT = 50
# p(j | i) of songs by sound is a softmax of so many times their cosine (recsys/components.py halves it).
_SHARPNESS = 40.0


def fit_sound_space(embeddings: np.ndarray, dim: int = DIM) -> LinearMap:
    """Map embeddings, shape (n_songs, style_dim), onto their axes; places are its results at length 1.

    Axes beyond the number of songs or of dimensions are zero.

    Raises
    ------
    ValueError
        Fewer than two songs.
    """
    if len(embeddings) < 2:
        raise ValueError(f"a space of sound needs two songs, got {len(embeddings)}")
    wide = embeddings.astype(np.float64)
    mean = wide.mean(0)
    _, singular, axes = np.linalg.svd(wide - mean, full_matrices=False)
    variance = singular[:dim] ** 2 / len(wide)
    # The sign of an axis is free; fixed, it does not follow the library that found it.
    axes = (
        axes[:dim] * np.sign(axes[:dim, :][np.arange(len(variance)), np.abs(axes[:dim]).argmax(1)])[:, None]
    )
    scale = (variance + DOUBT * variance.mean()) ** (-POWER / 2) if variance.any() else np.ones(len(variance))
    weights = np.zeros((embeddings.shape[1], dim), np.float32)
    weights[:, : len(variance)] = axes.T * scale
    ones = np.ones(embeddings.shape[1], np.float32)
    return LinearMap(mean.astype(np.float32), ones, weights, np.zeros(dim, np.float32))


def turned(space: LinearMap, rotation: np.ndarray) -> LinearMap:
    """The same map followed by a rotation, shape (dim, dim)."""
    weights, offset = space.weights @ rotation, space.offset @ rotation
    return LinearMap(space.mean, space.spread, weights.astype(np.float32), offset.astype(np.float32))


def lists_teach(counts: np.ndarray, n_sounds: int) -> bool:
    """Whether the song space is learned from lists, and not made of sound.

    Parameters
    ----------
    counts : int array, shape (n_songs,)
        In how many lists each song stands that stands in any.
    n_sounds : int
        Songs with a style embedding.
    """
    taught = int((counts >= MIN_COUNTS[0]).sum())
    return taught >= FEWEST_TAUGHT or n_sounds < 2 or n_sounds <= len(counts)


def corpus_by_sound(corpus: Corpus, song_ids: np.ndarray) -> tuple[Corpus, Tail]:
    """Make the songs with sound the vocabulary, and those that only stand in lists the tail.

    Parameters
    ----------
    corpus : Corpus
        Every list, every song; may be empty.
    song_ids : int64 array
        Songs with sound, ascending.
    """
    row = np.searchsorted(song_ids, corpus.song_ids)
    is_heard = np.isin(corpus.song_ids, song_ids)
    kept = is_heard[corpus.rows]
    lists = np.repeat(np.arange(corpus.n_lists), corpus.lengths)[kept]
    lengths = np.bincount(lists, minlength=corpus.n_lists)
    indptr = np.concatenate([[0], np.cumsum(lengths[lengths > 0])]).astype(np.int64)
    vocabulary = Corpus(
        song_ids.astype(np.int64),
        indptr,
        row[corpus.rows[kept]].astype(np.int32),
        corpus.groups[lengths > 0],
        corpus.snapshots_of[lengths > 0],
    )
    incidence = corpus.incidence()
    place = sp.csr_matrix(
        (np.ones(is_heard.sum(), np.float32), (np.flatnonzero(is_heard), row[is_heard])),
        shape=(corpus.n_songs, len(song_ids)),
    )
    stand_ins = stand_ins_of(corpus, incidence[:, ~is_heard], sp.csr_matrix(incidence @ place))
    return vocabulary, Tail(corpus.song_ids[~is_heard], stand_ins)


def vectors_by_sound(places: np.ndarray) -> SongVectors:
    """Places as if song2vec had learned them: what goes together is what sounds alike."""
    scaled = np.asarray(unit(places) * np.sqrt(_SHARPNESS), dtype=np.float32)
    return SongVectors(scaled, scaled, np.ones(len(places), np.float32), 0.0)
