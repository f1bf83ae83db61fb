"""Facts about places for songs that no list has taught, in a world where artists and words mean places."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.placing import (
    ARTIST,
    KNOWN,
    LISTS,
    MEANING,
    PLAIN,
    TAGS,
    UNKNOWN,
    WORDS,
    SongPlacer,
    artist_evidence,
    fit_placer,
    text_evidence,
)
from recsys.song2vec import unit
from recsys.texts import Texts

DIM = 8


def world(n: int, *, artist: float, text: float) -> tuple[Texts, np.ndarray, np.ndarray]:
    """Songs that lie where their artist does, or where their text does, as far as each counts."""
    rng = np.random.default_rng(3)
    artists = rng.integers(30, size=n)
    sentences = unit(rng.normal(size=(n, 12)))
    by_text = unit(sentences @ rng.normal(size=(12, DIM)))
    by_artist = unit(rng.normal(size=(30, DIM)))[artists]
    vectors = unit(artist * by_artist + text * by_text + 0.3 * unit(rng.normal(size=(n, DIM))) + 0.5)
    return Texts(sentences, [[f"w{i % 7}"] for i in range(n)]), vectors, artists


def test_what_decides_in_the_data_weighs_most() -> None:
    rng = np.random.default_rng(0)
    by_artist = fit_placer(*world(400, artist=1.0, text=0.1), rng).known.weights
    by_text = fit_placer(*world(400, artist=0.1, text=1.0), rng).known.weights
    assert by_artist[ARTIST] > 2 * by_artist[MEANING]
    assert by_text[MEANING] > 2 * by_text[ARTIST]


def test_trust_is_the_cosine_that_held_back_songs_reach() -> None:
    texts, vectors, artists = world(600, artist=1.0, text=0.5)
    train, test = np.arange(500), np.arange(500, 600)
    placer = fit_placer(texts.take(train), vectors[train], artists[train], np.random.default_rng(0))
    by_artist = artist_evidence(vectors[train], artists[train], placer.mean, artists[test])
    evidence = {ARTIST: by_artist, **text_evidence(placer, texts.take(test))}
    placed, trust = placer.place(evidence, has_meaning=np.ones(100, bool))
    assert abs((placed * vectors[test]).sum(1).mean() - trust.mean()) < 0.05


def test_tags_that_decide_weigh_for_artists_that_are_new() -> None:
    texts, vectors, artists = world(400, artist=0.0, text=0.1)
    loud = np.arange(400) % 2 == 0
    vectors = unit(vectors + np.outer(np.where(loud, 1.0, -1.0), np.eye(DIM)[0]))
    tagged = Texts(
        texts.vectors,
        texts.words,
        [{"loud": 0.9, "calm": 0.1} if one else {"loud": 0.1, "calm": 0.8} for one in loud],
    )
    placer = fit_placer(tagged, vectors, artists, np.random.default_rng(0))
    assert placer.unknown.weights[TAGS] > 0.5
    found = placer.tags.place([{"loud": 1.0}, {"calm": 1.0}, {}, {"?": 1.0}], 4)[:, 0]
    assert found[0] > 0 > found[1]
    assert found[2] == found[3] == 0


def test_few_songs_choose_nothing() -> None:
    placer = fit_placer(*world(50, artist=1.0, text=0.0), np.random.default_rng(0))
    assert (placer.known, placer.unknown, placer.plain) == (KNOWN, UNKNOWN, PLAIN)


def test_unknown_artists_are_nobody() -> None:
    vectors = unit(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    found = artist_evidence(vectors, np.array([4, 4, -1]), vectors.mean(0), np.array([4, -1, 9]))
    assert found[0, 0] > 0
    assert not found[1:].any()


def test_a_song_of_which_nothing_is_known_has_no_place() -> None:
    placer = fit_placer(*world(150, artist=1.0, text=0.0), np.random.default_rng(0))
    evidence = {name: np.zeros((2, DIM), np.float32) for name in (ARTIST, MEANING, WORDS, LISTS)}
    evidence[LISTS][1, 0] = 1.0
    placed, trust = placer.place(evidence, has_meaning=np.zeros(2, bool))
    assert not placed[0].any()
    assert trust[0] == 0
    assert np.isclose(np.linalg.norm(placed[1]), 1, atol=1e-6)
    assert trust[1] > 0


def test_no_songs_to_place_is_no_error() -> None:
    placer: SongPlacer = fit_placer(*world(150, artist=1.0, text=0.0), np.random.default_rng(0))
    placed, trust = placer.place({ARTIST: np.zeros((0, DIM))}, has_meaning=np.zeros(0, bool))
    assert placed.shape == (0, DIM)
    assert trust.shape == (0,)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_places_alike(seed: int) -> None:
    one, two = (fit_placer(*world(300, artist=1, text=1), np.random.default_rng(seed)) for _ in range(2))
    assert one.known == two.known
    assert np.array_equal(one.meaning.weights, two.meaning.weights)
