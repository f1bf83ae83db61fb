"""Protocol `cold-song`: songs that training has never seen, placed by what is known of them, asked for by
lists.

Lists are split by group as in `continuation-v1`. Of the songs that stand in at least 3 lists, some are
hidden: all songs of a tenth of the artists ("new artist"), and a tenth of the songs of the others, where
another song of the artist stays ("known artist"). Training gets neither the test lists nor the hidden songs.
A test list that holds hidden songs of a kind shows its first 10 known songs, and all hidden songs of that
kind are ranked for it; those that stand in it are to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.corpus import Corpus
from recsys.evaluate import MAX_CASES, MAX_SEEN, MIN_COUNT, Case, K, metrics_of, rank

KNOWN_ARTIST, NEW_ARTIST = "known artist", "new artist"
KINDS = (KNOWN_ARTIST, NEW_ARTIST)
_SHARE = 0.1

ColdScorer = Callable[[Sequence[np.ndarray]], np.ndarray]
"""Rows of seen songs (of the training corpus), one array a case -> scores of all cold songs, float array,
shape (n_cases, n_cold)."""


@dataclass(frozen=True)
class ColdSplit:
    """Training lists without the hidden songs, the hidden songs, and the cases that ask for them.

    Attributes
    ----------
    train : Corpus
        Songs in at least 3 training lists; no hidden one.
    cold_ids : int64 array, shape (n_cold,)
        Database ids of the hidden songs, ascending.
    is_new_artist : bool array, shape (n_cold,)
        Whether all songs of the artist are hidden.
    cases : dict of kind to cases
        `seen` are rows of `train`, `hidden` are rows of `cold_ids`.
    """

    train: Corpus
    cold_ids: np.ndarray
    is_new_artist: np.ndarray
    cases: dict[str, tuple[Case, ...]]
    seed: int

    def rows_of(self, kind: str) -> np.ndarray:
        """Rows of the hidden songs of a kind."""
        return np.flatnonzero(self.is_new_artist == (kind == NEW_ARTIST))


def make_cold_split(
    corpus: Corpus, artists: np.ndarray, *, seed: int, max_cases: int = MAX_CASES
) -> ColdSplit:
    """Hide songs and lists.

    Parameters
    ----------
    corpus : Corpus
        Every list, every song.
    artists : int array, shape (n_songs,)
        Artist of each song of the corpus; -1 where unknown: such a song counts as of an artist of its own.

    Returns
    -------
    ColdSplit
        Without cases when the corpus is too small.
    """
    if len(artists) != corpus.n_songs:
        raise ValueError(f"one artist a song, got {len(artists)} for {corpus.n_songs} songs")
    rng = np.random.default_rng(seed)
    groups = np.unique(corpus.groups)
    share = 0.2 if len(groups) < 0.8 * corpus.n_lists else 0.1
    n_test = min(len(groups), max(1, round(share * len(groups))))
    is_test = np.isin(corpus.groups, rng.permutation(groups)[:n_test])
    new_artist, known_artist = _hidden(corpus, artists, rng)
    cold = new_artist | known_artist
    cold_ids = corpus.song_ids[cold]
    train = _without(corpus.take(np.flatnonzero(~is_test)), cold).restrict(MIN_COUNT)
    split = ColdSplit(train, cold_ids, new_artist[cold], {}, seed)
    cold_row = np.where(cold, np.cumsum(cold) - 1, -1)
    train_row = np.full(corpus.n_songs, -1, dtype=np.int64)
    train_row[np.searchsorted(corpus.song_ids, train.song_ids)] = np.arange(train.n_songs)
    for kind in KINDS:
        of_kind = np.isin(np.arange(len(cold_ids)), split.rows_of(kind))
        cases = []
        for i in np.flatnonzero(is_test):
            songs = corpus.songs_of(int(i))
            seen = train_row[songs][train_row[songs] >= 0][:MAX_SEEN]
            hidden = cold_row[songs][cold_row[songs] >= 0]
            hidden = hidden[of_kind[hidden]]
            if len(seen) and len(hidden):
                cases.append(Case(seen, hidden, int(corpus.groups[i])))
        if len(cases) > max_cases:
            cases = [cases[i] for i in np.sort(rng.choice(len(cases), max_cases, replace=False))]
        split.cases[kind] = tuple(cases)
    return split


def _hidden(corpus: Corpus, artists: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Bool arrays over the corpus's songs: those hidden with their artist, and those hidden alone."""
    alone = np.arange(corpus.n_songs) + int(artists.max(initial=0)) + 1
    _, artist = np.unique(np.where(artists >= 0, artists, alone), return_inverse=True)
    often = corpus.counts() >= MIN_COUNT
    # Only artists who would be missed: an artist without such a song says nothing when hidden.
    named = np.unique(artist[often])
    new = np.isin(artist, rng.permutation(named)[: round(_SHARE * len(named))])
    rest = np.flatnonzero(often & ~new)
    rest = rng.permutation(rest)
    # The first of an artist in random order stays; of the others, so many that a tenth of all is hidden.
    _, first = np.unique(artist[rest], return_index=True)
    others = np.delete(rest, first)
    known = np.zeros(corpus.n_songs, dtype=bool)
    known[others[: round(_SHARE * len(rest))]] = True
    return new & often, known


def _without(corpus: Corpus, hidden: np.ndarray) -> Corpus:
    """The corpus with these songs taken out of every list; the numbering of songs stays."""
    keep = ~hidden[corpus.rows]
    lists = np.repeat(np.arange(corpus.n_lists), corpus.lengths)
    lengths = np.bincount(lists[keep], minlength=corpus.n_lists)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Corpus(corpus.song_ids, indptr, corpus.rows[keep], corpus.groups, corpus.snapshots_of)


def measure_cold(
    scorer: ColdScorer, split: ColdSplit, kind: str, *, batch: int = 128
) -> dict[str, np.ndarray]:
    """Every metric of `recsys.evaluate.METRICS`, one value a case, ranking the hidden songs of one kind."""
    cases = split.cases[kind]
    others = np.setdiff1d(np.arange(len(split.cold_ids)), split.rows_of(kind))
    hits = np.zeros((len(cases), K), dtype=bool)
    for start in range(0, len(cases), batch):
        part = cases[start : start + batch]
        ranked = rank(scorer([case.seen for case in part]), [others] * len(part))
        for j, case in enumerate(part):
            hits[start + j] = np.isin(ranked[j], case.hidden)
    return metrics_of(hits, np.array([len(case.hidden) for case in cases], dtype=np.int64))
