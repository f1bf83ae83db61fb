"""What is written of the sample world: names, albums, contexts, handles."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.sample_world.catalogue import ARTISTS, PLANTED
from pipelines.sample_world.contexts import CONTEXTS
from pipelines.sample_world.handles import handles
from pipelines.sample_world.model import AXES, GENRES
from pipelines.sample_world.songs import tracks

WORN_WORDS = ("neon", "echo", "whisper", "midnight", "shadow", "dream", "starlight", "horizon")


def test_sixty_artists_six_at_home_in_each_genre() -> None:
    homes = [max(GENRES, key=lambda genre: artist.scores.get(genre, 0.0)) for artist in ARTISTS]
    assert {genre: homes.count(genre) for genre in GENRES} == dict.fromkeys(GENRES, 6)


def test_every_artist_has_two_albums_of_five_songs() -> None:
    assert {tuple(len(album.tracks) for album in artist.albums) for artist in ARTISTS} == {(5, 5)}


def test_no_two_songs_artists_or_albums_share_a_name() -> None:
    for names in (
        [track.title for track in tracks(600)],
        [artist.name for artist in ARTISTS],
        [album.title for artist in ARTISTS for album in artist.albums],
    ):
        folded = [name.casefold() for name in names]
        assert len(set(folded)) == len(folded)


def test_marks_are_no_part_of_a_title() -> None:
    assert not [track.title for track in tracks(600) if track.title.endswith(("~", "^", " "))]


def test_a_version_comes_after_the_first_version_of_the_same_artist() -> None:
    listed = tracks(600)
    versions = [(row, track) for row, track in enumerate(listed) if track.version_of >= 0]
    assert len(versions) >= 40
    for row, track in versions:
        first = listed[track.version_of]
        assert track.version_of < row
        assert track.artist == first.artist
        assert track.title.startswith(f"{first.title} (")


def test_worn_words_are_rare_in_titles() -> None:
    titles = " ".join(track.title.casefold() for track in tracks(600))
    assert all(titles.count(word) <= 2 for word in WORN_WORDS)


def test_every_written_score_names_an_axis_and_lies_within_0_and_1() -> None:
    written = [a.scores for a in ARTISTS] + list(PLANTED.values()) + [c.wants for c in CONTEXTS]
    assert {name for scores in written for name in scores} <= set(AXES)
    assert all(0.0 <= score <= 1.0 for scores in written for score in scores.values())


def test_planted_titles_are_in_the_catalogue_and_name_two_genres() -> None:
    titles = {track.title for track in tracks(600)}
    assert set(PLANTED) <= titles
    assert len(PLANTED) >= 20
    assert all(len(scores) == 2 and set(scores) <= set(GENRES) for scores in PLANTED.values())


def test_a_part_of_the_catalogue_takes_evenly_from_all_artists() -> None:
    listed = tracks(120)
    assert np.bincount([track.artist for track in listed]).tolist() == [2] * 60


@pytest.mark.parametrize("n_songs", [0, -1, 601])
def test_more_songs_than_are_written_or_none_are_refused(n_songs: int) -> None:
    with pytest.raises(ValueError, match="n_songs"):
        tracks(n_songs)


def test_names_of_contexts_are_unique() -> None:
    names = [name for context in CONTEXTS for name in context.names]
    assert len(set(names)) == len(names)


def test_handles_differ_and_do_not_run_out_silently() -> None:
    rng = np.random.default_rng(0)
    assert len(set(handles(500, rng=rng))) == 500
    with pytest.raises(ValueError, match="n_users"):
        handles(10_000, rng=rng)
