"""Words into the song space: a question, or the name of a playlist, becomes a unit vector among the songs.

Texts with a known place teach it: names of playlists, and tags, lie at the centroid of the songs they name,
the text of a song (title, artist, tags) lies at the song. Two models learn from them (recsys/texts.py): a
*ridge* from sentence vectors, which generalises, and a *word table*, which knows what a word stood for. A
question lies at a mixture of both directions. What is chosen on held-back names (`Choice`): how strongly the
ridge shrinks, how much it counts in the mixture, and how sharply nearness counts beside popularity when songs
are ranked. docs/words.md has what that is worth.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys.evaluate import K, rank
from recsys.metrics import ndcg, recall
from recsys.placing import Recipe, SongPlacer, fit_placer
from recsys.song2vec import unit
from recsys.texts import Ridge, TagRidge, Texts, WordTable, fit_ridge, fit_words

logger = logging.getLogger(__name__)

# A name stands for many songs, so it teaches the ridge as much as so many song texts, and a word likewise; so
# many song texts' worth of nothing pull a word towards zero (docs/words.md).
NAME_WEIGHT = 50.0
WORD_NAME_WEIGHT, WORD_DOUBT = 30.0, 30.0
# A name of few songs says less of where it lies.
_NAME_DOUBT = 5.0
SHRINKS, MIXES, SHARPNESSES = (3.0, 1.0, 10.0), (0.7, 1.0, 0.5, 0.3, 0.0), (6.0, 3.0, 10.0)
# Fewer held-back names decide nothing; more cost time and change nothing.
FEWEST_NAMES, _MOST_TESTED, _FOLDS = 20, 400, 5
_LEAST_GAIN = 1.03
# How releases of format 3, before songs had a sound, call what is known of a song.
_OLD_KINDS = {"known": ("artist meaning",), "unknown": ("meaning",), "plain": ("artist", "")}


@dataclass(frozen=True)
class Choice:
    """The settings of a tower, and what held-back names say of it.

    Attributes
    ----------
    shrink : float
        Of the ridge.
    mix : float
        Share of the ridge in the mixture of directions, 0..1.
    sharpness : float
        A song's score for a question is sharpness * cosine + log(popularity).
    n_names : int
        Held-back names that chose; the documented settings when fewer than 20.
    recall : dict
        Mean recall@100 on them, of "tower" (as it ships), "ridge", "words" and "popularity".
    """

    shrink: float = SHRINKS[0]
    mix: float = MIXES[0]
    sharpness: float = SHARPNESSES[0]
    n_names: int = 0
    recall: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """Texts that name many songs: playlist names, and tags.

    Attributes
    ----------
    texts : Texts
    songs : CSR, shape (n_names, n_songs)
        How much each name says of each song: the weight of the lists of that name that hold it.
    groups : int array, shape (n_names,)
        Names of one group are held back together: they share playlists. -1 for what is never held back
        (tags).
    """

    texts: Texts
    songs: sp.csr_matrix
    groups: np.ndarray

    def take(self, rows: np.ndarray) -> Names:
        """The names of these rows."""
        return Names(self.texts.take(rows), sp.csr_matrix(self.songs[rows]), self.groups[rows])


@dataclass(frozen=True)
class TextTower:
    """Places texts in the song space; `placer` does the same for songs that have none yet."""

    ridge: Ridge
    words: WordTable
    choice: Choice
    placer: SongPlacer

    def place(self, vectors: np.ndarray | None, words: Sequence[Sequence[str]]) -> np.ndarray:
        """Unit vectors of texts in the song space, float32, shape (n, dim).

        Parameters
        ----------
        vectors : float array, shape (n, text_dim), or None
            Sentence vectors; without them the words alone decide.
        words : the words of each text

        Returns
        -------
        A text of which nothing is known has a zero vector.
        """
        return _mixture(
            None if vectors is None else self.ridge.place(vectors), self.words.place(words), self.choice.mix
        )

    def scores(self, places: np.ndarray, vectors: np.ndarray, popularity: np.ndarray) -> np.ndarray:
        """How well each song fits each question; float32, shape (n, n_songs), more is better.

        Parameters
        ----------
        places : shape (n, dim), from `place`
        vectors : unit vectors of the songs, shape (n_songs, dim)
        popularity : weighted number of lists that hold each song, shape (n_songs,)
        """
        return _scores(places, vectors, popularity, self.choice.sharpness)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        p = self.placer
        settings = {
            "choice": asdict(self.choice),
            "recipes": {kind: asdict(recipe) for kind, recipe in p.recipes.items()},
        }
        np.savez(
            path,
            ridge_mean=self.ridge.mean,
            ridge_weights=self.ridge.weights,
            words=_as_bytes("\n".join(self.words.words)),
            word_vectors=self.words.vectors.astype(np.float16),
            songs_mean=p.mean,
            meaning_mean=p.meaning.mean,
            meaning_weights=p.meaning.weights,
            song_words=_as_bytes("\n".join(p.words.words)),
            song_word_vectors=p.words.vectors.astype(np.float16),
            tags=_as_bytes("\n".join(p.tags.table.words)),
            tag_vectors=p.tags.table.vectors,
            tag_mean=p.tags.mean,
            settings=_as_bytes(json.dumps(settings, sort_keys=True)),
        )

    @classmethod
    def load(cls, path: Path) -> TextTower:
        """Read back what `save` wrote; a damaged file raises OSError, ValueError or KeyError."""
        with _opened(path) as a:
            settings = json.loads(a["settings"].tobytes().decode())
            words, song_words, tags = (
                WordTable(_words(a[f"{name}s"]), a[f"{name}_vectors"].astype(np.float32))
                for name in ("word", "song_word", "tag")
            )
            tag_ridge = TagRidge(tags, a["tag_mean"])
            ridge, meaning = (Ridge(a[f"{n}_mean"], a[f"{n}_weights"]) for n in ("ridge", "meaning"))
            mean = a["songs_mean"]
        recipes = {
            kind: Recipe(**recipe)
            for name, recipe in settings["recipes"].items()
            for kind in _OLD_KINDS.get(name, (name,))
        }
        placer = SongPlacer(mean, meaning, song_words, tag_ridge, recipes)
        return cls(ridge, words, Choice(**settings["choice"]), placer)


def _opened(path: Path) -> Any:
    try:
        return np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)


def _words(data: np.ndarray) -> tuple[str, ...]:
    text = data.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def _mixture(by_meaning: np.ndarray | None, by_word: np.ndarray, mix: float) -> np.ndarray:
    """Unit vectors between two directions; the other one where one is zero."""
    if by_meaning is None:
        return unit(by_word)
    return unit(mix * unit(by_meaning) + (1.0 - mix) * unit(by_word))


def _scores(places: np.ndarray, vectors: np.ndarray, popularity: np.ndarray, sharpness: float) -> np.ndarray:
    return np.asarray(sharpness * (places @ vectors.T) + np.log(popularity + 0.5), dtype=np.float32)


def fit_text_tower(
    names: Names,
    songs: Texts,
    vectors: np.ndarray,
    *,
    popularity: np.ndarray,
    artists: np.ndarray,
    rng: np.random.Generator,
) -> TextTower:
    """Learn from names and songs, with the settings that do best on held-back names.

    Parameters
    ----------
    names : Names
        May be empty: then the songs' texts teach alone.
    songs : Texts
        Of each song: title, artist, tags.
    vectors : float array, shape (n_songs, dim)
        Unit vectors.
    popularity : float array, shape (n_songs,)
        Weighted number of lists that hold each song.
    artists : int array, shape (n_songs,)
        -1 where unknown.

    Raises
    ------
    ValueError
        No songs, or not one text, popularity and artist a song.
    """
    n = len(vectors)
    if n == 0 or not n == len(songs) == len(popularity) == len(artists) == names.songs.shape[1]:
        raise ValueError(
            "need songs, and one text, popularity and artist for each; got "
            f"{n}, {len(songs)}, {len(popularity)}, {len(artists)}, {names.songs.shape[1]}"
        )
    choice = choose(names, songs, vectors, popularity=popularity, rng=rng)
    ridges, words = _fit(names, songs, vectors, (choice.shrink,))
    return TextTower(ridges[0], words, choice, fit_placer(songs, vectors, artists, rng))


def _fit(
    names: Names, songs: Texts, vectors: np.ndarray, shrinks: Sequence[float]
) -> tuple[list[Ridge], WordTable]:
    """Ridges of several strengths, and the word table, from names and song texts."""
    n_songs = np.diff(names.songs.indptr)
    total = np.asarray(names.songs.sum(1)).ravel()
    centroids = unit(np.asarray(names.songs @ vectors) / np.maximum(total, 1e-9)[:, None])
    weights = NAME_WEIGHT * n_songs / (n_songs + _NAME_DOUBT)
    texts = np.concatenate([names.texts.vectors, songs.vectors])
    targets = np.concatenate([centroids, vectors])
    both = np.concatenate([weights, np.ones(len(vectors))])
    ridges = [fit_ridge(texts, targets, both, shrink=shrink) for shrink in shrinks]
    middle = centroids.mean(0) if len(centroids) else 0.0
    words = fit_words(
        songs.words,
        vectors - vectors.mean(0),
        names.texts.words,
        centroids - middle,
        name_weight=WORD_NAME_WEIGHT,
        doubt=WORD_DOUBT,
    )
    return ridges, words


def choose(
    names: Names, songs: Texts, vectors: np.ndarray, *, popularity: np.ndarray, rng: np.random.Generator
) -> Choice:
    """Choose shrinkage, mixture and sharpness, one after the other, by recall@100 on held-back names."""
    groups = np.unique(names.groups[names.groups >= 0])
    if len(groups) < FEWEST_NAMES:
        logger.info("words: %d names are too few to choose on, default settings", len(groups))
        return Choice()
    fold_of = dict(zip(groups.tolist(), (rng.permutation(len(groups)) % _FOLDS).tolist(), strict=True))
    fold = np.array([fold_of.get(int(group), -1) for group in names.groups])
    # A name without songs among these can be neither right nor wrong.
    tested = np.flatnonzero((fold >= 0) & (np.diff(names.songs.indptr) > 0))
    if len(tested) < FEWEST_NAMES:
        return Choice()
    tested = np.sort(rng.permutation(tested)[:_MOST_TESTED])
    by_meaning = np.zeros((len(SHRINKS), len(tested), vectors.shape[1]), np.float32)
    by_word = np.zeros((len(tested), vectors.shape[1]), np.float32)
    for number in range(_FOLDS):
        ridges, words = _fit(names.take(np.flatnonzero(fold != number)), songs, vectors, SHRINKS)
        held = fold[tested] == number
        texts = names.texts.take(tested[held])
        by_word[held] = words.place(texts.words)
        for i, ridge in enumerate(ridges):
            by_meaning[i, held] = ridge.place(texts.vectors)
    hidden = np.split(names.songs[tested].indices, np.cumsum(np.diff(names.songs[tested].indptr))[:-1])

    def measured(choice: Choice) -> float:
        places = _mixture(by_meaning[SHRINKS.index(choice.shrink)], by_word, choice.mix)
        scores = _scores(places, vectors, popularity, choice.sharpness)
        return float(recall_of_names(scores, hidden)[0].mean())

    best = Choice(n_names=len(tested))
    best = _better(best, [replace(best, shrink=value) for value in SHRINKS], measured)
    best = _better(best, [replace(best, mix=value) for value in MIXES], measured)
    best = _better(best, [replace(best, sharpness=value) for value in SHARPNESSES], measured)
    alone = np.broadcast_to(popularity, (len(tested), len(popularity)))
    figures = {
        "tower": measured(best),
        "ridge": measured(replace(best, mix=1.0)),
        "words": measured(replace(best, mix=0.0)),
        "popularity": float(recall_of_names(alone, hidden)[0].mean()),
    }
    return replace(best, recall={name: round(float(value), 4) for name, value in figures.items()})


def _better(now: Choice, others: Sequence[Choice], measured: Callable[[Choice], float]) -> Choice:
    """The best choice, if it beats the one in force by three per cent; held-back names are few and noisy."""
    found = [measured(choice) for choice in others]
    best = int(np.argmax(found))
    return others[best] if found[best] > _LEAST_GAIN * found[others.index(now)] else now


def recall_of_names(scores: np.ndarray, hidden: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Recall@100 and NDCG@100 of each name, which has songs, from scores of all songs, (n_names, n_songs)."""
    ranked = rank(scores, [np.zeros(0, np.int64)] * len(hidden))
    hits = np.stack([np.isin(row, songs) for row, songs in zip(ranked, hidden, strict=True)])
    n_hidden = np.array([len(songs) for songs in hidden], dtype=np.int64)
    return recall(hits, n_hidden, K), ndcg(hits, n_hidden)
