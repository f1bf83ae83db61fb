"""Paths: both ends, forward all the way, in small steps, nothing twice."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.path import SongPath, find_path, slerp
from recsys.rules import Catalogue
from recsys.song2vec import unit

N = 300
RNG = np.random.default_rng(4)
VECTORS = unit(np.abs(RNG.normal(size=(N, 3))).astype(np.float32))
START, END = int(VECTORS[:, 0].argmax()), int(VECTORS[:, 1].argmax())


def path(
    k: int = 8,
    *,
    artists: np.ndarray | None = None,
    recordings: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
    start: int = START,
    end: int = END,
) -> SongPath:
    catalogue = Catalogue(
        np.arange(N) if artists is None else artists, np.full(N, -1) if recordings is None else recordings
    )
    between = np.arange(N) if allowed is None else allowed
    return find_path(start, end, k, vectors=VECTORS, catalogue=catalogue, allowed=between)


def angles(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.arccos(np.clip((VECTORS[rows[:-1]] * VECTORS[rows[1:]]).sum(1), -1, 1)))


@pytest.mark.parametrize("k", [2, 3, 8, 30])
def test_a_path_has_k_different_songs_from_end_to_end(k: int) -> None:
    rows = path(k).rows.tolist()
    assert (rows[0], rows[-1], len(set(rows))) == (START, END, k)


def test_every_step_goes_forward() -> None:
    rows = path(12).rows
    across = VECTORS[END] - (VECTORS[START] @ VECTORS[END]) * VECTORS[START]
    progress = np.arctan2(VECTORS[rows] @ across / np.linalg.norm(across), VECTORS[rows] @ VECTORS[START])
    assert (np.diff(progress) > 0).all()


def test_its_steps_are_what_it_says_and_smaller_than_going_straight() -> None:
    found = path(10)
    assert found.steps == pytest.approx(angles(found.rows), abs=1e-3)
    assert found.steps.max() < 0.4 * angles(np.array([START, END]))[0]


def test_no_chain_has_a_smaller_largest_step_than_taking_the_song_nearest_to_each_point() -> None:
    points = slerp(VECTORS[START], VECTORS[END], np.linspace(0, 1, 8))
    nearest = np.array([START, *(VECTORS @ points[1:-1].T).argmax(0), END])
    assert path(8).steps.max() <= angles(nearest).max() + 1e-6


def test_slerp_goes_round_at_even_speed() -> None:
    points = slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, 1 / 3, 1.0]))
    assert points == pytest.approx(np.array([[1, 0], [np.cos(np.pi / 6), 0.5], [0, 1]]))


def test_an_artist_comes_twice_at_most_and_a_recording_once() -> None:
    artists, recordings = RNG.integers(0, 40, N), RNG.integers(0, 150, N)
    recordings[[START, END]] = [-1, -1]
    found = path(15, artists=artists, recordings=recordings)
    told = recordings[found.rows][recordings[found.rows] >= 0]
    assert np.bincount(artists[found.rows]).max() <= 2
    assert len(set(told.tolist())) == len(told)
    assert found.relaxed == ()


def test_a_catalogue_of_one_artist_has_paths_too_and_they_say_so() -> None:
    found = path(8, artists=np.zeros(N, dtype=int))
    assert (len(found.rows), found.relaxed) == (8, ("artist cap",))


def test_where_few_songs_lie_between_the_path_is_shorter() -> None:
    assert 2 <= len(path(8, allowed=np.arange(3)).rows) <= 5
    assert path(8, allowed=np.zeros(0, dtype=int)).rows.tolist() == [START, END]


def test_there_is_no_path_from_a_song_to_itself_or_to_its_version() -> None:
    recordings = np.full(N, -1)
    recordings[[START, END]] = 5
    for end, known in ((START, None), (END, recordings)):
        with pytest.raises(ValueError, match="versions of one recording"):
            path(end=end, recordings=known)


def test_a_path_has_two_ends_at_least() -> None:
    with pytest.raises(ValueError, match="at least its two ends"):
        path(1)
