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
    kind_of,
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
    bare: Texts | None = None,
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
    bare : Texts, optional
        The same songs told without their tags. Songs without tags are weighed by these: where tags are rich
        they leave sound little to say, and a song without them would be placed by next to nothing.

    Returns
    -------
    Without those that fewer than a hundred songs would have to decide.
    """
    has_sound = np.isfinite(embeddings).all(1)
    if has_sound.sum() < _FEWEST:
        return {}
    order = rng.permutation(len(vectors))
    chosen = order[np.argsort(~has_sound[order], kind="stable")][:FITTED_ON]
    told = {False: (texts if bare is None else bare).take(chosen)}
    texts, vectors, artists = texts.take(chosen), vectors[chosen], artists[chosen]
    embeddings, has_sound = embeddings[chosen], has_sound[chosen]
    mean = vectors.mean(0)
    if bare is not None:
        told[True] = texts
    by_song, by_artist = rng.integers(FOLDS, size=len(vectors)), folds_of_artists(artists)
    found = {}
    for with_tags, asked in told.items():
        of_known, of_unknown = (
            _with_sound(texts, asked, embeddings, has_sound, vectors, artists, fold, shrink)
            for fold in (by_song, by_artist)
        )
        of_known = [with_artist(evidence, places) for evidence, places in of_known]
        rest = (WORDS, TAGS, SOUND) if with_tags else (WORDS, SOUND)
        for meaning in (True, False) if texts.vectors.shape[1] else (False,):
            names = (MEANING, *rest) if meaning else rest
            kinds = [kind_of(artist=a, meaning=meaning, sound=True, tags=with_tags) for a in (True, False)]
            found[kinds[0]] = fit_recipe(of_known, mean, (ARTIST, *names))
            found[kinds[1]] = fit_recipe(of_unknown, mean, names)
    return {kind: recipe for kind, recipe in found.items() if recipe is not None}


def _with_sound(
    texts: Texts,
    told: Texts,
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
    for number, (evidence, places) in zip(
        numbers, held_out(texts, vectors, artists, fold, told), strict=True
    ):
        train = (fold != number) & has_sound
        heard = has_sound[fold == number]
        if not train.any() or not heard.any():
            continue
        (tower,) = fit_map(embeddings[train], vectors[train], (shrink,))
        own = {name: values[heard] for name, values in evidence.items()}
        own[SOUND] = tower(embeddings[(fold == number) & has_sound]) - vectors[fold != number].mean(0)
        found.append((own, places[heard]))
    return found
