"""Studio clips to learn from: whose splits, and where in a bar they start."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.training.sources import StudioSource, _bar_phase
from generation.studio.clips import render_clip
from generation.studio.sampling import draw_song, song_of, split_of


def test_clips_of_the_judge_are_left_out() -> None:
    source = StudioSource(5, 4000)
    judged = [
        number
        for number in range(0, 4000, 4)
        if not draw_song(5, song_of(number)).arranged and split_of(5, song_of(number)) == "judge"
    ]
    assert len(judged) > 50
    assert source.item(judged[0]) is None


def test_every_second_clip_starts_on_a_downbeat_and_the_others_know_where() -> None:
    phases = [_bar_phase(render_clip(7, number, seconds=1.0, captions=0)) for number in range(4)]
    assert phases[0] == phases[2] == pytest.approx(0.0)
    assert all(phase is None or 0 <= phase < 1 for phase in phases)


def test_an_item_says_the_same_each_time_it_is_made() -> None:
    first, again = (StudioSource(7, 8, seconds=2.0).item(1) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.captions == again.captions
    assert np.array_equal(first.waveform, again.waveform)
    assert first.wishes.tempo_bpm
