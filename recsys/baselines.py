"""The peers that Songspace has to beat, each fitted on a corpus and giving scores for seen songs.

All of them are tuned on inner splits like our own models (pipelines/evaluate.py). `fit_*` returns a `Scorer`
(recsys/evaluate.py): rows of seen songs, one array a case -> float32 scores, shape (n_cases, n_songs).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp

from recsys.cooccurrence import count_together, similarity
from recsys.corpus import Corpus, write_corpus_file
from recsys.evaluate import Scorer
from recsys.factors import Factors
from recsys.query import build_query

# EASE inverts a matrix of this many rows in about a minute on two cores, with 1.2 GB.
EASE_LARGEST = 12_000


def seen_matrix(seen: Sequence[np.ndarray], n_songs: int) -> sp.csr_matrix:
    """Cases x songs, 1 where the song was seen; float32 CSR.

    Raises
    ------
    ValueError
        A row outside 0..n_songs-1.
    """
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in seen])])
    rows = (
        np.concatenate([np.asarray(rows, dtype=np.int64) for rows in seen]) if len(seen) else np.zeros(0, int)
    )
    if len(rows) and not 0 <= rows.min() <= rows.max() < n_songs:
        raise ValueError(f"rows must lie in 0..{n_songs - 1}, got {rows.min()}..{rows.max()}")
    return sp.csr_matrix((np.ones(len(rows), np.float32), rows, indptr), shape=(len(seen), n_songs))


def fit_popularity(corpus: Corpus) -> Scorer:
    """Rank by the number of lists that hold a song."""
    counts = corpus.counts().astype(np.float32)
    return lambda seen: np.tile(counts, (len(seen), 1))


def fit_item_knn(
    corpus: Corpus, *, alpha: float = 0.5, shrink: float = 5.0, top: int | None = None
) -> Scorer:
    """Sum of similarities to the seen songs, by plain counts without group weights (Sarwar et al., WWW
    2001).
    """
    plain = Corpus(corpus.song_ids, corpus.indptr, corpus.rows, np.arange(corpus.n_lists))
    neighbours = similarity(
        count_together(plain), plain.counts().astype(np.float32), alpha=alpha, shrink=shrink, top=top
    )
    return lambda seen: np.asarray((seen_matrix(seen, corpus.n_songs) @ neighbours).toarray())


def ease_fits(corpus: Corpus) -> bool:
    """Whether `fit_ease` can be afforded: songs or lists at most `EASE_LARGEST`."""
    return min(corpus.n_songs, corpus.n_lists) <= EASE_LARGEST


def fit_ease(corpus: Corpus, *, l2: float = 300.0, weights: np.ndarray | None = None) -> Scorer:
    """EASE (Steck, WWW 2019): ridge regression of each song on all others, in closed form.

    With G = X'X + l2 I and P = inverse of G, B = I - P / diag(P). Where there are more songs than lists the
    same P comes from the lists' side by Woodbury's identity, l2 P = I - X'(XX' + l2 I)^-1 X, which inverts
    the smaller matrix.

    Parameters
    ----------
    weights : float array, shape (n_lists,), optional
        Weight of each list in the regression; 1 by default, as published.
    """
    if not ease_fits(corpus):
        raise ValueError(
            f"EASE needs at most {EASE_LARGEST} songs or lists, got {corpus.n_songs}, {corpus.n_lists}"
        )
    incidence = corpus.incidence()
    if weights is not None:
        incidence = sp.csr_matrix(sp.diags(np.sqrt(weights).astype(np.float32)) @ incidence)
    if corpus.n_songs <= corpus.n_lists:
        return _ease_by_songs(incidence, l2)
    return _ease_by_lists(incidence, l2)


def _inverse(gram: sp.csr_matrix, l2: float) -> np.ndarray:
    dense = gram.astype(np.float64).toarray()
    dense[np.diag_indices_from(dense)] += l2
    return np.asarray(sl.inv(dense, overwrite_a=True, check_finite=False))


def _ease_by_songs(incidence: sp.csr_matrix, l2: float) -> Scorer:
    inverse = _inverse(sp.csr_matrix(incidence.T @ incidence), l2)
    weight = np.divide(inverse, -np.diag(inverse).copy(), out=inverse).astype(np.float32)
    np.fill_diagonal(weight, 0.0)
    return lambda seen: np.asarray(seen_matrix(seen, len(weight)) @ weight)


def _ease_by_lists(incidence: sp.csr_matrix, l2: float) -> Scorer:
    n_songs = incidence.shape[1]
    inverse = _inverse(sp.csr_matrix(incidence @ incidence.T), l2).astype(np.float32)
    by_song = sp.csr_matrix(incidence.T)
    diagonal = np.empty(n_songs, np.float32)
    for start in range(0, n_songs, 2000):
        block = by_song[start : start + 2000]
        diagonal[start : start + 2000] = 1.0 - np.asarray(block.multiply(block @ inverse).sum(1)).ravel()
    diagonal = np.maximum(diagonal, 1e-6)

    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        query = seen_matrix(seen, n_songs)
        lists = (query @ incidence.T) @ inverse
        shown = query.toarray()
        return np.asarray(shown - (shown - (by_song @ lists.T).T) / diagonal, dtype=np.float32)

    return score


def fit_ials(
    corpus: Corpus,
    *,
    factors: int = 128,
    regularization: float = 10.0,
    alpha: float = 40.0,
    iterations: int = 15,
    seed: int = 0,
) -> Scorer:
    """Implicit ALS (Hu, Koren & Volinsky, ICDM 2008) by the `implicit` library; an unseen list is folded
    in.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    # implicit brings its own threads; those of BLAS on top of them make it many times slower.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=alpha,
            iterations=iterations,
            random_state=seed,
            num_threads=0,
        )
        model.fit(corpus.incidence(), show_progress=False)
    fitted = Factors(np.asarray(model.item_factors, dtype=np.float32), regularization, alpha)

    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        lists = fitted.fold_in(build_query(seen, corpus.n_songs))
        return np.asarray(lists @ fitted.songs.T, dtype=np.float32)

    return score


