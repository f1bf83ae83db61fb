"""The corpus: playlists and listening sessions as sentences, songs as words.

A `Corpus` numbers its songs 0..n_songs-1 (`rows`) and remembers the id of each in `song_ids`. Every list
names a song once, at its first occurrence.

Two kinds of kinship are kept apart. Lists of one `group` must not be parted by a split: snapshots of a
playlist, near-duplicates, sessions of a user. Lists of one `source` are snapshots of the same playlist: m of
them count as m ** (1 - power) lists, so that a playlist archived 398 times does not drown the others.
Near-duplicates made by different people are evidence, and count in full: weighing them down too cost 2.5 %
of NDCG on set lists, and `power` .5 was best on development splits (docs/song2vec.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

SOURCE_POWER = 0.5
_PLACES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Corpus:
    """Lists of songs in order.

    Attributes
    ----------
    song_ids : int64 array, shape (n_songs,)
        Ascending; position = row.
    indptr : int64 array, shape (n_lists + 1,)
        List `i` is `rows[indptr[i]:indptr[i + 1]]`.
    rows : int32 array, shape (n_tokens,)
    groups : int64 array, shape (n_lists,)
        Lists with the same number stay on one side of a split.
    sources : int64 array, shape (n_lists,), optional
        Lists with the same number are snapshots of one playlist; the groups by default.
    """

    song_ids: np.ndarray
    indptr: np.ndarray
    rows: np.ndarray
    groups: np.ndarray
    sources: np.ndarray | None = None

    @property
    def n_songs(self) -> int:
        """Size of the vocabulary."""
        return len(self.song_ids)

    @property
    def n_lists(self) -> int:
        """Number of lists."""
        return len(self.groups)

    @property
    def n_tokens(self) -> int:
        """Number of places in all lists together."""
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """Songs in each list, int64, shape (n_lists,)."""
        return np.diff(self.indptr)

    def songs_of(self, i: int) -> np.ndarray:
        """Rows of list `i`, in order."""
        return self.rows[self.indptr[i] : self.indptr[i + 1]]

    def counts(self) -> np.ndarray:
        """In how many lists each song stands, int64, shape (n_songs,)."""
        return np.bincount(self.rows, minlength=self.n_songs).astype(np.int64)

    @property
    def snapshots_of(self) -> np.ndarray:
        """The source of each list, int64, shape (n_lists,)."""
        return self.groups if self.sources is None else self.sources

    def weights(self, power: float = SOURCE_POWER) -> np.ndarray:
        """Weight of each list: (snapshots of its source) ** -power; float32, shape (n_lists,)."""
        _, inverse, size = np.unique(self.snapshots_of, return_inverse=True, return_counts=True)
        return np.asarray(size[inverse] ** -power, dtype=np.float32)

    def incidence(self) -> sp.csr_matrix:
        """Lists x songs, 1 where the list holds the song; float32 CSR."""
        data = np.ones(self.n_tokens, dtype=np.float32)
        return sp.csr_matrix((data, self.rows, self.indptr), shape=(self.n_lists, self.n_songs))

    def take(self, lists: np.ndarray) -> Corpus:
        """Keep these lists, in this order, over the same songs."""
        lengths = self.lengths[lists]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        starts = np.repeat(self.indptr[lists] - indptr[:-1], lengths)
        rows = self.rows[starts + np.arange(indptr[-1])]
        return Corpus(self.song_ids, indptr, rows, self.groups[lists], self.snapshots_of[lists])

    def restrict(self, min_count: int) -> Corpus:
        """Keep the songs that stand in at least so many lists, numbered anew, and the lists that hold any."""
        kept_songs = self.counts() >= min_count
        kept = kept_songs[self.rows]
        held = np.concatenate([[0], np.cumsum(kept)])
        lengths = np.diff(held[self.indptr])
        lists = lengths > 0
        new_row = (np.cumsum(kept_songs) - 1).astype(np.int32)
        return Corpus(
            self.song_ids[kept_songs],
            np.concatenate([[0], np.cumsum(lengths[lists])]).astype(np.int64),
            new_row[self.rows[kept]],
            self.groups[lists],
            self.snapshots_of[lists],
        )


def gather_corpus(
    song_ids: np.ndarray, indptr: np.ndarray, groups: np.ndarray, sources: np.ndarray
) -> Corpus:
    """`build_corpus` for lists that stand in arrays already: no sort of all places, a part at a time.

    Parameters
    ----------
    song_ids : int array, shape (n_places,)
        Not negative; list `i` is `song_ids[indptr[i]:indptr[i + 1]]`, in order of position.
    groups, sources : int arrays, shape (n_lists,)

    Raises
    ------
    ValueError
        Arrays that do not fit together.
    """
    if len(indptr) != len(groups) + 1 or len(groups) != len(sources) or indptr[-1] != len(song_ids):
        raise ValueError(f"{len(groups)} lists with {len(indptr)} bounds, {len(song_ids)} places")
    vocabulary = np.flatnonzero(np.bincount(song_ids)) if len(song_ids) else np.zeros(0, np.int64)
    new_row = np.zeros(int(vocabulary[-1]) + 1 if len(vocabulary) else 1, dtype=np.int32)
    new_row[vocabulary] = np.arange(len(vocabulary), dtype=np.int32)
    parts, lengths = [], []
    start = 0
    while start < len(groups):
        stop = int(np.searchsorted(indptr, indptr[start] + _PLACES_AT_ONCE, side="right")) - 1
        stop = max(start + 1, stop)
        rows = new_row[song_ids[indptr[start] : indptr[stop]]]
        own = np.diff(indptr[start : stop + 1])
        number = np.repeat(np.arange(stop - start), own)
        kept = _first_occurrences(number, rows, len(vocabulary))
        parts.append(rows[kept])
        lengths.append(np.bincount(number[kept], minlength=stop - start))
        start = stop
    rows = np.concatenate([np.zeros(0, np.int32), *parts])
    length = np.concatenate([np.zeros(0, np.int64), *lengths])
    there = length > 0
    return Corpus(
        vocabulary.astype(np.int64),
        np.concatenate([[0], np.cumsum(length[there])]).astype(np.int64),
        rows,
        np.asarray(groups)[there].astype(np.int64),
        np.asarray(sources)[there].astype(np.int64),
    )


def build_corpus(
    list_ids: np.ndarray,
    song_ids: np.ndarray,
    groups: np.ndarray,
    *,
    sources: np.ndarray | None = None,
    min_count: int = 1,
    min_length: int = 1,
) -> Corpus:
    """Gather (list, song) pairs, in order of list and position, into a corpus.

    Parameters
    ----------
    list_ids, song_ids : int arrays, shape (n_pairs,)
        Pairs of one list stand together, in order of position.
    groups : int array, shape (n_pairs,)
        The group of the list of each pair.
    sources : int array, shape (n_pairs,), optional
        Its source; the group by default.
    min_count : int
        Keep songs that stand in at least so many lists.
    min_length : int
        Keep lists of at least so many kept songs. Songs are counted before, so with `min_length` above 1 a
        song may be left that stands in no kept list.

    Returns
    -------
    Corpus
        Empty (no songs, no lists) when nothing is left.

    Raises
    ------
    ValueError
        Arrays of different lengths, or a list whose pairs do not stand together.
    """
    if not len(list_ids) == len(song_ids) == len(groups):
        raise ValueError(
            f"one list, song and group a pair, got {len(list_ids)}, {len(song_ids)}, {len(groups)}"
        )
    if sources is not None and len(sources) != len(list_ids):
        raise ValueError(f"one source a pair, got {len(sources)} for {len(list_ids)} pairs")
    vocabulary, rows = np.unique(song_ids, return_inverse=True)
    change = np.flatnonzero(np.diff(list_ids)) + 1
    first = np.concatenate([[0], change]) if len(list_ids) else np.zeros(0, dtype=np.int64)
    if len(np.unique(np.asarray(list_ids)[first])) < len(first):
        raise ValueError("the pairs of a list must stand together: sort them by list and position")
    list_number = np.zeros(len(list_ids), dtype=np.int64)
    list_number[change] = 1
    list_number = np.cumsum(list_number)
    list_groups = np.asarray(groups)[first].astype(np.int64)
    list_sources = list_groups if sources is None else np.asarray(sources)[first].astype(np.int64)

    keep = _first_occurrences(list_number, rows, len(vocabulary))
    counts = np.bincount(rows[keep], minlength=len(vocabulary))
    kept_songs = counts >= min_count
    new_row = np.cumsum(kept_songs) - 1
    keep = keep[kept_songs[rows[keep]]]

    lengths = np.bincount(list_number[keep], minlength=len(list_groups))
    long_enough = lengths >= max(min_length, 1)
    keep = keep[long_enough[list_number[keep]]]
    return Corpus(
        song_ids=vocabulary[kept_songs].astype(np.int64),
        indptr=np.concatenate([[0], np.cumsum(lengths[long_enough])]).astype(np.int64),
        rows=new_row[rows[keep]].astype(np.int32),
        groups=list_groups[long_enough],
        sources=list_sources[long_enough],
    )


def _first_occurrences(list_number: np.ndarray, rows: np.ndarray, n_songs: int) -> np.ndarray:
    """Positions of the pairs that are the first of their song in their list, ascending."""
    keys = list_number.astype(np.int64) * max(n_songs, 1) + rows
    _, first = np.unique(keys, return_index=True)
    return np.sort(first)


def sample_versions(corpus: Corpus, *, rounds: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the lists of an epoch: ceil(sqrt(m)) of the m snapshots of each source, `rounds` times, shuffled.

    This gives a trainer that knows no weights the weights of `Corpus.weights`, and saves it the work on
    near-identical sentences. Lists alone in their source are drawn in every round.

    Returns
    -------
    int64 array of list numbers; the rounds follow one another.
    """
    order = np.argsort(corpus.snapshots_of, kind="stable")
    _, start, size = np.unique(corpus.snapshots_of[order], return_index=True, return_counts=True)
    quota = np.ceil(size ** (1.0 - SOURCE_POWER)).astype(np.int64)
    within = np.repeat(start, size)
    drawn = []
    for _ in range(rounds):
        # A random order within each source: sort by (source, a random key), keep the first `quota`.
        key = rng.random(corpus.n_lists)
        shuffled = order[np.lexsort((key, within))]
        rank = np.arange(corpus.n_lists) - within
        chosen = shuffled[rank < np.repeat(quota, size)]
        drawn.append(rng.permutation(chosen))
    return np.concatenate(drawn) if drawn else np.zeros(0, dtype=np.int64)


