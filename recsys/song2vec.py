"""song2vec: skip-gram with negative sampling over playlists (Mikolov et al., NeurIPS 2013), by gensim.

A playlist is a sentence, a song a word, and the window is the whole playlist: what stands together matters,
not how far apart. Skip-gram learns two vectors a song. The INPUT vector says what a song is like (input
against input: similar songs); input against OUTPUT says what is put beside it: at its optimum

    input_i . output_j = log( #(i, j) N / (#(i) q(j)) ) - log(negative),   q(j) ~ #(j) ** ns_exponent

(Levy & Goldberg, NeurIPS 2014). So `exp(input_i . output_j) * #(j) ** ns_exponent` is, up to a constant, p(j
| i).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.corpus import Corpus


@dataclass(frozen=True)
class Song2VecSettings:
    """Settings of gensim's Word2Vec, by gensim's names, and how sentences are drawn.

    `workers=1` repeats itself bit for bit with the same seed; more workers do not.
    """

    vector_size: int = 128
    window: int = 1000
    negative: int = 10
    ns_exponent: float = 0.0
    epochs: int = 10
    rounds: int = 3
    alpha: float = 0.025
    sample: float = 0.0
    workers: int = 2
    seed: int = 1


@dataclass(frozen=True)
class SongVectors:
    """What song2vec has learned.

    Attributes
    ----------
    input, output : float32 arrays, shape (n_songs, vector_size)
        As trained, not normalised. A song that the corpus does not hold has zero vectors; one that always
        stands alone has learned nothing, and its input vector is zero.
    counts : float32 array, shape (n_songs,)
        How often the trainer saw each song in one pass.
    ns_exponent : float
        Of the negative samples.
    """

    input: np.ndarray
    output: np.ndarray
    counts: np.ndarray
    ns_exponent: float

    def unit_input(self) -> np.ndarray:
        """Input vectors of length 1 (zero ones stay zero): the song space."""
        return unit(self.input)

    def conditional_logits(self, rows: np.ndarray) -> np.ndarray:
        """Log p(j | i) up to a constant a row i; float32, shape (len(rows), n_songs)."""
        prior = self.ns_exponent * np.log(np.maximum(self.counts, 0.5))
        return np.asarray(self.input[rows] @ self.output.T + prior, dtype=np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length 1; rows shorter than 1e-8 stay as they are. float32, same shape."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length < 1e-8, 1.0, length), dtype=np.float32)


# (Song, neighbour) pairs shown in all training at most: some two minutes on two cores.
PAIRS = 3e8
_ROUNDS, _MOST_EPOCHS = 3, 10
# On corpora of more pairs a round than `PAIRS` this many times as many are trained on, as long as that is
# more than a round.
_FEW_ROUNDS = 3.0


def settings_for(
    corpus: Corpus, *, pairs: float = PAIRS, workers: int = 2, seed: int = 1, share: float = 1.0
) -> Song2VecSettings:
    """Choose how long to train: thirty epochs, or fewer on large corpora, which show as many pairs in less.

    There are three rounds of one epoch at least, but on corpora of which a single round has more than that,
    where a song stands in many lists, one or two.

    The window spans the playlist, so an epoch costs the sum of squared lengths. Thirty epochs beat twelve on
    every development set, by one to nine per cent (docs/song2vec.md).

    Parameters
    ----------
    pairs : float
        (Song, neighbour) pairs to train on at most, as far as the fewest rounds allow.
    share : float
        Of these epochs, for vectors that only have to tell what song2vec is worth.
    """
    lengths = corpus.lengths.astype(np.float64)
    in_reach = np.minimum(lengths, 2 * Song2VecSettings.window)
    in_one_round = float((corpus.weights() * lengths * in_reach).sum())
    epochs = int(np.clip(pairs / max(_ROUNDS * in_one_round, 1.0), 1, _MOST_EPOCHS))
    epochs = max(1, round(share * epochs))
    rounds = (
        _ROUNDS if in_one_round <= PAIRS else max(1, min(_ROUNDS, int(_FEW_ROUNDS * PAIRS / in_one_round)))
    )
    return Song2VecSettings(epochs=epochs, rounds=rounds, workers=workers, seed=seed)


def train_song2vec(
    corpus_file: Path, n_songs: int, settings: Song2VecSettings, start: SongVectors | None = None
) -> SongVectors:
    """Train on a corpus file of song rows (`recsys.corpus.write_corpus_file`).

    Parameters
    ----------
    start : SongVectors, optional
        Where to begin, in the same rows: yesterday's vectors (`carried_over`). Songs with zero vectors there
        begin anew. What this is worth is in docs/scaling.md.

    Raises
    ------
    ValueError
        The file holds no song, or a word that is not a row below `n_songs`, or the vectors to start from
        are of another number or dimension.
    """
    from gensim.models import Word2Vec

    if corpus_file.stat().st_size == 0:
        raise ValueError(f"nothing to train on: {corpus_file} is empty")
    model = Word2Vec(
        vector_size=settings.vector_size,
        window=settings.window,
        shrink_windows=False,
        negative=settings.negative,
        ns_exponent=settings.ns_exponent,
        sample=settings.sample,
        alpha=settings.alpha,
        sg=1,
        hs=0,
        min_count=1,
        workers=settings.workers,
        seed=settings.seed,
    )
    model.build_vocab(corpus_file=str(corpus_file))
    words = np.array([int(word) for word in model.wv.index_to_key], dtype=np.int64)
    if len(words) == 0:
        raise ValueError(f"nothing to train on: {corpus_file} holds no song")
    if words.min() < 0 or words.max() >= n_songs:
        raise ValueError(
            f"rows in {corpus_file} must lie in 0..{n_songs - 1}, found {words.min()}..{words.max()}"
        )
    begun = model.wv.vectors.copy()
    if start is not None:
        if start.input.shape != (n_songs, settings.vector_size):
            raise ValueError(
                f"vectors to start from have shape {start.input.shape}, {n_songs, settings.vector_size} is "
                "expected"
            )
        known = start.input[words].any(1)
        model.wv.vectors[known] = start.input[words[known]]
        model.syn1neg[known] = start.output[words[known]]
    model.train(
        corpus_file=str(corpus_file),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=settings.epochs,
    )
    shape = (n_songs, settings.vector_size)
    input_, output = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    # A song that never stood beside another still has its random start, which is no place to search from.
    moved = (model.wv.vectors != begun).any(1)
    input_[words] = model.wv.vectors * moved[:, None]
    output[words] = model.syn1neg
    counts = np.zeros(n_songs, np.float32)
    counts[words] = [model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key]
    return SongVectors(input_, output, counts / settings.rounds, settings.ns_exponent)


def carried_over(vectors: SongVectors, song_ids: np.ndarray, new_song_ids: np.ndarray) -> SongVectors:
    """Vectors of one vocabulary in the rows of another, zeros for songs that are new (ids ascending)."""
    place = np.minimum(np.searchsorted(song_ids, new_song_ids), max(len(song_ids) - 1, 0))
    known = song_ids[place] == new_song_ids if len(song_ids) else np.zeros(len(new_song_ids), dtype=bool)
    shape = (len(new_song_ids), vectors.input.shape[1])
    input_, output, counts = (
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape[0], np.float32),
    )
    for own, old in ((input_, vectors.input), (output, vectors.output), (counts, vectors.counts)):
        own[known] = old[place[known]]
    return SongVectors(input_, output, counts, vectors.ns_exponent)
