"""Radio: it starts at its seeds, stays near, never repeats, spaces its artists, and can be taken up again."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from recsys.radio import RadioSettings, Step, radio
from recsys.rules import Catalogue
from recsys.song2vec import unit

N = 600
NONE = np.zeros(0, dtype=np.int64)


def ring(n: int = N) -> np.ndarray:
    """Songs on a circle, a little off it: neighbours by number are neighbours."""
    angle = 2 * np.pi * np.arange(n) / n
    off = np.random.default_rng(0).normal(scale=0.05, size=(n, 4))
    return unit(np.column_stack([np.cos(angle), np.sin(angle), off]).astype(np.float32))


VECTORS = ring()


def play(
    seeds: list[int],
    n: int,
    *,
    seed: int = 1,
    artists: np.ndarray | None = None,
    recordings: np.ndarray | None = None,
    banned: np.ndarray = NONE,
    taste: np.ndarray | None = None,
    settings: RadioSettings | None = None,
) -> list[Step]:
    catalogue = Catalogue(
        np.arange(N) if artists is None else artists, np.full(N, -1) if recordings is None else recordings
    )
    steps = radio(
        np.array(seeds),
        vectors=VECTORS,
        catalogue=catalogue,
        counts=np.arange(N) % 7 + 1,
        banned=banned,
        rng=np.random.default_rng(seed),
        settings=settings,
        taste=taste,
    )
    return list(islice(steps, n))


def rows(steps: list[Step]) -> list[int]:
    return [step.row for step in steps]


def test_it_starts_with_its_seed_and_plays_every_song_once() -> None:
    steps = play([40], N + 10)
    assert steps[0].row == 40
    assert sorted(rows(steps)) == list(range(N))


def test_the_same_seed_gives_the_same_radio_however_much_is_taken() -> None:
    assert play([40], 100)[:50] == play([40], 50)
    assert rows(play([40], 50, seed=2)) != rows(play([40], 50))


def test_neighbours_are_near_one_another() -> None:
    near = np.mean([step.cosine for step in play([40], 50)[1:]])
    pairs = np.random.default_rng(0).integers(0, N, (500, 2))
    assert near > 0.9
    assert near > np.einsum("ij,ij->i", VECTORS[pairs[:, 0]], VECTORS[pairs[:, 1]]).mean() + 0.5


def test_it_drifts_gently_and_farther_with_more_adventure() -> None:
    def nearness(adventure: float) -> float:
        steps = play([40], 60, settings=RadioSettings.of_adventure(adventure))
        return float((VECTORS[rows(steps)] @ VECTORS[40]).mean())

    assert nearness(0.0) > nearness(1.0)
    assert nearness(0.0) > 0.9


def test_several_seeds_have_their_turns() -> None:
    played = rows(play([0, 300], 12))
    assert (played[0], played[10]) == (0, 300)


def test_an_artist_comes_twice_in_fifty_and_never_within_five_songs() -> None:
    artists = np.arange(N) // 6
    played = artists[rows(play([40], 400, artists=artists))]
    for start in range(len(played) - 49):
        assert np.bincount(played[start : start + 50]).max() <= 2
    for place in range(1, len(played)):
        assert played[place] not in played[max(0, place - 5) : place]


def test_a_recording_comes_once_and_the_radio_ends_with_the_last() -> None:
    recordings = np.arange(N) // 2
    played = recordings[rows(play([40], N, recordings=recordings))]
    assert sorted(played.tolist()) == list(range(N // 2))


def test_what_is_banned_never_comes() -> None:
    banned = np.arange(41, 60)
    assert not set(rows(play([40], N, banned=banned))) & set(banned.tolist())


def test_a_catalogue_of_one_artist_plays_on_and_says_which_rules_gave_way() -> None:
    steps = play([40], 20, artists=np.zeros(N, dtype=int))
    assert len(steps) == 20
    assert {name for step in steps[1:] for name in step.relaxed} == {"artist cap", "artist gap"}


def test_songs_of_unknown_artists_need_no_spacing() -> None:
    assert not any(step.relaxed for step in play([40], 50, artists=np.full(N, -1)))


def test_a_taste_draws_the_radio_towards_it() -> None:
    taste = VECTORS[[100]]
    plain, leaning = play([40], 50), play([40], 50, taste=taste)
    assert (VECTORS[rows(leaning)] @ taste[0]).mean() > (VECTORS[rows(plain)] @ taste[0]).mean()


def test_without_seeds_there_is_no_radio() -> None:
    with pytest.raises(ValueError, match="at least one song"):
        play([], 5)
