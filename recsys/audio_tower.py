"""The audio tower: from how songs sound to where they lie in the song space, and back.

`to_song` predicts a place from a style embedding, `to_style` an embedding from a place. Both are ridges
(Hoerl & Kennedy, Technometrics 1970) on standardised inputs, as strong as predicts best the songs of artists
that took no part in the fit: an artist's songs sound alike and stand in the same lists, so that any other
split would reward remembering. docs/audio.md has what the tower is worth, and what was tried beside a ridge.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from recsys.placing import RECIPES, SOUND, Recipe
from recsys.song2vec import unit

logger = logging.getLogger(__name__)

# Fewer songs with both a sound and a place teach nothing that holds for others.
FEWEST_SONGS = 50
FOLDS = 5
SHRINKS = (10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
# Where there are too few artists to choose on.
_SHRINK = 1_000.0
# A unit that hardly ever moves would throw the one song for which it does far out: no spread counts as less
# than this share of the typical one (docs/audio.md).
_LEAST_SPREAD = 0.1


@dataclass(frozen=True)
class LinearMap:
    """A linear map of standardised inputs: ((x - mean) / spread) @ weights + offset.

    `mean` and `spread` have shape (n_in,), `weights` (n_in, n_out), `offset` (n_out,); float32.
    """

    mean: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    offset: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Map rows; float32, shape (n, n_out)."""
        return np.asarray((inputs - self.mean) / self.spread @ self.weights + self.offset, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        np.savez(path, mean=self.mean, spread=self.spread, weights=self.weights, offset=self.offset)

    @classmethod
    def load(cls, path: Path) -> LinearMap:
        """Read back what `save` wrote."""
        with np.load(path) as a:
            return cls(a["mean"], a["spread"], a["weights"], a["offset"])


@dataclass(frozen=True)
class AudioFit:
    """How the tower was fitted, and what held-out artists say of it.

    Attributes
    ----------
    n_songs, n_artists : int
        That it learned from; a song of unknown artist is an artist.
    shrink, back_shrink : float
        Of the ridges there and back.
    cosine : float
        Mean cosine of predicted and true places of held-out artists; `mean_cosine` is what the mean of all
        songs reaches in the place of a prediction.
    r2, back_r2 : float
        Share of the variance that is predicted there (of places) and back (of embeddings).
    back_cosine : float
        Mean cosine of predicted and true embeddings, as deviations from the mean of all.
    """

    n_songs: int = 0
    n_artists: int = 0
    shrink: float = _SHRINK
    back_shrink: float = _SHRINK
    cosine: float = 0.0
    mean_cosine: float = 0.0
    r2: float = 0.0
    back_r2: float = 0.0
    back_cosine: float = 0.0


@dataclass(frozen=True)
class AudioTower:
    """Both maps, for embeddings of one version.

    Attributes
    ----------
    version : str
        Of the analysis whose embeddings it reads; those of another are strange to it.
    there, back : LinearMap
        Style embedding to place (before it is scaled to length 1), and place to style embedding.
    recipes : by kind of evidence (`recsys.placing.SongPlacer`)
        How much sound counts among what else is known of a song.
    """

    version: str
    there: LinearMap
    back: LinearMap
    fit: AudioFit = field(default_factory=AudioFit)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)

    def to_song(self, embeddings: np.ndarray) -> np.ndarray:
        """Unit vectors in the song space, float32, shape (n, dim), of embeddings, shape (n, style_dim)."""
        return unit(self.there(embeddings))

    def to_style(self, vectors: np.ndarray) -> np.ndarray:
        """Style embeddings, float32, shape (n, style_dim), of places in the song space, shape (n, dim).

        A place may be that of a song, of a taste, or of any combination; its length does not count. What
        cannot be told from the place is the mean of all songs.
        """
        return self.back(unit(vectors))

    def deviations(self, embeddings: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """What sound says of places, as deviations from `mean`: the evidence for `SongPlacer.place`."""
        return np.asarray(self.there(embeddings) - mean, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        settings = {
            "version": self.version,
            "fit": asdict(self.fit),
            "recipes": {name: asdict(recipe) for name, recipe in self.recipes.items()},
        }
        maps = {
            f"{name}_{part}": getattr(one, part)
            for name, one in (("there", self.there), ("back", self.back))
            for part in ("mean", "spread", "weights", "offset")
        }
        text = json.dumps(settings, sort_keys=True).encode()
        np.savez(path, settings=np.frombuffer(text, dtype=np.uint8), **maps)

    @classmethod
    def load(cls, path: Path) -> AudioTower:
        """Read back what `save` wrote; a damaged file raises OSError, ValueError or KeyError."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as a:
                settings = json.loads(a["settings"].tobytes().decode())
                there, back = (
                    LinearMap(*(a[f"{name}_{part}"] for part in ("mean", "spread", "weights", "offset")))
                    for name in ("there", "back")
                )
        except (zipfile.BadZipFile, EOFError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error
        recipes = {name: Recipe(**recipe) for name, recipe in settings["recipes"].items()}
        return cls(settings["version"], there, back, AudioFit(**settings["fit"]), recipes)


def fit_audio_tower(
    embeddings: np.ndarray,
    vectors: np.ndarray,
    artists: np.ndarray,
    rng: np.random.Generator,
    *,
    version: str,
) -> AudioTower | None:
    """Learn both ways from songs whose sound and place are known.

    Parameters
    ----------
    embeddings : float array, shape (n_songs, style_dim)
    vectors : float array, shape (n_songs, dim)
        Unit vectors.
    artists : int array, shape (n_songs,)
        -1 where unknown.
    version : str
        Of the embeddings.

    Returns
    -------
    AudioTower, or None with fewer than 50 songs.

    Raises
    ------
    ValueError
        Not one embedding, vector and artist a song.
    """
    n = len(vectors)
    if not n == len(embeddings) == len(artists):
        raise ValueError(
            f"one embedding, vector and artist a song, got {len(embeddings)}, {n} and {len(artists)}"
        )
    if n < FEWEST_SONGS:
        logger.info("sounds: %d songs with both a sound and a place are too few", n)
        return None
    fold = artist_folds(artists, rng)
    shrink, there = _choose(embeddings, vectors, fold)
    back_shrink, back = _choose(vectors, embeddings, fold)
    facts = AudioFit(n, len(np.unique(owners(artists))), shrink, back_shrink)
    if there is not None and back is not None:
        facts = _measured(facts, embeddings, vectors, there, back)
    maps = fit_map(embeddings, vectors, (shrink,))[0], fit_map(vectors, embeddings, (back_shrink,))[0]
    return AudioTower(version, *maps, facts)


def tower_of_space(
    space: LinearMap,
    embeddings: np.ndarray,
    vectors: np.ndarray,
    artists: np.ndarray,
    rng: np.random.Generator,
    *,
    version: str,
) -> AudioTower:
    """The tower of a song space that is made of sound (recsys/sound_space.py): there by `space` itself.

    Parameters are those of `fit_audio_tower`; two songs are enough.
    """
    fitted = fit_audio_tower(embeddings, vectors, artists, rng, version=version)
    exact = {kind: Recipe({SOUND: 1.0}, 1.0) for kind in RECIPES if SOUND in kind.split()}
    facts = AudioFit(len(vectors), len(np.unique(owners(artists))), cosine=1.0, r2=1.0)
    if fitted is None:
        return AudioTower(version, space, fit_map(vectors, embeddings, (_SHRINK,))[0], facts, exact)
    facts = replace(fitted.fit, shrink=0.0, cosine=1.0, r2=1.0)
    return AudioTower(version, space, fitted.back, facts, exact)


def owners(artists: np.ndarray) -> np.ndarray:
    """Artists, shape (n_songs,), where each song of an unknown one (-1) is by an artist of its own."""
    alone = np.arange(len(artists)) + int(artists.max(initial=0)) + 1
    return np.where(artists >= 0, artists, alone)


def artist_folds(artists: np.ndarray, rng: np.random.Generator, n_folds: int = FOLDS) -> np.ndarray:
    """A fold for each song, int array: all songs of an artist in one, as many artists in each."""
    _, number = np.unique(owners(artists), return_inverse=True)
    n_artists = int(number.max(initial=-1)) + 1
    return np.asarray((rng.permutation(n_artists) % n_folds)[number])


def fit_map(inputs: np.ndarray, targets: np.ndarray, shrinks: tuple[float, ...]) -> list[LinearMap]:
    """Ridges of several strengths: each minimises |T - offset - Z W|^2 + shrink |W|^2, Z standardised."""
    inputs, targets = inputs.astype(np.float64), targets.astype(np.float64)
    mean, spread, offset = inputs.mean(0), inputs.std(0), targets.mean(0)
    typical = float(np.sqrt((spread**2).mean()))
    spread = np.maximum(spread, _LEAST_SPREAD * typical if typical > 0 else 1.0)
    standard = (inputs - mean) / spread
    values, axes = np.linalg.eigh(standard.T @ standard)
    turned = axes.T @ (standard.T @ (targets - offset))
    small = [one.astype(np.float32) for one in (mean, spread, offset)]
    return [
        LinearMap(
            small[0],
            small[1],
            (axes @ (turned / (np.maximum(values, 0.0) + shrink)[:, None])).astype(np.float32),
            small[2],
        )
        for shrink in shrinks
    ]


def held_out(
    inputs: np.ndarray, targets: np.ndarray, fold: np.ndarray, shrinks: tuple[float, ...] = SHRINKS
) -> np.ndarray:
    """Predictions for each fold's songs by maps of the others; float32, shape (n_shrinks, n, n_out)."""
    found = np.zeros((len(shrinks), *targets.shape), np.float32)
    for number in np.unique(fold):
        test = fold == number
        for i, one in enumerate(fit_map(inputs[~test], targets[~test], shrinks)):
            found[i, test] = one(inputs[test])
    return found


def _choose(inputs: np.ndarray, targets: np.ndarray, fold: np.ndarray) -> tuple[float, np.ndarray | None]:
    """The strength that predicts the other folds best, with its predictions; none with a single fold."""
    if len(np.unique(fold)) < 2:
        return _SHRINK, None
    found = held_out(inputs, targets, fold)
    best = int(np.argmax([r2(targets, predicted) for predicted in found]))
    return SHRINKS[best], found[best]


def _measured(
    facts: AudioFit, embeddings: np.ndarray, vectors: np.ndarray, there: np.ndarray, back: np.ndarray
) -> AudioFit:
    middle = unit(vectors.mean(0, keepdims=True))
    centre = embeddings.mean(0)
    return AudioFit(
        facts.n_songs,
        facts.n_artists,
        facts.shrink,
        facts.back_shrink,
        cosine=_rounded((unit(there) * unit(vectors)).sum(1).mean()),
        mean_cosine=_rounded((middle * unit(vectors)).sum(1).mean()),
        r2=_rounded(r2(vectors, there)),
        back_r2=_rounded(r2(embeddings, back)),
        back_cosine=_rounded((unit(back - centre) * unit(embeddings - centre)).sum(1).mean()),
    )


def r2(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Share of the variance of the targets, all columns together, that is predicted; 1 is all, 0 none."""
    rest = float(((targets - predicted) ** 2).sum())
    return 1.0 - rest / max(float(((targets - targets.mean(0)) ** 2).sum()), 1e-12)


def _rounded(value: float) -> float:
    return round(float(value), 4)
