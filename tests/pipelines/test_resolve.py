"""Ids decide, names only where no id speaks against it."""

from __future__ import annotations

from pipelines.resolve import Incoming, Known, resolve

SPOTIFY_1, SPOTIFY_2, ISRC = ("spotify", "1"), ("spotify", "2"), ("isrc", "x")


def known(**songs: tuple[int, str, list[tuple[str, str]]]) -> Known:
    """Return stored songs from (id, name key, ids)."""
    stored = Known()
    for number, name_key, ids in sorted(songs.values()):
        stored.by_name.setdefault(name_key, []).append(number)
        stored.ids_of[number] = dict(ids)
        stored.song_of.update(dict.fromkeys(ids, number))
    return stored


def test_own_id_decides_whatever_the_name() -> None:
    stored = known(a=(1, "other", [SPOTIFY_1]), b=(2, "same", []))
    assert resolve([Incoming((SPOTIFY_1,), "same")], stored).songs == [1]


def test_further_id_finds_and_the_own_one_is_added() -> None:
    resolution = resolve([Incoming((SPOTIFY_1, ISRC), "")], known(a=(1, "", [ISRC])))
    assert (resolution.songs, resolution.new_ids) == ([1], [(1, *SPOTIFY_1)])


def test_two_ids_of_one_scheme_are_two_songs() -> None:
    resolution = resolve([Incoming((SPOTIFY_2, ISRC), "same")], known(a=(1, "same", [SPOTIFY_1, ISRC])))
    assert resolution.songs == [-1]
    assert resolution.new_ids == [(-1, *SPOTIFY_2)]  # The ISRC stays where it is.


def test_song_found_by_its_own_id_gains_no_second_id_of_a_scheme() -> None:
    resolution = resolve([Incoming((ISRC, SPOTIFY_2), "")], known(a=(1, "", [SPOTIFY_1, ISRC])))
    assert (resolution.songs, resolution.new_ids) == ([1], [])


def test_name_matches_a_song_without_an_id_of_the_scheme() -> None:
    stored = known(a=(1, "same", [SPOTIFY_1]), b=(2, "same", [ISRC]))
    resolution = resolve([Incoming((SPOTIFY_2,), "same")], stored)
    assert (resolution.songs, resolution.new_ids) == ([2], [(2, *SPOTIFY_2)])


def test_song_without_ids_matches_the_oldest_of_its_name() -> None:
    stored = known(a=(3, "same", [SPOTIFY_1]), b=(5, "same", []))
    assert resolve([Incoming((), "same"), Incoming((), "same")], stored).songs == [3, 3]


def test_song_without_a_telling_name_matches_none() -> None:
    assert resolve([Incoming((SPOTIFY_2,), "")], known(a=(1, "", []))).songs == [-1]


def test_later_songs_find_what_earlier_ones_brought() -> None:
    batch = [Incoming((), "a"), Incoming((SPOTIFY_1,), "a"), Incoming((SPOTIFY_2,), "a"), Incoming((), "a")]
    resolution = resolve(batch, Known())
    assert resolution.songs == [-1, -1, -2, -1]
    assert resolution.n_new == 2


def test_name_that_one_song_took_is_not_taken_by_another_id() -> None:
    resolution = resolve([Incoming((SPOTIFY_1,), "a"), Incoming((SPOTIFY_2,), "a")], known(a=(7, "a", [])))
    assert resolution.songs == [7, -1]


def test_nothing_in_nothing_out() -> None:
    resolution = resolve([], Known())
    assert (resolution.songs, resolution.new_ids, resolution.n_new) == ([], [], 0)
