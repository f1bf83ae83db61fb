"""Places for songs that no list has taught: from their artist, the meaning of their text, its words, their
sound, their lists.

A song's place is predicted as

    x = mean + sum_e c_e f_e

with the evidence f_e as deviations from the mean of all songs: *artist*, the mean of the artist's songs,
shrunk; *meaning*, a ridge from the sentence vector of "title by artist. tags"; *words*, the sum of what its
words stood for; *sound*, what the audio tower says (recsys/audio_tower.py); *lists*, the mean of the songs
beside it in lists that training has not seen. The c_e depend on what is known of a song: its artist, its
meaning, its sound or not. They are the least-squares weights, none negative, on songs whose place is known:
each predicted by models fitted without it, or, for artists that are new, without any song of its artist.
`trust` is the cosine that this reached with the songs' true places (docs/words.md, docs/audio.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import nnls

from recsys.song2vec import unit
from recsys.texts import Ridge, TagRidge, Texts, WordTable, fit_ridge, fit_tags, fit_words

ARTIST, MEANING, WORDS, TAGS, LISTS, SOUND = "artist", "meaning", "words", "tags", "lists", "sound"
# So many songs' worth of doubt: of an artist's mean, of a word's, of both ridges.
ARTIST_DOUBT, SONG_WORD_DOUBT, SONG_SHRINK, TAG_SHRINK = 1.0, 3.0, 10.0, 3.0
FOLDS = 5
# More songs to choose the weights on cost time and change nothing.
FITTED_ON = 20_000

Evidence = Mapping[str, np.ndarray]
"""By name, deviations, float array, shape (n_songs, dim); zero rows where there is none."""


@dataclass(frozen=True)
class Recipe:
    """Weights of the evidence, by name, and the mean cosine that they reached."""

    weights: Mapping[str, float]
    trust: float


def kind_of(*, artist: bool, meaning: bool, sound: bool, tags: bool = False) -> str:
    """Name what is known of a song, as recipes are named: "artist meaning sound", "meaning", "".

    Tags count where there is a sound: what tags say it need not say, and without them it says the most.
    """
    told = ((ARTIST, artist), (MEANING, meaning), (TAGS, tags and sound), (SOUND, sound))
    return " ".join(name for name, is_known in told if is_known)


# Measured on development sets (docs/words.md), where there is too little to choose on.
KNOWN = Recipe({ARTIST: 0.85, MEANING: 0.25, WORDS: 0.01, TAGS: 0.2}, 0.7)
UNKNOWN = Recipe({MEANING: 0.65, WORDS: 0.03, TAGS: 0.5}, 0.6)
PLAIN = Recipe({ARTIST: 0.85, WORDS: 0.015, TAGS: 0.2}, 0.7)
# With sound: between what the sample world chose with its tags and without (docs/audio.md).
RECIPES: Mapping[str, Recipe] = {
    "artist meaning": KNOWN,
    "meaning": UNKNOWN,
    "artist": PLAIN,
    "": PLAIN,
    "artist meaning sound": Recipe({ARTIST: 0.7, MEANING: 0.1, SOUND: 0.35}, 0.7),
    "meaning sound": Recipe({MEANING: 0.25, SOUND: 0.8}, 0.6),
    "artist sound": Recipe({ARTIST: 0.7, SOUND: 0.35}, 0.67),
    "sound": Recipe({SOUND: 1.0}, 0.58),
    "artist meaning tags sound": Recipe({ARTIST: 0.6, MEANING: 0.1, TAGS: 0.3, SOUND: 0.2}, 0.7),
    "meaning tags sound": Recipe({MEANING: 0.15, TAGS: 0.6, SOUND: 0.3}, 0.62),
    "artist tags sound": Recipe({ARTIST: 0.6, TAGS: 0.3, SOUND: 0.2}, 0.7),
    "tags sound": Recipe({TAGS: 0.6, SOUND: 0.4}, 0.62),
}
# By 8 for tags, 4 for an artist, 2 for a meaning and 1 for a sound.
_KINDS = [kind_of(tags=n >= 8, artist=n % 8 >= 4, meaning=n % 4 >= 2, sound=n % 2 == 1) for n in range(16)]
# Of the mean of list-mates: 1 and 2 are about as good, 0.5 and 4 worse, on both development splits.
LIST_WEIGHT = 1.5
# One list's worth of songs says less than three; half a list of doubt.
LIST_DOUBT = 0.5


@dataclass(frozen=True)
class SongPlacer:
    """Places songs in the song space by what is known of them.

    Attributes
    ----------
    mean : float32 array, shape (dim,)
        Of the songs' unit vectors.
    meaning : Ridge
    words : WordTable
    tags : TagRidge
    recipes : by what is known of a song (`kind_of`)
        Those of `RECIPES` that are not among them are as there. "artist" means that another song of the
        artist has a place.
    """

    mean: np.ndarray
    meaning: Ridge
    words: WordTable
    tags: TagRidge
    recipes: Mapping[str, Recipe] = field(default_factory=dict)

    def recipe(self, kind: str) -> Recipe:
        """The recipe for songs of a kind."""
        return self.recipes.get(kind) or RECIPES[kind]

    @property
    def known(self) -> Recipe:
        """For songs of an artist with a placed song."""
        return self.recipe("artist meaning")

    @property
    def unknown(self) -> Recipe:
        """For songs of other artists."""
        return self.recipe("meaning")

    @property
    def plain(self) -> Recipe:
        """For songs of an artist with a placed song, without a sentence vector."""
        return self.recipe("artist")

    def place(self, evidence: Evidence, *, has_meaning: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Combine evidence into places.

        Parameters
        ----------
        evidence : by name
            Any of the six names above: deviations, shape (n_songs, dim), zero rows for none.
        has_meaning : bool array, shape (n_songs,)
            Which songs have a sentence vector.

        Returns
        -------
        vectors : float32 array, shape (n_songs, dim)
            Of length 1; zero for a song without any evidence.
        trust : float32 array, shape (n_songs,)
            Expected cosine with the true place, 0..1.
        """
        nothing = np.zeros(len(has_meaning), dtype=bool)
        has = {name: np.asarray(np.any(values != 0, axis=1)) for name, values in evidence.items()}
        gates = *(has.get(name, nothing) for name in (TAGS, ARTIST)), has_meaning, has.get(SOUND, nothing)
        recipe = np.asarray(gates, dtype=np.int64).T @ np.array([8, 4, 2, 1])
        recipes = [self.recipe(kind) for kind in _KINDS]
        total = np.zeros((len(has_meaning), len(self.mean)), np.float32)
        for name, values in evidence.items():
            share = np.array([LIST_WEIGHT if name == LISTS else r.weights.get(name, 0.0) for r in recipes])
            total += share[recipe][:, None].astype(np.float32) * values
        trust = np.array([r.trust for r in recipes], np.float32)[recipe]
        # A list says at least as much as the artist does (docs/words.md).
        trust = np.where(has.get(LISTS, nothing), np.maximum(trust, self.known.trust), trust)
        placed = np.logical_or.reduce([nothing, *has.values()])
        return unit(total + self.mean) * placed[:, None], np.where(placed, trust, 0.0).astype(np.float32)


