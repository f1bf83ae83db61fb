"""Songs and excerpts are drawn from (seed, number) alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from generation.studio.piece import GENRES
from generation.studio.sampling import (
    CLIPS_PER_SONG,
    SPLITS,
    draw_clip,
    draw_song,
    song_of,
    sounding_share,
    split_of,
)
from generation.studio.score import Meter, Note, Part, Score, Tempo


def song(*spans: tuple[float, float], meter: Meter | None = None) -> Score:
    notes = tuple(Note(start, end - start, 60) for start, end in spans)
    return Score("", (Tempo(0, 120),), (Part("organ", "lead", 19, notes),), meter=meter or Meter())


LONG = song((0, 240))


def test_a_song_is_drawn_from_its_number_alone() -> None:
    assert draw_song(3, 41) == draw_song(3, 41)
    assert len({draw_song(3, number).seed for number in range(200)}) == 200


def test_every_genre_is_drawn_and_some_songs_mix_two() -> None:
    songs = [draw_song(1, number) for number in range(400)]
    assert {name for one in songs for name in one.genres} == set(GENRES)
    assert 0.2 < np.mean([len(one.genres) == 2 for one in songs]) < 0.4
    assert all(sum(one.genres.values()) == pytest.approx(1) for one in songs)
    assert 0.1 < np.mean([one.arranged for one in songs]) < 0.3


def test_half_of_the_clips_start_on_a_downbeat() -> None:
    clips = [draw_clip(1, number, LONG, seconds=10) for number in range(40)]
    assert [one.on_downbeat for one in clips] == [True, False] * 20
    on_bar = [one.start_beat % 4 == 0 for one in clips]
    assert on_bar[::2] == [True] * 20
    assert not any(on_bar[1::2])


def test_downbeats_are_those_of_the_meter() -> None:
    waltz = song((0, 240), meter=Meter(3, 4))
    assert all(draw_clip(1, 2 * i, waltz, seconds=10).start_beat % 3 == 0 for i in range(20))


def test_a_songs_clips_lie_in_its_quarters_and_within_it() -> None:
    starts = [draw_clip(5, 8 + i, LONG, seconds=10).start_s for i in range(CLIPS_PER_SONG)]
    assert starts == sorted(starts)
    assert max(starts) <= LONG.duration_s - 10


def test_a_song_shorter_than_a_clip_is_heard_from_its_start() -> None:
    assert draw_clip(1, 6, song((0, 8)), seconds=10).start_beat == 0


def test_silence_is_avoided() -> None:
    gap = song((0, 20), (80, 160))
    shares = [sounding_share(gap, draw_clip(2, clip, gap, seconds=5).start_s, 5) for clip in range(1, 80, 4)]
    assert np.mean(np.array(shares) >= 0.7) > 0.9


def test_how_much_of_an_excerpt_sounds() -> None:
    assert sounding_share(song((0, 4), (8, 12)), 0, 4) == pytest.approx(0.5, abs=0.02)


def test_splits_have_their_shares_and_keep_songs_together() -> None:
    splits = Counter(split_of(1, number) for number in range(3000))
    assert {name: splits[name] / 3000 for name in SPLITS} == pytest.approx(SPLITS, abs=0.03)
    assert [song_of(clip) for clip in range(5)] == [0, 0, 0, 0, 1]


def test_a_tune_is_in_one_split_whatever_the_data_set() -> None:
    assert len({split_of(seed, seed * 7, "The Kesh") for seed in range(20)}) == 1
    assert split_of(1, 2, "the kesh") == split_of(3, 4, "The Kesh")
