"""Why a song was recommended: the listens without which it would score least.

Leave-one-out: each song of the profile is taken out in turn, the recommended songs are scored again at
unchanged scales, and the fall is that song's part. So a reason is true by construction: removing it lowers
the score. A song that the model does not know is in the query by its stand-ins, and is taken out with them.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    _, scales = model.score_query(build_query([rows], model.n_songs, [weights]))
    shares = np.asarray(weights / max(float(weights.sum()), 1e-12), np.float32)
    parts = sp.csr_matrix((shares, (np.arange(len(rows)), rows)), shape=(len(rows), model.n_songs))
    return explain_parts(model, rows, parts, songs, scales=scales, n_reasons=n_reasons)


def explain_parts(
    model: Continuation, listens: np.ndarray, parts: sp.csr_matrix, songs: np.ndarray, *,
    scales: Mapping[str, np.ndarray], n_reasons: int = 3,
) -> list[Reason]:  # fmt: skip
    """Find the reasons of each recommended song among listens that the query holds by one song or several.

    Parameters
    ----------
    listens : int array, shape (n_listens,)
        What the reasons go by, heaviest first.
    parts : float32 CSR, shape (n_listens, n_songs of the model)
        What each listen adds to the query, which is their sum.
    scales : dict
        At which the songs were scored (`Continuation.score_candidates`).
    """
    # Taking a listen out leaves the others' weights as they are: the query is not scaled up again.
    full, left = model.leave_out(parts, songs, scales, most=MAX_TRIED)
    total = sum(full.values(), start=np.zeros((1, len(songs)), np.float32))
    fall = total - left
    tried = len(left)
    # That a song was played before is no reason to hear of it: only other songs are named.
    fall[listens[:tried, None] == songs[None, :]] = -np.inf
    return [_reason(fall[:, j], float(total[0, j]), listens, full, j, n_reasons) for j in range(len(songs))]


def _reason(
    fall: np.ndarray, total: float, rows: np.ndarray, full: dict[str, np.ndarray], j: int, n_reasons: int
) -> Reason:
    order = np.argsort(-fall, kind="stable")[:n_reasons]
    order = order[fall[order] > 1e-6 * max(total, 1e-12)]
    shares = np.clip(fall[order] / max(total, 1e-12), 0.0, 1.0).astype(np.float32)
    signal = max(full, key=lambda name: float(full[name][0, j])) if full else "popularity"
    return Reason(rows[order].astype(np.int64), shares, signal)