def artist_evidence(
    vectors: np.ndarray, artists: np.ndarray, mean: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Deviation of each asked artist's songs: their sum over their number and one, shape (n_asked, dim).

    Parameters
    ----------
    vectors : shape (n_songs, dim)
        Unit vectors of songs with a place.
    artists, asked : int arrays
        Artist of each song, and of each song asked for; -1 where unknown.
    """
    known, row = np.unique(artists[artists >= 0], return_inverse=True)
    out = np.zeros((len(asked), vectors.shape[1]), np.float32)
    if not len(known):
        return out
    n = len(row)
    member = sp.csr_matrix((np.ones(n, np.float32), (row, np.arange(n))), shape=(len(known), n))
    sums = np.asarray(member @ (vectors[artists >= 0] - mean))
    means = sums / (np.bincount(row, minlength=len(known)) + ARTIST_DOUBT)[:, None]
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    found = known[place] == asked
    out[found] = means[place[found]]
    return out


def fit_placer(
    texts: Texts, vectors: np.ndarray, artists: np.ndarray, rng: np.random.Generator
) -> SongPlacer:
    """Learn from songs whose place is known.

    Parameters
    ----------
    texts : Texts
        Of each song.
    vectors : float array, shape (n_songs, dim)
        Unit vectors.
    artists : int array, shape (n_songs,)
        -1 where unknown.

    Returns
    -------
    SongPlacer
        With the documented weights when there are fewer than a hundred songs.
    """
    mean = vectors.mean(0).astype(np.float32)
    models = _fit_texts(texts, vectors, mean)
    placer = SongPlacer(mean, *models)
    if len(vectors) < 100:
        return placer
    chosen = rng.permutation(len(vectors))[:FITTED_ON]
    texts, vectors, artists = texts.take(chosen), vectors[chosen], artists[chosen]
    by_song = list(held_out(texts, vectors, artists, rng.integers(FOLDS, size=len(vectors))))
    by_artist = list(held_out(texts, vectors, artists, folds_of_artists(artists)))
    of_known = [with_artist(found, places) for found, places in by_song]
    known = fit_recipe(of_known, mean, (ARTIST, MEANING, WORDS, TAGS))
    plain = fit_recipe(of_known, mean, (ARTIST, WORDS, TAGS))
    unknown = fit_recipe(by_artist, mean, (MEANING, WORDS, TAGS))
    found = {"artist meaning": known, "meaning": unknown, "artist": plain, "": plain}
    return SongPlacer(mean, *models, {kind: recipe for kind, recipe in found.items() if recipe is not None})


def folds_of_artists(artists: np.ndarray) -> np.ndarray:
    """A fold for each song, all songs of an artist in one; int array, shape (n_songs,)."""
    alone = np.where(artists >= 0, artists, artists.max() + 1 + np.arange(len(artists)))
    return np.asarray((alone * 2654435761 >> 7) % FOLDS)


def _fit_texts(texts: Texts, vectors: np.ndarray, mean: np.ndarray) -> tuple[Ridge, WordTable, TagRidge]:
    meaning = fit_ridge(texts.vectors, vectors, np.ones(len(vectors)), shrink=SONG_SHRINK)
    words = fit_words(texts.words, vectors - mean, doubt=SONG_WORD_DOUBT)
    return meaning, words, fit_tags(texts.tags, vectors - mean, shrink=TAG_SHRINK)


def text_evidence(placer: SongPlacer, texts: Texts) -> dict[str, np.ndarray]:
    """What the sentences, words and tags of songs say of their places."""
    return {
        MEANING: placer.meaning.place(texts.vectors),
        WORDS: placer.words.place(texts.words),
        TAGS: placer.tags.place(texts.tags, len(texts)),
    }


def held_out(
    texts: Texts, vectors: np.ndarray, artists: np.ndarray, fold: np.ndarray, told: Texts | None = None
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Evidence for each fold's songs from the other folds, and their true places.

    `told` are the texts by which songs are placed, `texts`, their default, those that models learn from.
    """
    for number in np.unique(fold):
        test, train = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(train):
            continue
        mean = vectors[train].mean(0)
        rest = texts.take(train)
        placer = SongPlacer(mean, *_fit_texts(rest, vectors[train], mean))
        by_artist = artist_evidence(vectors[train], artists[train], mean, artists[test])
        yield {ARTIST: by_artist, **text_evidence(placer, (told or texts).take(test))}, vectors[test]


def with_artist(
    evidence: dict[str, np.ndarray], places: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Those songs whose artist has another song with a place."""
    rows = np.flatnonzero(np.any(evidence[ARTIST] != 0, axis=1))
    return {name: values[rows] for name, values in evidence.items()}, places[rows]


def fit_recipe(
    parts: list[tuple[dict[str, np.ndarray], np.ndarray]], mean: np.ndarray, names: tuple[str, ...]
) -> Recipe | None:
    """Least-squares weights of some evidence, none negative; None with fewer than a hundred songs."""
    n = sum(len(places) for _, places in parts)
    if n < 100:
        return None
    features = np.stack([np.concatenate([part[name] for part, _ in parts]).ravel() for name in names])
    places = np.concatenate([places for _, places in parts])
    gram = features @ features.T + 1e-9 * np.eye(len(names))
    # nnls on the Cholesky factor solves the normal equations of (n * dim) rows with as many as names.
    factor = np.linalg.cholesky(gram.astype(np.float64))
    right = np.linalg.solve(factor, (features @ (places - mean).ravel()).astype(np.float64))
    weights, _ = nnls(factor.T, right)
    predicted = unit((weights @ features).reshape(n, -1) + mean)
    trust = float(np.clip((predicted * places).sum(1).mean(), 0.05, 1.0))
    return Recipe({name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}, round(trust, 4))