def fit_bpr(
    corpus: Corpus,
    *,
    factors: int = 64,
    learning_rate: float = 0.05,
    regularization: float = 0.01,
    iterations: int = 100,
    seed: int = 0,
) -> Scorer:
    """Bayesian personalised ranking (Rendle et al., UAI 2009) by `implicit`; an unseen list is the mean of
    its songs.

    On one thread: several overwrite each other's steps, and the same seed gives other scores.
    """
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=factors,
        learning_rate=learning_rate,
        regularization=regularization,
        iterations=iterations,
        random_state=seed,
        num_threads=1,
    )
    model.fit(corpus.incidence(), show_progress=False)
    songs = np.asarray(model.item_factors, dtype=np.float32)

    # The last factor is the song's bias: a list's own bias factor is 1, so it is put back after the mean.
    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        users = _means(seen, songs)
        users[:, -1] = 1.0
        return np.asarray(users @ songs.T, dtype=np.float32)

    return score


def _means(seen: Sequence[np.ndarray], vectors: np.ndarray) -> np.ndarray:
    """Mean vector of the songs of each case, zeros for a case without; float32, shape (n_cases, dim)."""
    lengths = np.array([max(len(rows), 1) for rows in seen], dtype=np.float32).reshape(-1, 1)
    return np.asarray(seen_matrix(seen, len(vectors)) @ vectors / lengths, dtype=np.float32)


def fit_gensim_defaults(corpus: Corpus, *, workers: int = 1, seed: int = 1) -> Scorer:
    """Word2Vec as gensim ships it (CBOW, 100 dimensions, window 5, 5 epochs), by cosine to the mean
    vector.
    """
    from gensim.models import Word2Vec

    with TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        write_corpus_file(corpus, path)
        model = Word2Vec(corpus_file=str(path), min_count=1, workers=workers, seed=seed)
    vectors = np.zeros((corpus.n_songs, model.vector_size), np.float32)
    vectors[[int(word) for word in model.wv.index_to_key]] = model.wv.get_normed_vectors()

    def score(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(_means(seen, vectors) @ vectors.T, dtype=np.float32)

    return score
