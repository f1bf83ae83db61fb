"""Nearest vectors by inner product, with Faiss: exact for small catalogues, HNSW graphs for large ones,
inverted lists for those that no graph is built over in a night, and for vectors of unequal length.

The sizes at which one gives way to the next, and their settings, were measured (docs/scaling.md, `make
bench-index`). An index is never changed while it is searched: a release builds it once, services swap whole
indexes.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys.song2vec import unit

EXACT, HNSW, IVF = "exact", "hnsw", "ivf"
KINDS = (EXACT, HNSW, IVF)
# Below this many vectors exact search answers in about a millisecond, and cannot miss.
EXACT_BELOW = 50_000
# From here on a graph takes longer to build than a night has for it.
IVF_FROM = 3_000_000
# Inverted lists: about so many roots of the number of vectors, each centre learned from so many of them.
_LISTS, _MOST_LISTS, _POINTS, _ROUNDS = 2.0, 8_192, 32, 6
# A file from here on is mapped into memory, where all processes share it.
_MAPPED_FROM = 16 * 2**20
_AT_ONCE = 200_000
# So many times k vectors are compared, at least.
_TIMES_K = 8
# Lists of output vectors that are visited (docs/scaling.md).
_OUTPUT_LISTS = 64
# Queries of one answer: a vector for each interest.
_FEW = 8


@dataclass(frozen=True)
class IndexSettings:
    """Which Faiss index to build. `kind` "auto" chooses by size; M, ef_* are HNSW's (Malkov & Yashunin,
    2018), `n_probe` is how many inverted lists are visited. `of_one_length` says that no vector is
    longer than another.
    """

    kind: str = "auto"
    of_one_length: bool = True
    m: int = 32
    ef_construction: int = 120
    ef_search: int = 96
    n_probe: int = 16
    seed: int = 1


def for_output(settings: IndexSettings) -> IndexSettings:
    """The settings for song2vec's output vectors, which are not of one length: the best are spread over more
    lists.
    """
    return replace(settings, of_one_length=False, n_probe=_OUTPUT_LISTS)


@dataclass(frozen=True)
class IndexChoice:
    """A kind of index, and why it was chosen."""

    kind: str
    why: str


def choose_index(n: int, kind: str = "auto", *, of_one_length: bool = True) -> IndexChoice:
    """The kind of index for so many vectors, by the tables in docs/scaling.md.

    Parameters
    ----------
    kind : str
        "auto", or one that somebody has set, which is taken.
    of_one_length : bool
        Whether all vectors are, as in the song space.

    Raises
    ------
    ValueError
        Another kind.
    """
    if kind in KINDS:
        return IndexChoice(kind, "set so")
    if kind != "auto":
        raise ValueError(f"index kind is auto, {', '.join(KINDS[:-1])} or {KINDS[-1]}, got {kind!r}")
    if n < EXACT_BELOW:
        return IndexChoice(EXACT, f"fewer than {EXACT_BELOW:,} vectors: all are compared, and none missed")
    if not of_one_length:
        return IndexChoice(
            IVF, "vectors of unequal length: a graph misses half of the best, lists hardly any"
        )
    if n < IVF_FROM:
        return IndexChoice(
            HNSW, f"fewer than {IVF_FROM:,} vectors: a graph is the quickest that misses little"
        )
    return IndexChoice(
        IVF, f"{IVF_FROM:,} vectors or more: a graph takes too long to build, lists a fraction"
    )


def why_of(index: VectorIndex, *, of_one_length: bool = True) -> str:
    """Why an index is of its kind; `of_one_length` as for `choose_index`."""
    choice = choose_index(len(index), of_one_length=of_one_length)
    return choice.why if choice.kind == index.kind else "set so"


class VectorIndex:
    """Vectors numbered 0..n-1, searched by inner product; give unit vectors to search by cosine."""

    def __init__(self, index: Any, mapped: Path | None = None) -> None:
        self._index = index
        # Faiss would write where mapped lists lie, not what is in them.
        self._mapped = mapped
        self._dim = int(index.d)
        if hasattr(index, "nprobe"):
            self._kind = IVF
        else:
            self._kind = HNSW if hasattr(index, "hnsw") else EXACT
        # By efSearch: making them takes a tenth of a search.
        self._efforts: dict[int, Any] = {}

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings | None = None) -> VectorIndex:
        """Build an index over float32 vectors, shape (n, dim); they may be memory-mapped."""
        import faiss

        settings = settings or IndexSettings()
        parts = range(0, len(vectors), _AT_ONCE) if vectors.ndim == 2 else ()
        if vectors.ndim != 2 or not all(np.isfinite(vectors[at : at + _AT_ONCE]).all() for at in parts):
            raise ValueError(f"need finite vectors of shape (n, dim), got shape {vectors.shape}")
        n, dim = vectors.shape
        kind = choose_index(n, settings.kind, of_one_length=settings.of_one_length).kind
        # Without vectors there is nothing to learn lists from.
        if kind == EXACT or n == 0:
            index: Any = faiss.IndexFlatIP(dim)
        elif kind == HNSW:
            index = faiss.IndexHNSWFlat(dim, settings.m, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = settings.ef_construction
            index.hnsw.efSearch = settings.ef_search
            index.hnsw.rng = type(index.hnsw.rng)(settings.seed)
        else:
            index = _lists(vectors, settings)
        for at in parts:
            index.add(np.ascontiguousarray(vectors[at : at + _AT_ONCE], dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read an index that `save` wrote; a large one is mapped into memory, and must not be changed."""
        import faiss

        if path.stat().st_size < _MAPPED_FROM:
            return cls(faiss.read_index(str(path)))
        with path.open("rb") as file:
            has_lists = file.read(2) == b"Iw"
        # The one flag maps inverted lists, the other graphs and plain vectors.
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if has_lists else faiss.IO_FLAG_MMAP_IFC)
        if has_lists:
            # By default it starts threads for each query, which read ahead.
            lists: Any = faiss.downcast_InvertedLists(index.invlists)
            lists.prefetch_nthread = 0
        return cls(index, path if has_lists else None)

    def save(self, path: Path) -> None:
        """Write the index to a file; the one that a mapped index came from has to be there still.

        Raises
        ------
        FileNotFoundError
            It is not.
        """
        import faiss

        if self._mapped is None:
            faiss.write_index(self._index, str(path))
        else:
            shutil.copyfile(self._mapped, path)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def kind(self) -> str:
        """The kind of index in it, of `KINDS`."""
        return self._kind

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
            Best first; -1 where there are fewer than k vectors (in the lists that are visited), or where the
            query is not finite.
        scores : float32 array, shape (n_queries, k)
            The least float32 beside a -1.

        Raises
        ------
        ValueError
            k below 1, or queries of another dimension than the vectors.
        """
        queries = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        if k < 1 or queries.shape[1] != self._dim:
            raise ValueError(f"need k >= 1 and queries of {self._dim} dimensions, got {k}, {queries.shape}")
        more: dict[str, Any] = {}
        if ef_search is not None and self._kind == HNSW:
            more["params"] = self._effort(max(ef_search, k))
        if self._kind == IVF and (wanted := self._lists_for(k)) > self._index.nprobe:
            more["params"] = _visiting(wanted)
        if len(queries) > _FEW:
            scores, rows = self._index.search(queries, k, **more)
            return rows, scores
        # One by one: for several Faiss starts threads, which with as many askers get in each other's way.
        found = [self._index.search(queries[i : i + 1], k, **more) for i in range(len(queries))]
        if not found:
            return np.zeros((0, k), np.int64), np.zeros((0, k), np.float32)
        return np.concatenate([rows for _, rows in found]), np.concatenate([scores for scores, _ in found])

    def _lists_for(self, k: int) -> int:
        """How many lists hold a few times k vectors, were they of one length."""
        lists = int(self._index.nlist)
        return min(lists, int(np.ceil(_TIMES_K * k * lists / max(len(self), 1))))

    def _effort(self, ef_search: int) -> Any:
        if ef_search not in self._efforts:
            import faiss

            # The stubs miss it.
            self._efforts[ef_search] = faiss.SearchParametersHNSW(efSearch=ef_search)  # type: ignore[attr-defined]
        return self._efforts[ef_search]


def _visiting(n_lists: int) -> Any:
    import faiss

    # The stubs do not know its arguments.
    return faiss.SearchParametersIVF(nprobe=n_lists)  # type: ignore[call-arg]


def _lists(vectors: np.ndarray, settings: IndexSettings) -> Any:
    """Empty inverted lists, their centres learned from some of the vectors."""
    import faiss

    n, dim = vectors.shape
    n_lists = int(np.clip(2 ** round(np.log2(max(_LISTS * np.sqrt(n), 1.0))), 1, min(_MOST_LISTS, max(n, 1))))
    sample = np.ascontiguousarray(vectors[:: max(1, n // (_POINTS * n_lists))], dtype=np.float32)
    # Long vectors would draw everything to them: a list is a direction.
    directions = unit(sample)
    centres: Any = faiss.Kmeans(
        dim, n_lists, niter=_ROUNDS, seed=settings.seed, spherical=True,
        min_points_per_centroid=1, max_points_per_centroid=_POINTS,
    )  # fmt: skip
    centres.train(directions)
    coarse = faiss.IndexFlatIP(dim)
    coarse.add(centres.centroids)
    index: Any = faiss.IndexIVFFlat(coarse, dim, n_lists, faiss.METRIC_INNER_PRODUCT)
    # Whoever forgets `coarse` would leave the index without it.
    index.referenced_objects = [coarse]
    index.train(sample)
    index.nprobe = settings.n_probe
    return index
