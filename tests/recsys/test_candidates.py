"""Candidates: each retriever brings its own, each song comes once, credited to the first that found it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.candidates import RETRIEVERS, Candidates, gather_candidates
from recsys.index import VectorIndex
from recsys.interests import Interest
from recsys.query import build_query
from recsys.rules import Catalogue
from recsys.taste import TasteProfile, build_profile

N, DIM = 12, 12
NONE = np.zeros(0, dtype=np.int64)


def profile(rows: list[int]) -> TasteProfile:
    ones = np.ones(len(rows))
    return build_profile(np.array(rows, dtype=np.int64), ones, ones, np.eye(N, DIM, dtype=np.float32))


def pairs(*entries: tuple[int, int]) -> sp.csr_matrix:
    rows, columns = [a for a, _ in entries], [b for _, b in entries]
    return sp.csr_matrix((np.ones(len(entries), np.float32), (rows, columns)), shape=(N, N))


def gather(
    taste: TasteProfile,
    *,
    each: int = 1,
    together: sp.csr_matrix | None = None,
    artists: list[int] | None = None,
    similar: list[int] | None = None,
    output: np.ndarray | None = None,
    tail: np.ndarray | None = None,
) -> Candidates:
    """Ask a world in which every song points its own way."""
    vectors = np.eye(N, DIM, dtype=np.float32)
    empty = VectorIndex.build(np.zeros((0, DIM), np.float32))
    return gather_candidates(
        taste,
        build_query([taste.rows], N, [taste.weights]),
        index=VectorIndex.build(vectors if tail is None else np.concatenate([vectors, tail])),
        output_index=empty if output is None else VectorIndex.build(output),
        input_vectors=vectors,
        together=pairs() if together is None else together,
        catalogue=Catalogue(np.array(artists or [-1] * N), np.full(N, -1)),
        from_similar_users=np.array(similar or [], dtype=np.int64),
        each=each,
    )


def by_name(found: Candidates) -> dict[str, list[int]]:
    names = [RETRIEVERS[number] for number in found.retrievers]
    return {name: [int(r) for r, n in zip(found.rows, names, strict=True) if n == name] for name in names}


def test_the_nearest_song_of_an_interest_is_found() -> None:
    assert by_name(gather(profile([3]))) == {"interest": [3]}


def test_songs_of_the_same_lists_are_found() -> None:
    assert by_name(gather(profile([3]), together=pairs((3, 7))))["together"] == [7]


def test_songs_that_song2vec_expects_are_found_by_their_output_vectors() -> None:
    output = np.roll(np.eye(N, DIM, dtype=np.float32), 1, axis=0)  # Song 4 is expected beside song 3.
    assert by_name(gather(profile([3]), output=output))["expected"] == [4]


def test_songs_of_the_same_artist_are_found_and_unknown_artists_are_no_artist() -> None:
    artists = [-1] * N
    artists[3], artists[9] = 5, 5
    assert by_name(gather(profile([3]), artists=artists, each=2))["artist"] == [9]
    assert "artist" not in by_name(gather(profile([3])))


def test_an_artist_of_many_songs_brings_those_that_stand_beside_the_profile() -> None:
    beside = sp.csr_matrix(pairs((3, 7), (3, 8), (3, 9)) @ sp.diags(np.arange(N, 0, -1, dtype=np.float32)))
    few = by_name(gather(profile([3]), artists=[5] * N, together=beside, each=1))
    assert few == {"interest": [3], "together": [7, 8]}


def test_songs_of_similar_users_are_found_and_unknown_rows_are_not() -> None:
    assert by_name(gather(profile([3]), similar=[6, -1, N + 4], each=3))["similar users"] == [6]


def test_a_song_that_several_find_is_credited_to_the_first() -> None:
    found = gather(profile([3]), together=pairs((3, 7)), artists=[5] * N, similar=[7], each=1)
    assert found.rows.tolist().count(7) == 1
    assert "similar users" not in by_name(found)


def test_rows_ascend_and_stay_within_the_vocabulary() -> None:
    found = gather(profile([9, 2, 5]), each=N, similar=list(range(N)))
    assert found.rows.tolist() == list(range(N))


@pytest.mark.parametrize("each", [1, N, 1000])
def test_an_empty_profile_finds_what_similar_users_play_and_nothing_else(each: int) -> None:
    zeros = np.zeros(DIM, np.float32)
    nobody = TasteProfile(zeros, zeros, NONE, np.zeros(0, np.float32), ())
    assert by_name(gather(nobody, each=each)) == {}
    assert by_name(gather(nobody, each=each, similar=[4])) == {"similar users": [4]}


def test_every_interest_brings_its_own() -> None:
    vectors = np.eye(N, DIM, dtype=np.float32)
    interests = tuple(Interest(row, vectors[row], 0.5, np.array([row])) for row in (2, 8))
    zeros = np.zeros(DIM, np.float32)
    taste = TasteProfile(zeros, zeros, np.array([2, 8]), np.array([0.5, 0.5], np.float32), interests)
    assert by_name(gather(taste)) == {"interest": [2, 8]}


def test_a_tail_that_crowds_around_an_interest_does_not_hide_the_vocabulary() -> None:
    # Nearer to song 3 than every other song of the vocabulary.
    crowd = np.repeat(0.9 * np.eye(N, DIM, dtype=np.float32)[[3]], 3, axis=0)
    found = by_name(gather(profile([3]), each=2, tail=crowd))["interest"]
    assert len(found) == 2
    assert 3 in found
