"""Repeat and recency: what a user's own plays say of a song, and what similar users' plays say.

People play again what they played: counting a user's own plays is hard to beat (arXiv 2409.04329), so it is
a feature of every (user, song) pair beside those of the song space.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from recsys.next_listen import History, ListenLog
from recsys.sparse_rows import SparseRow, sum_rows_sparsely
from recsys.taste import listen_weights

# A play so long ago, or never: features stay finite.
NEVER_DAYS = 3650.0
SESSION_GAP_DAYS = 30.0 / 1440.0
SHORT_HALF_LIFE_DAYS = 7.0
FEATURES = (
    "log plays",
    "plays decayed",
    "plays decayed in a week",
    "log days since last play",
    "log days since first play",
    "log mean gap",
    "days since last play over mean gap",
    "share of sessions",
    "share played",
    "artist plays decayed",
    "artist's songs heard",
    "similar users' plays",
)
_SIMILAR = 30
# Who played the very same is the user in question.
_SAME = 0.9999


def listen_features(
    history: History,
    candidates: np.ndarray,
    *,
    artists: np.ndarray,
    half_life_days: float,
    similar: np.ndarray | SparseRow | None = None,
) -> np.ndarray:
    """Features of a user's songs; float32, shape (n_candidates, len(FEATURES)), all finite.

    Parameters
    ----------
    history : History
        The user's listens before the moment of the question.
    candidates : int array, shape (n_candidates,)
        Rows.
    artists : int array, shape (n_songs,)
        Artist of each song; negative where unknown.
    half_life_days : float > 0
    similar : float array, shape (n_songs,), or SparseRow, optional
        `SimilarUsers.plays`, or `SimilarUsers.songs`; zeros by default.
    """
    out = np.zeros((len(candidates), len(FEATURES)), np.float32)
    out[:, 3:6] = np.log1p(NEVER_DAYS)
    out[:, 6] = 1.0
    if similar is not None:
        out[:, 11] = similar[candidates]
    if not len(history.rows):
        return out
    songs, inverse = np.unique(history.rows, return_inverse=True)
    ages = np.maximum(history.ages_days, 0.0)
    played = np.clip(np.nan_to_num(history.completion, nan=1.0), 0.0, 1.0)
    decayed = np.maximum(played, 0.1) * 0.5 ** (ages / half_life_days)
    own = _by_song(songs, inverse, ages, played, decayed)
    place = np.minimum(np.searchsorted(songs, candidates), len(songs) - 1)
    heard = songs[place] == candidates
    out[heard, :9] = own[place[heard]]
    by, artist = np.unique(artists[songs], return_inverse=True)
    of_artist = np.column_stack(
        [np.bincount(artist, weights=np.bincount(inverse, weights=decayed)), np.log1p(np.bincount(artist))]
    )
    wanted = artists[candidates]
    place = np.minimum(np.searchsorted(by, wanted), len(by) - 1)
    known = (by[place] == wanted) & (wanted >= 0)
    out[known, 9:11] = of_artist[place[known]]
    return out


def _by_song(
    songs: np.ndarray, inverse: np.ndarray, ages: np.ndarray, played: np.ndarray, decayed: np.ndarray
) -> np.ndarray:
    """The first nine features of each song of the history, shape (n_songs, 9)."""
    n = len(songs)
    plays = np.bincount(inverse, minlength=n).astype(np.float64)
    short = np.maximum(played, 0.1) * 0.5 ** (ages / SHORT_HALF_LIFE_DAYS)
    last, first = np.full(n, np.inf), np.zeros(n)
    np.minimum.at(last, inverse, ages)
    np.maximum.at(first, inverse, ages)
    gap = np.where(plays > 1, (first - last) / np.maximum(plays - 1, 1), NEVER_DAYS)
    gap = np.clip(gap, 1.0 / 24.0, NEVER_DAYS)
    # Listens come oldest first: a session ends where the next listen is long after.
    session = np.concatenate([[0], np.cumsum(ages[:-1] - ages[1:] > SESSION_GAP_DAYS)])
    both = np.unique(inverse * (session[-1] + 1) + session)
    sessions = np.bincount(both // (session[-1] + 1), minlength=n) / (session[-1] + 1)
    return np.column_stack(
        [
            np.log1p(plays),
            np.bincount(inverse, weights=decayed, minlength=n),
            np.bincount(inverse, weights=short, minlength=n),
            np.log1p(np.minimum(last, NEVER_DAYS)),
            np.log1p(np.minimum(first, NEVER_DAYS)),
            np.log1p(gap),
            np.minimum(last / gap, 100.0),
            sessions,
            np.bincount(inverse, weights=played, minlength=n) / plays,
        ]
    )


def decayed_plays(history: History, n_songs: int, *, half_life_days: float) -> np.ndarray:
    """A user's plays of every song, each halving every half-life; float32, shape (n_songs,)."""
    weights = listen_weights(history.ages_days, history.completion, half_life_days=half_life_days)
    return np.bincount(history.rows, weights=weights, minlength=n_songs).astype(np.float32)


@dataclass(frozen=True)
class SimilarUsers:
    """Everybody's plays, damped by the logarithm and of length 1: neighbourhood by user.

    `plays` is CSR, shape (n_users, n_songs); `idf` (n_songs,) weighs down what everybody plays.
    """

    matrix: sp.csr_matrix
    idf: np.ndarray

    @classmethod
    def build(cls, log: ListenLog) -> SimilarUsers:
        """Gather the plays of a log."""
        known = log.rows >= 0
        _, user = np.unique(log.users[known], return_inverse=True)
        ones = np.ones(int(known.sum()), np.float32)
        n_users = int(user.max()) + 1 if len(user) else 0
        counts = sp.csr_matrix((ones, (user, log.rows[known])), shape=(n_users, log.n_songs))
        counts.sum_duplicates()
        counts.data = np.log1p(counts.data)
        holders = np.bincount(counts.indices, minlength=log.n_songs)
        idf = np.log1p(n_users / np.maximum(holders, 1)).astype(np.float32)
        weighed = sp.csr_matrix(counts @ sp.diags(idf))
        length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
        return cls(sp.csr_matrix(sp.diags(1.0 / np.maximum(length, 1e-9)) @ weighed, dtype=np.float32), idf)

    def plays(self, history: History) -> np.ndarray:
        """How much the 30 most similar users play each song, by similarity; float32, shape (n_songs,).

        Zeros for a user without history, or whom nobody resembles.
        """
        return self.songs(history)[np.arange(self.matrix.shape[1])]

    def songs(self, history: History) -> SparseRow:
        """`plays` where it is positive: the songs that they play."""
        nothing = SparseRow.nothing(self.matrix.shape[1])
        songs, counts = np.unique(history.rows, return_counts=True)
        query = np.log1p(counts).astype(np.float32) * self.idf[songs]
        length = float(np.linalg.norm(query))
        if length == 0.0 or not self.matrix.shape[0]:
            return nothing
        # Of everybody only those who played one of these songs are read.
        users = sum_rows_sparsely(self._by_song, songs, query / length)
        cosine = np.where(users.values > _SAME, np.float32(0.0), users.values)
        best = np.argsort(-cosine, kind="stable")[:_SIMILAR]
        total = float(cosine[best].sum())
        if total == 0.0:
            return nothing
        return sum_rows_sparsely(self.matrix, users.at[best], cosine[best] / total)

    @cached_property
    def _by_song(self) -> sp.csr_matrix:
        return sp.csr_matrix(self.matrix.T)
