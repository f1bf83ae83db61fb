"""How much a song's sound counts beside its artist and its text, learned from songs whose place is known.

As in recsys/placing.py: each song is predicted by models that were fitted without it, or without any song of
its artist, and the weights are those of least squares. Models learn from all songs, those without sound too;
what the weights are worth is measured on songs with sound.
"""

from __future__ import annotations

import numpy as np

from recsys.audio_tower import fit_map
from recsys.placing import (
    ARTIST,
    FITTED_ON,
    FOLDS,
    MEANING,
    SOUND,
    TAGS,
    WORDS,
    Recipe,
    fit_recipe,
    folds_of_artists,
    held_out,
    with_artist,
)
from recsys.texts import Texts

Parts = list[tuple[dict[str, np.ndarray], np.ndarray]]
_FEWEST = 100


def fit_sound_recipes(
    texts: Texts,
    embeddings: np.ndarray,
    vectors: np.ndarray,
    artists: np.ndarray,
    rng: np.random.Generator,
    *,
    shrink: float,
) -> dict[str, Recipe]:
    """Recipes for songs with sound, by what else is known of them (`recsys.placing.kind_of`).

    Parameters
    ----------
    texts : Texts
        Of each song; without sentence vectors, shape (n_songs, 0), there are no recipes for meaning.
    embeddings : float array, shape (n_songs, style_dim)
        NaN in the rows of songs without sound.
    vectors : float array, shape (n_songs, dim)
        Unit vectors.
    artists : int array, shape (n_songs,)
        -1 where unknown.
    shrink : float
        Of the audio tower's ridge.

    Returns
    -------
    Without those that fewer than a hundred songs would have to decide.
    """
    has_sound = np.isfinite(embeddings).all(1)
    if has_sound.sum() < _FEWEST:
        return {}
    order = rng.permutation(len(vectors))
    chosen = order[np.argsort(~has_sound[order], kind="stable")][:FITTED_ON]
    texts, vectors, artists = texts.take(chosen), vectors[chosen], artists[chosen]
    embeddings, has_sound = embeddings[chosen], has_sound[chosen]
    mean = vectors.mean(0)
    text = (MEANING, WORDS, TAGS) if texts.vectors.shape[1] else (WORDS, TAGS)

    def parts(fold: np.ndarray) -> Parts:
        return _with_sound(texts, embeddings, has_sound, vectors, artists, fold, shrink)

    of_known = [with_artist(found, places) for found, places in parts(rng.integers(FOLDS, size=len(vectors)))]
    of_unknown = parts(folds_of_artists(artists))
    found = {
        "artist sound": fit_recipe(of_known, mean, (ARTIST, WORDS, TAGS, SOUND)),
        "sound": fit_recipe(of_unknown, mean, (WORDS, TAGS, SOUND)),
    }
    if MEANING in text:
        found["artist meaning sound"] = fit_recipe(of_known, mean, (ARTIST, *text, SOUND))
        found["meaning sound"] = fit_recipe(of_unknown, mean, (*text, SOUND))
    return {kind: recipe for kind, recipe in found.items() if recipe is not None}


def _with_sound(
    texts: Texts,
    embeddings: np.ndarray,
    has_sound: np.ndarray,
    vectors: np.ndarray,
    artists: np.ndarray,
    fold: np.ndarray,
    shrink: float,
) -> Parts:
    """Evidence for the songs with sound of each fold, from the other folds, and their true places."""
    found: Parts = []
    numbers = [number for number in np.unique(fold) if (fold != number).any()]
    for number, (evidence, places) in zip(numbers, held_out(texts, vectors, artists, fold), strict=True):
        train = (fold != number) & has_sound
        heard = has_sound[fold == number]
        if not train.any() or not heard.any():
            continue
        (tower,) = fit_map(embeddings[train], vectors[train], (shrink,))
        own = {name: values[heard] for name, values in evidence.items()}
        own[SOUND] = tower(embeddings[(fold == number) & has_sound]) - vectors[fold != number].mean(0)
        found.append((own, places[heard]))
    return found