def without_kinship(corpus: Corpus) -> Corpus:
    """The same lists for publishing: in an order that says nothing, and no longer linked to one another.

    A group may be all sessions of one user, and the order of lists may follow users; neither is needed to
    answer. Lists are ordered by a hash of their songs, and only snapshots of one source keep a common
    number, which their weights need.
    """
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        token = (corpus.rows.astype(np.uint64) + np.uint64(1)) * multiplier
        mixed = (token ^ (token >> np.uint64(29))) * multiplier
    starts = np.minimum(corpus.indptr[:-1], max(corpus.n_tokens - 1, 0))
    key = np.add.reduceat(mixed, starts) if corpus.n_tokens else np.zeros(corpus.n_lists, np.uint64)
    shuffled = corpus.take(np.argsort(key, kind="stable"))
    _, first, number = np.unique(shuffled.snapshots_of, return_index=True, return_inverse=True)
    sources = np.argsort(np.argsort(first))[number].astype(np.int64)
    return Corpus(shuffled.song_ids, shuffled.indptr, shuffled.rows, sources, sources)


def write_corpus_file(corpus: Corpus, path: Path, lists: np.ndarray | None = None) -> int:
    """Write one line a list, song rows parted by blanks: gensim's `corpus_file`. Returns the number of
    tokens.

    The file is streamed, so memory does not grow with the corpus. gensim cuts a line after 10,000 words;
    longer lists are written as several lines.
    """
    longest = 10_000
    n_tokens = 0
    # Each number is written out once: a song stands in many lists, and in each of the rounds.
    words = [str(row) for row in range(corpus.n_songs)]
    with path.open("w", encoding="ascii") as file:
        for i in range(corpus.n_lists) if lists is None else lists.tolist():
            songs = corpus.songs_of(i).tolist()
            for start in range(0, len(songs), longest):
                file.write(" ".join([words[row] for row in songs[start : start + longest]]) + "\n")
            n_tokens += len(songs)
    return n_tokens


def save_corpus(path: Path, corpus: Corpus) -> None:
    """Write a corpus's arrays to one .npz file."""
    np.savez(
        path,
        song_ids=corpus.song_ids,
        indptr=corpus.indptr,
        rows=corpus.rows,
        groups=corpus.groups,
        sources=corpus.snapshots_of,
    )


def load_corpus(path: Path) -> Corpus:
    """Read back what `save_corpus` wrote."""
    with np.load(path) as arrays:
        return Corpus(*(arrays[name] for name in ("song_ids", "indptr", "rows", "groups", "sources")))
