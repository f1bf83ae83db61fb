"""What a signal of the blend (recsys/components.py) can do beside scoring songs: say what is left of a score
without some of the query's songs, which reasons are made of (recsys/explain.py).

Classes to inherit from, not protocols: whether something is one is asked for every signal of every answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import scipy.sparse as sp

from recsys.sparse_rows import Columns


class LeavesOut(ABC):
    """A component that knows a short way to leave some of the query's songs out."""

    @abstractmethod
    def scores_without(self, query: sp.csr_matrix, parts: sp.csr_matrix, columns: np.ndarray) -> np.ndarray:
        """Scores for the query less each of its parts: `scores(query - part, columns)` for each row of
        `parts`; query CSR (1, n_songs), parts CSR (n_parts, n_songs) -> float32, shape (n_parts, n_columns).
        """


class Sum(ABC):
    """A component that is a sum over the query's songs: sum_i q_i terms[i, j]."""

    @abstractmethod
    def terms(self, rows: np.ndarray, columns: Columns) -> np.ndarray:
        """What each of these songs adds to a score, at weight 1; float32, shape (n_rows, n_columns)."""
