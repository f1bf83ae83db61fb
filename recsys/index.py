"""Nearest vectors by inner product, with Faiss: exact for small catalogues, HNSW graphs for large ones.

The threshold and the graph's settings were measured (docs/song2vec.md, `make bench-index`). An index is
never changed while it is searched: a release builds it once, services swap whole indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Below this many vectors exact search answers in about a millisecond, and cannot miss.
EXACT_BELOW = 50_000


@dataclass(frozen=True)
class IndexSettings:
    """Which Faiss index to build. `kind` "auto" chooses by size; M, ef_* are HNSW's (Malkov & Yashunin,
    2018).
    """

    kind: str = "auto"
    m: int = 32
    ef_construction: int = 120
    ef_search: int = 96
    seed: int = 1


class VectorIndex:
    """Vectors numbered 0..n-1, searched by inner product; give unit vectors to search by cosine."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings | None = None) -> VectorIndex:
        """Build an index over float32 vectors, shape (n, dim)."""
        import faiss

        settings = settings or IndexSettings()
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise ValueError(f"need finite vectors of shape (n, dim), got shape {vectors.shape}")
        n, dim = vectors.shape
        kind = settings.kind if settings.kind != "auto" else ("exact" if n < EXACT_BELOW else "hnsw")
        if kind == "exact":
            index: Any = faiss.IndexFlatIP(dim)
        elif kind == "hnsw":
            index = faiss.IndexHNSWFlat(dim, settings.m, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = settings.ef_construction
            index.hnsw.efSearch = settings.ef_search
            index.hnsw.rng = type(index.hnsw.rng)(settings.seed)
        else:
            raise ValueError(f"index kind is auto, exact or hnsw, got {kind!r}")
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read an index that `save` wrote."""
        import faiss

        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        import faiss

        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def kind(self) -> str:
        """The kind of index in it: "exact" or "hnsw"."""
        return "hnsw" if hasattr(self._index, "hnsw") else "exact"

    def search(
        self, queries: np.ndarray, k: int, *, ef_search: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the k vectors of largest inner product with each query.

        Parameters
        ----------
        ef_search : int, optional
            How far an HNSW graph is searched, in the place of the setting that it was built with; k at least.
            Less is quicker and misses more.

        Returns
        -------
        rows : int64 array, shape (n_queries, k)
            Best first; -1 where there are fewer than k vectors, or where the query is not finite.
        scores : float32 array, shape (n_queries, k)
            The least float32 beside a -1.

        Raises
        ------
        ValueError
            k below 1, or queries of another dimension than the vectors.
        """
        queries = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        if k < 1 or queries.shape[1] != self._index.d:
            raise ValueError(
                f"need k >= 1 and queries of {self._index.d} dimensions, got {k}, {queries.shape}"
            )
        if ef_search is not None and self.kind == "hnsw":
            import faiss

            # The stubs miss it.
            effort = faiss.SearchParametersHNSW(efSearch=max(ef_search, k))  # type: ignore[attr-defined]
            scores, rows = self._index.search(queries, k, params=effort)
        else:
            scores, rows = self._index.search(queries, k)
        return rows, scores
