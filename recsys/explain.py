"""Why a song was recommended: the listens without which it would score least.

Leave-one-out: each song of the profile is taken out in turn, the recommended songs are scored again at
unchanged scales, and the fall is that song's part. So a reason is true by construction: removing it lowers
the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys.continuation import Continuation
from recsys.query import build_query

# Songs of a profile that are tried as reasons; the heaviest ones.
MAX_TRIED = 60


@dataclass(frozen=True)
class Reason:
    """What pulled one song in.

    Attributes
    ----------
    because : int64 array
        Rows of the listens whose removal lowers the score most, strongest first.
    shares : float32 array
        How much of the score falls with each, 0..1.
    signal : str
        The component with the largest part in the score.
    """

    because: np.ndarray
    shares: np.ndarray
    signal: str


def explain(
    model: Continuation, rows: np.ndarray, weights: np.ndarray, songs: np.ndarray, *, n_reasons: int = 3
) -> list[Reason]:
    """Find the reasons of each recommended song.

    Parameters
    ----------
    rows, weights : arrays, shape (n_profile,)
        The profile, heaviest first, as given to `Continuation.score`.
    songs : int array, shape (n_songs,)
        The songs to explain.
    """
    query = build_query([rows], model.n_songs, [weights])
    _, scales = model.score_query(query)
    full = model.score_columns(query, songs, scales)
    total = sum(full.values(), start=np.zeros((1, len(songs)), np.float32))
    tried = min(len(rows), MAX_TRIED)
    # Taking a song out leaves the others' weights as they are, so the query is not scaled up again.
    without = [np.delete(np.arange(len(rows)), i) for i in range(tried)]
    left_out = build_query(
        [rows[keep] for keep in without], model.n_songs, [weights[keep] for keep in without]
    )
    kept_weight = np.array([weights[keep].sum() / weights.sum() for keep in without], dtype=np.float32)
    left_out = sp.csr_matrix(sp.diags(kept_weight) @ left_out)
    parts = model.score_columns(left_out, songs, scales)
    fall = total - sum(parts.values(), start=np.zeros((tried, len(songs)), np.float32))
    # That a song was played before is no reason to hear of it: only other songs are named.
    fall[rows[:tried, None] == songs[None, :]] = -np.inf
    return [_reason(fall[:, j], float(total[0, j]), rows, full, j, n_reasons) for j in range(len(songs))]


def _reason(
    fall: np.ndarray, total: float, rows: np.ndarray, full: dict[str, np.ndarray], j: int, n_reasons: int
) -> Reason:
    order = np.argsort(-fall, kind="stable")[:n_reasons]
    order = order[fall[order] > 1e-6 * max(total, 1e-12)]
    shares = np.clip(fall[order] / max(total, 1e-12), 0.0, 1.0).astype(np.float32)
    signal = max(full, key=lambda name: float(full[name][0, j])) if full else "popularity"
    return Reason(rows[order].astype(np.int64), shares, signal)
